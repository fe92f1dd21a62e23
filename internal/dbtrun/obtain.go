package dbtrun

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// Obtain obtains a run: the one that dbt-run-id selects, one of an earlier attempt of the step, an active one, or a new one. It
// returns when the ID of the run is known.
func (f *Follower) Obtain(ctx context.Context) error {
	f.hooks.SetActivity(fmt.Sprintf("starting dbt job %d", f.job.ID))
	if f.job.Attached.ID != 0 {
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
	if attached := f.job.Attached; f.config.DBT.FollowLatest {
		return fmt.Sprintf("would follow dbt run %d, the newest run of the job (status: %s)", attached.ID, attached.Status), nil
	}
	if !f.isLaterAttempt() && !f.config.DBT.ReuseRun {
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

// startRun starts the run, or the retry, once.
func (f *Follower) startRun(ctx context.Context) error {
	f.hooks.Observe(progress.RunStarting{Marker: f.start.Marker, After: f.start.AfterRunID, Retry: f.start.RetryRunID})
	run, responseLost, err := f.client.Start(ctx, f.start)
	f.startUnknown = rest.IsUnknown(err)
	origin := progress.OriginStarted
	if f.start.RetryRunID != 0 {
		origin = progress.OriginRetried
	}
	if err != nil {
		return progress.Fail(startOutcome(err, origin), err)
	}
	f.track(run, origin)
	if responseLost {
		f.duplicateChecks = math.MaxInt
	} else if origin == progress.OriginStarted { // dbt retries a run only once
		f.duplicateChecks = 2
	}
	if !f.config.DBT.Wait {
		f.cancelDuplicates(ctx)
	}
	return nil
}

// startOutcome returns the outcome of a step whose start failed. It is a failed preflight only when no dbt was reached, and
// none of the step's runs was started before.
func startOutcome(err error, origin progress.Origin) progress.Outcome {
	_, unreachable := errors.AsType[*rest.TransportError](err)
	_, untrusted := errors.AsType[*rest.CertificateError](err)
	if origin == progress.OriginStarted && !rest.IsUnknown(err) && (unreachable || untrusted) {
		return progress.OutcomePreflightFailed
	}
	return progress.OutcomeError
}

// track makes run the one to follow. It reports the run before anything else can happen, so that the post step can cancel it.
func (f *Follower) track(run dbt.Run, origin progress.Origin) {
	f.run, f.origin = run, origin
	f.idKnownAt, f.endedAt, f.duplicateChecks = time.Now(), time.Time{}, 0
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
