package dbtrun

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
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

// Plan returns a sentence with the run that Obtain would follow; "" if that is always a new run, or the one of dbt-run-id. It
// starts nothing.
func (f *Follower) Plan(ctx context.Context) (string, error) {
	if attached := f.job.Attached; f.config.DBT.FollowLatest {
		return fmt.Sprintf("would follow dbt run %d, the newest run of the job (status: %s)", attached.ID, attached.Status), nil
	}
	if !f.canResume() && !f.config.DBT.ReuseRun {
		return "", nil
	}
	chain, origin, err := f.findRun(ctx)
	if err != nil {
		return "", fmt.Errorf("failed to find the dbt run that the step would follow: %w", err)
	}
	if len(chain) == 0 {
		return "would start a new dbt run", nil
	}
	run := chain[len(chain)-1]
	if origin == progress.OriginResumed {
		return fmt.Sprintf("would resume dbt run %d, which an earlier attempt of this step started (status: %s)", run.ID, run.Status), nil
	}
	return fmt.Sprintf("would adopt dbt run %d, which is already in progress (status: %s)", run.ID, run.Status), nil
}

// startRun starts the run, or the retry, once.
func (f *Follower) startRun(ctx context.Context) error {
	f.hooks.Observe(progress.RunStarting{Marker: f.start.Marker, After: f.start.AfterRunID, Retry: f.start.RetryRunID})
	run, responseLost, err := f.client.Start(ctx, f.start)
	f.startUnknown = rest.IsUnknown(err)
	origin := f.startOrigin()
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

func (f *Follower) startOrigin() progress.Origin {
	if f.start.RetryRunID != 0 {
		return progress.OriginRetried
	}
	return progress.OriginStarted
}

// startOutcome returns the outcome of a failed start: a failed preflight only if dbt could not be reached, and if the step had
// not started a run before.
func startOutcome(err error, origin progress.Origin) progress.Outcome {
	_, unreachable := errors.AsType[*rest.TransportError](err)
	_, untrusted := errors.AsType[*rest.CertificateError](err)
	if origin == progress.OriginStarted && !rest.IsUnknown(err) && (unreachable || untrusted) {
		return progress.OutcomePreflightFailed
	}
	return progress.OutcomeError
}

// track makes run the one to follow. It reports the run immediately, so that the post step can cancel it.
func (f *Follower) track(run dbt.Run, origin progress.Origin) {
	if f.run.ID != 0 && f.run.ID == f.start.RetryRunID {
		f.retried = append(f.retried, f.Run())
	}
	f.run, f.origin = run, origin
	f.idKnownAt, f.endedAt, f.duplicateChecks = time.Now(), time.Time{}, 0
	f.hooks.Observe(progress.RunStarted{Run: f.Run()})
}

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

// findRun finds a run to use instead of a new one, if the inputs request that: one that an earlier attempt of this step started,
// unless it failed, or else an active one with the same overrides. It returns the run after those that it retries, or an empty
// chain if a run has to be started.
func (f *Follower) findRun(ctx context.Context) (chain []dbt.Run, origin progress.Origin, err error) {
	if f.canResume() {
		if chain, err = f.findEarlierAttempt(ctx); err != nil || len(chain) > 0 {
			return chain, progress.OriginResumed, err
		}
	}
	if !f.config.DBT.ReuseRun {
		return nil, "", nil
	}
	runs, err := f.client.ActiveRuns(ctx, f.config.DBT.JobID)
	for _, run := range runs {
		different := run.Trigger.DifferentOverrides(f.start.Request)
		if len(different) == 0 {
			return []dbt.Run{run}, progress.OriginAdopted, nil
		}
		text := fmt.Sprintf("dbt run %d is active but was not adopted, because it differs in %s", run.ID, strings.Join(different, ", "))
		f.hooks.Observe(progress.Noted{Text: text})
	}
	return nil, "", err
}

// canResume reports whether an earlier attempt of the workflow run might have started a run to resume.
func (f *Follower) canResume() bool {
	attempt, err := strconv.Atoi(f.config.Step.RunAttempt)
	return err == nil && attempt > 1 && f.config.DBT.Resume
}

// findEarlierAttempt returns the run that an earlier attempt started, after the runs that it retries. The chain is empty if
// there is none, or if the run failed, or succeeded too long ago.
func (f *Follower) findEarlierAttempt(ctx context.Context) ([]dbt.Run, error) {
	c, step := f.config.DBT, f.config.Step
	chain, err := f.client.EarlierAttempt(ctx, c.JobID, step.RunID, step.RunAttempt, step.StepKey, c.Retries)
	if refusal, ok := errors.AsType[*rest.StatusError](err); ok && refusal.Status/100 == 4 {
		f.hooks.Warn(fmt.Sprintf("dbt-resume has no effect, because the runs of earlier attempts are unknown: %v", err))
		return nil, nil
	}
	if err != nil || len(chain) == 0 {
		return nil, err
	}
	run := chain[len(chain)-1]
	if run.Ended() && run.Status != dbt.Success {
		return nil, nil
	}
	if err := f.client.CheckAge(run, c.MaxAge); err != nil && run.Ended() {
		f.hooks.Observe(progress.Noted{Text: fmt.Sprintf("the run of an earlier attempt was not resumed: %v", err)})
		return nil, nil
	}
	return chain, nil
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
	if origin == progress.OriginResumed && run.Status == dbt.Success {
		f.hooks.Notify(fmt.Sprintf("To run dbt again, start a new workflow run. dbt did not run again, because run %d of an earlier "+
			"attempt succeeded within dbt-max-age. A re-run always uses the workflow file of its first attempt", run.ID))
	}
	return nil
}
