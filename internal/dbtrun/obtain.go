package dbtrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// Obtain obtains a run: the one that dbt-run-id names, one of an earlier attempt of the step, an active one, or a new one. It
// returns when the ID of the run is known.
func (f *Follower) Obtain(ctx context.Context) error {
	f.hooks.SetActivity(fmt.Sprintf("starting dbt job %d", f.job.ID))
	if f.config.DBT.RunID != 0 {
		f.track(f.job.Attached, progress.OriginAttached)
		return nil
	}
	chain, origin, err := f.findRun(ctx)
	if err != nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	if len(chain) > 0 {
		return f.resume(ctx, chain, origin)
	}
	return f.startRun(ctx)
}

// Plan returns which run Obtain would obtain, in a sentence; "" when there is no doubt. It starts nothing.
func (f *Follower) Plan(ctx context.Context) (string, error) {
	if !f.config.DBT.Resume && !f.config.DBT.ReuseRun {
		return "", nil
	}
	chain, origin, err := f.findRun(ctx)
	if err != nil {
		return "", fmt.Errorf("which dbt run the step would follow can't be told: %w", err)
	}
	if len(chain) == 0 {
		return "a new dbt run would be started", nil
	}
	run := chain[len(chain)-1]
	if origin == progress.OriginResumed {
		return fmt.Sprintf("dbt run %d would be taken over, which an earlier attempt of this step started (%s)", run.ID, run.Status), nil
	}
	return fmt.Sprintf("dbt run %d would be adopted, which is going already (%s)", run.ID, run.Status), nil
}

// findRun finds a run to use instead of a new one, if the inputs ask for that: one that an earlier attempt of this step started,
// unless it failed, or else an active one with the same overrides. The runs before the last one are those that it retries. The
// chain is empty when a run has to be started.
func (f *Follower) findRun(ctx context.Context) (chain []dbt.Run, origin progress.Origin, err error) {
	c, step := f.config.DBT, f.config.Step
	if c.Resume {
		chain, err := f.client.EarlierAttempt(ctx, c.JobID, step.RunID, step.RunAttempt, step.StepKey, c.Retries)
		if err != nil {
			return nil, "", err
		}
		if n := len(chain); n > 0 && (!chain[n-1].Ended() || chain[n-1].Status == dbt.Success) {
			return chain, progress.OriginResumed, nil
		}
	}
	if c.ReuseRun {
		run, err := f.client.ActiveRun(ctx, c.JobID, f.start.Request)
		if err != nil {
			return nil, "", err
		}
		if run.ID != 0 {
			return []dbt.Run{run}, progress.OriginAdopted, nil
		}
	}
	return nil, "", nil
}

// resume tracks the last run of a chain. A list of runs has no steps, so the run is read again.
func (f *Follower) resume(ctx context.Context, chain []dbt.Run, origin progress.Origin) error {
	last := len(chain) - 1
	run, err := f.client.FindRun(ctx, chain[last].ID, rest.Preflight)
	if err != nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	for _, failed := range chain[:last] {
		f.retried = append(f.retried, convertRun(failed, ""))
	}
	f.track(run, origin)
	return nil
}

// startRun starts the run, or the retry, once.
func (f *Follower) startRun(ctx context.Context) error {
	f.hooks.Observe(progress.RunStarting{Marker: f.start.Marker, After: f.start.AfterRunID, Retry: f.start.RetryRunID})
	run, attempts, err := f.client.Start(ctx, f.start)
	_, f.startUnknown = errors.AsType[*rest.UnknownError](err)
	f.startAttempts = attempts
	origin := progress.OriginStarted
	if f.start.RetryRunID != 0 {
		origin = progress.OriginRetried
	}
	if err != nil {
		return progress.Fail(startOutcome(err, origin), err)
	}
	f.track(run, origin)
	return nil
}

// startOutcome returns the outcome of a step whose start failed. It is a failed preflight only when no dbt was reached, and
// none of the step's runs was started before.
func startOutcome(err error, origin progress.Origin) progress.Outcome {
	_, unknown := errors.AsType[*rest.UnknownError](err)
	_, unreachable := errors.AsType[*rest.TransportError](err)
	_, untrusted := errors.AsType[*rest.CertificateError](err)
	if origin == progress.OriginStarted && !unknown && (unreachable || untrusted) {
		return progress.OutcomePreflightFailed
	}
	return progress.OutcomeError
}

// track makes run the one to follow. It reports the run before anything else can happen, so that the post step can cancel it.
func (f *Follower) track(run dbt.Run, origin progress.Origin) {
	f.run, f.origin = run, origin
	f.idKnownAt, f.endedAt = time.Now(), time.Time{}
	f.lastQueued, f.firstStarted = time.Time{}, time.Time{}
	f.recordTimes()
	f.hooks.Observe(progress.RunStarted{Run: f.Run()})
}

// triggerRequest returns the request that starts a run with the overrides of the step.
func triggerRequest(c config.DBT, marker string) dbt.TriggerRequest {
	o := c.Overrides
	return dbt.TriggerRequest{
		Cause:                  dbt.CauseWithMarker(c.Cause, marker),
		GitSHA:                 o.GitSHA,
		GitBranch:              o.GitBranch,
		SchemaOverride:         o.Schema,
		TargetNameOverride:     o.TargetName,
		DbtVersionOverride:     o.DbtVersion,
		ThreadsOverride:        o.Threads,
		TimeoutSecondsOverride: o.TimeoutSeconds,
		GenerateDocsOverride:   o.GenerateDocs,
		GitHubPullRequestID:    o.GitHubPullRequestID,
		StepsOverride:          o.Steps,
	}
}
