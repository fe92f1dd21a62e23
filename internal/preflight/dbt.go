package preflight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// DBTCheck is the result of [DBT].
type DBTCheck struct {
	Job progress.Job
	// NewestRunID is the ID of the job's newest run; 0 if it has none, or if it is unknown.
	NewestRunID int64
	// Durations are those of recent successful runs, without their time in the queue.
	Durations []time.Duration
	// Attached is the run that dbt-run-id selects; the zero Run without that input.
	Attached dbt.Run
	// Warnings are about what might go wrong although everything is in order.
	Warnings []string
	// Err is why dbt can't be used; nil if it can.
	Err error
}

// recentRuns is how many earlier runs are read for their durations.
const recentRuns = 20

// DBT checks the job, or the run that dbt-run-id selects.
func DBT(ctx context.Context, client *dbt.Client, c config.DBT) DBTCheck {
	check := checkDBT(ctx, client, c)
	check.Err = client.ExplainAccount(ctx, check.Err)
	return check
}

func checkDBT(ctx context.Context, client *dbt.Client, c config.DBT) DBTCheck {
	if c.RunID == 0 && !c.FollowLatest {
		return checkJob(ctx, client, c.JobID)
	}
	run, err := findAttached(ctx, client, c)
	if err != nil {
		return DBTCheck{Err: fmt.Errorf("dbt-run-id: %w", err)}
	}
	run.JobID = cmp.Or(run.JobID, c.JobID) // dbt can omit it
	if c.JobID != 0 && c.JobID != run.JobID {
		return DBTCheck{Err: fmt.Errorf("dbt-run-id: run %d belongs to job %d, not to dbt-job-id %d", run.ID, run.JobID, c.JobID)}
	}
	check := checkJob(ctx, client, run.JobID)
	// The run exists, whatever may be wrong with its job.
	check.Attached, check.Job.ID, check.Err, check.Warnings = run, run.JobID, nil, nil
	return check
}

// findAttached returns the run that dbt-run-id selects. The newest run of the job must be active, or have ended recently.
func findAttached(ctx context.Context, client *dbt.Client, c config.DBT) (dbt.Run, error) {
	if !c.FollowLatest {
		return client.FindRun(ctx, c.RunID, rest.Preflight)
	}
	latest, err := client.LatestRun(ctx, c.JobID)
	if err != nil {
		return dbt.Run{}, fmt.Errorf("latest: %w", err)
	}
	if latest.ID == 0 {
		return dbt.Run{}, fmt.Errorf("latest: no run found. Check dbt-job-id: job %d has not run yet, except for pull requests", c.JobID)
	}
	run, err := client.FindRun(ctx, latest.ID, rest.Preflight) // a list of runs has no steps
	if err == nil && run.Ended() {
		err = client.CheckAge(run, c.MaxAge)
	}
	return run, err
}

func checkJob(ctx context.Context, client *dbt.Client, id int64) DBTCheck {
	var (
		group              sync.WaitGroup
		account            dbt.Account
		job                dbt.Job
		runs               []dbt.Run
		jobErr, accountErr error
	)
	// Only the job is required. The account and the earlier runs are for the log, and a token need not have access to them.
	group.Go(func() { account, accountErr = client.Account(ctx) })
	group.Go(func() { job, jobErr = client.Job(ctx, id) })
	group.Go(func() { runs, _ = client.Runs(ctx, dbt.RunFilter{JobID: id, Limit: recentRuns}, rest.BestEffort) })
	group.Wait()
	if jobErr == nil {
		jobErr = job.CheckActive()
	}
	if rest.IsNotFound(jobErr) && accountErr == nil {
		jobErr = fmt.Errorf("%w; check dbt-job-id %d: the account is right, but there is no such job, or dbt-token has no access to its project", jobErr, id)
	}
	check := DBTCheck{Err: jobErr, Durations: durations(runs), Warnings: jobWarnings(account, job, runs), Job: progress.Job{
		ID: job.ID, Name: job.Name, URL: job.URL, AccountName: account.Name, Steps: job.ExecuteSteps,
		MedianDuration: medianDuration(durations(runs)),
	}}
	if len(runs) > 0 {
		check.NewestRunID = runs[0].ID
	}
	return check
}

// jobWarnings returns what might go wrong although the job can be run.
func jobWarnings(account dbt.Account, job dbt.Job, runs []dbt.Run) []string {
	var all []string
	if account.Locked {
		all = append(all, fmt.Sprintf("the dbt account is locked (%s): dbt might refuse to start runs", cmp.Or(account.LockReason, "dbt gave no reason")))
	}
	if job.Triggers.Schedule {
		all = append(all, "the dbt job also runs on a dbt schedule; those runs will not refresh Tableau")
	}
	if job.JobType == jobTypeCI {
		all = append(all, "the dbt job is a CI job: its runs build into a separate schema, which Tableau does not use")
	}
	active := 0
	for _, run := range runs {
		if !run.Ended() {
			active++
		}
	}
	switch {
	case active == 1:
		all = append(all, "1 run of this dbt job is already active; the new run will queue behind it")
	case active > 1:
		all = append(all, fmt.Sprintf("%d runs of this dbt job are already active; the new run will queue behind them", active))
	}
	return all
}

// jobTypeCI is the type of a job that checks pull requests.
const jobTypeCI = "ci"

// durations returns how long the successful runs took.
func durations(runs []dbt.Run) []time.Duration {
	var all []time.Duration
	for _, run := range runs {
		if run.Status == dbt.Success && run.Duration() > 0 {
			all = append(all, run.Duration())
		}
	}
	return all
}

// medianDuration returns 0 if there are no durations.
func medianDuration(durations []time.Duration) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(durations))[len(durations)/2]
}
