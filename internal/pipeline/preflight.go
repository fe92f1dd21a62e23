package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/dbt"
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
		group.Go(func() { site = s.checkTableau(ctx) })
	}
	group.Wait()

	s.result.Job, s.start.After, s.attached = job.job, job.newest, job.attached
	s.result.Site, s.result.Refreshes = site.site, site.refreshes
	if err := errors.Join(job.err, site.err); err != nil {
		return outcome(OutcomePreflightFailed, err)
	}
	s.observe(JobFound{Job: s.result.Job})
	if s.tableau == nil {
		s.observe(Noted{Text: "no tableau inputs: this step only runs dbt"})
		return nil
	}
	s.observe(TableauReady{Site: *s.result.Site, Refreshes: s.result.Refreshes})
	return nil
}

// dbtCheck is what the dbt half of the preflight found.
type dbtCheck struct {
	job      Job
	newest   int64
	attached dbt.Run
	err      error
}

// recentRuns is how many earlier runs are looked at, to tell how long a run usually takes.
const recentRuns = 20

func (s *story) checkDBT(ctx context.Context) dbtCheck {
	if s.config.DBT.RunID == 0 {
		return s.checkJob(ctx, s.config.DBT.JobID)
	}
	run, err := s.dbt.FindRun(ctx, s.config.DBT.RunID)
	if err != nil {
		return dbtCheck{err: fmt.Errorf("dbt-run-id: %w", err)}
	}
	if wanted := s.config.DBT.JobID; wanted != 0 && wanted != run.JobID {
		return dbtCheck{err: fmt.Errorf("dbt-run-id: run %d is one of job %d, not of dbt-job-id %d", run.ID, run.JobID, wanted)}
	}
	check := s.checkJob(ctx, run.JobID)
	// The run is there, whatever may be wrong with its job.
	check.attached, check.job.ID, check.err = run, run.JobID, nil
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
		jobErr = job.Usable()
	}
	if isNotFound(jobErr) && accountErr == nil {
		jobErr = fmt.Errorf("%w; the account is right, so dbt-job-id %d is not", jobErr, id)
	}
	check := dbtCheck{err: jobErr, job: Job{
		ID: job.ID, Name: job.Name, URL: job.URL, AccountName: account.Name, Steps: job.ExecuteSteps, Usual: usual(runs),
	}}
	if len(runs) > 0 {
		check.newest = runs[0].ID
	}
	return check
}

// usual is the median length of the successful runs; 0 when there is none.
func usual(runs []dbt.Run) time.Duration {
	var lengths []time.Duration
	for _, run := range runs {
		if run.Status == dbt.Success && run.Took() > 0 {
			lengths = append(lengths, run.Took())
		}
	}
	if len(lengths) == 0 {
		return 0
	}
	slices.Sort(lengths)
	return lengths[len(lengths)/2]
}

func isNotFound(err error) bool {
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Status == http.StatusNotFound
}
