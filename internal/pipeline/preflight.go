package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/dbtrun"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// preflight finds out what would otherwise hurt after an hour of dbt. Both sides are checked, whatever the other one says.
func (s *story) preflight(ctx context.Context) error {
	s.doing = "checking dbt and Tableau"
	var group sync.WaitGroup
	var job dbtCheck
	var site tableauCheck
	group.Go(func() { job = s.checkDBT(ctx) })
	if s.tableau != nil {
		group.Go(func() { site = s.checkTableauOrWarn(ctx) })
	}
	group.Wait()

	s.result.Job, s.attached = job.job, job.attached
	s.follower = dbtrun.New(s.dbt, s.config,
		dbtrun.Job{ID: job.job.ID, NewestRunID: job.newest, Durations: job.history, Attached: job.attached},
		dbtrun.Hooks{Observe: s.observe, Warn: s.warn, SetActivity: func(text string) { s.doing = text }})
	s.adopt(site)
	s.unchecked = site.problem() != nil && s.mayWarn(ctx)
	if err := errors.Join(job.err, site.problem()); err != nil && (job.err != nil || !s.unchecked) {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	s.observe(progress.JobFound{Job: s.result.Job})
	for _, warning := range job.warnings {
		s.warn(warning)
	}
	if s.tableau == nil {
		s.observe(progress.Noted{Text: "no tableau inputs: this step only runs dbt"})
		return nil
	}
	s.tellTableau(site)
	if s.unchecked {
		s.warn(fmt.Sprintf("dbt is started although Tableau has a problem (tableau-preflight: warn): %v", site.problem()))
	}
	return nil
}

// warnTime is how long Tableau is tried when dbt starts without it all the same.
const warnTime = 10 * time.Second

func (s *story) checkTableauOrWarn(ctx context.Context) tableauCheck {
	if !s.mayWarn(ctx) {
		return s.checkTableau(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, warnTime, fmt.Errorf("no answer within %s", warnTime))
	defer cancel()
	return s.checkTableau(ctx)
}

// mayWarn reports whether dbt is started although Tableau has a problem. A step that is stopped starts nothing, and a dry
// run is there to find the problem.
func (s *story) mayWarn(ctx context.Context) bool {
	return s.config.Tableau.Preflight == config.PreflightWarn && !s.config.DryRun && ctx.Err() == nil
}

// adopt takes over what is to be refreshed.
func (s *story) adopt(check tableauCheck) {
	s.result.Site, s.selection = check.site, check.selection
	s.result.Refreshes = s.rows()
}

// rows are what the result shows of the selection. In a dry run nothing is skipped, and the row says what would be.
func (s *story) rows() []progress.Refresh {
	rows := s.selection.Rows()
	for i := range rows {
		if s.config.DryRun {
			rows[i].Status = progress.StatusNotStarted
		}
	}
	return rows
}

func (s *story) tellTableau(check tableauCheck) {
	s.observe(progress.TableauReady{Site: *s.result.Site, Refreshes: s.result.Refreshes})
	for _, note := range check.selection.Notes {
		s.observe(progress.Noted{Text: note})
	}
	for _, warning := range check.selection.Warnings {
		s.warn(warning)
	}
}

// recheck looks at Tableau again when dbt is done and Tableau had a problem before. What still has one is a failed refresh.
func (s *story) recheck(ctx context.Context) error {
	if !s.unchecked {
		return nil
	}
	s.doing = "checking Tableau again"
	_ = s.tableau.SignOut(ctx) // best effort: there may be a session from before
	check := s.checkTableau(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.lost = check.err
	check.selection.Fail(check.err)
	s.adopt(check)
	s.tellTableau(check)
	return nil
}

// dbtCheck is what the dbt half of the preflight found.
type dbtCheck struct {
	job      progress.Job
	newest   int64
	history  []time.Duration
	attached dbt.Run
	warnings []string
	err      error
}

// recentRuns is how many earlier runs are looked at, to tell how long a run usually takes.
const recentRuns = 20

func (s *story) checkDBT(ctx context.Context) dbtCheck {
	if s.config.DBT.RunID == 0 {
		return s.checkJob(ctx, s.config.DBT.JobID)
	}
	run, err := s.dbt.FindRun(ctx, s.config.DBT.RunID, rest.Preflight)
	if err != nil {
		return dbtCheck{err: fmt.Errorf("dbt-run-id: %w", err)}
	}
	run.JobID = cmp.Or(run.JobID, s.config.DBT.JobID) // dbt need not tell
	if wanted := s.config.DBT.JobID; wanted != 0 && wanted != run.JobID {
		return dbtCheck{err: fmt.Errorf("dbt-run-id: run %d is one of job %d, not of dbt-job-id %d", run.ID, run.JobID, wanted)}
	}
	check := s.checkJob(ctx, run.JobID)
	// The run is there, whatever may be wrong with its job.
	check.attached, check.job.ID, check.err, check.warnings = run, run.JobID, nil, nil
	return check
}

func (s *story) checkJob(ctx context.Context, id int64) dbtCheck {
	var (
		group              sync.WaitGroup
		account            dbt.Account
		job                dbt.Job
		runs               []dbt.Run
		jobErr, accountErr error
	)
	// Only the job is needed. The account and the earlier runs serve the reader; a token need not be allowed to see them.
	group.Go(func() { account, accountErr = s.dbt.Account(ctx) })
	group.Go(func() { job, jobErr = s.dbt.Job(ctx, id) })
	group.Go(func() { runs, _ = s.dbt.Runs(ctx, dbt.RunFilter{JobID: id, Limit: recentRuns}, rest.BestEffort) })
	group.Wait()
	if jobErr == nil {
		jobErr = job.CheckActive()
	}
	if rest.IsNotFound(jobErr) && accountErr == nil {
		jobErr = fmt.Errorf("%w; the account is right: dbt-job-id %d is wrong, or of a project that dbt-token may not see", jobErr, id)
	}
	check := dbtCheck{err: jobErr, history: lengths(runs), warnings: hurts(account, job, runs), job: progress.Job{
		ID: job.ID, Name: job.Name, URL: job.URL, AccountName: account.Name, Steps: job.ExecuteSteps, MedianDuration: usual(lengths(runs)),
	}}
	if len(runs) > 0 {
		check.newest = runs[0].ID
	}
	return check
}

// hurts tells what may go wrong although everything is in order.
func hurts(account dbt.Account, job dbt.Job, runs []dbt.Run) []string {
	var all []string
	if account.Locked {
		all = append(all, fmt.Sprintf("the dbt account is locked (%s): dbt may refuse to start runs", cmp.Or(account.LockReason, "dbt gives no reason")))
	}
	if job.Triggers.Schedule {
		all = append(all, "the dbt job is also on dbt's own schedule: its runs there refresh nothing in Tableau")
	}
	if job.JobType == typeCI {
		all = append(all, "the dbt job is a CI job: its runs build into a schema of their own, which Tableau does not read")
	}
	active := 0
	for _, run := range runs {
		if !run.Ended() {
			active++
		}
	}
	if active > 0 {
		all = append(all, fmt.Sprintf("the dbt job is active already (runs: %d): runs of one job go one after the other, so one that is started now waits", active))
	}
	return all
}

// typeCI is the type of a job that checks pull requests.
const typeCI = "ci"

// lengths is how long the successful runs took.
func lengths(runs []dbt.Run) []time.Duration {
	var all []time.Duration
	for _, run := range runs {
		if run.Status == dbt.Success && run.Duration() > 0 {
			all = append(all, run.Duration())
		}
	}
	return all
}

// usual is the median length; 0 when there is none.
func usual(lengths []time.Duration) time.Duration {
	if len(lengths) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(lengths))[len(lengths)/2]
}
