// Package preflight checks dbt and Tableau before dbt starts, so that a mistake costs seconds and not an hour of dbt.
//
// It takes the clients of both services and the checked configuration, and returns what was found, together with all problems.
// It only reads: it must never start a run or a refresh, and never decide on its own what a problem means for the step.
package preflight

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
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
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
	// Warnings are possible problems that do not stop the step.
	Warnings []string
	// Err is why dbt can't be used; nil if it can.
	Err error
}

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
		return DBTCheck{Err: fmt.Errorf("dbt-run-id: run %d belongs to job %d, but dbt-job-id is %d", run.ID, run.JobID, c.JobID)}
	}
	check := checkJob(ctx, client, run.JobID)
	// The run exists, so problems of its job do not matter.
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
		if err = client.CheckAge(run, c.MaxAge); err != nil {
			err = fmt.Errorf("run the job in dbt, or raise dbt-max-age. %w", err)
		}
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
	group.Go(func() { runs, _ = client.Runs(ctx, dbt.RunFilter{JobID: id, Limit: 20}, rest.BestEffort) })
	group.Wait()
	if jobErr == nil {
		jobErr = job.CheckActive()
	}
	if status, ok := errors.AsType[*rest.StatusError](jobErr); ok && rest.IsNotFound(jobErr) && accountErr == nil {
		jobErr = fmt.Errorf("check dbt-job-id: the account has no job %d, or dbt-token can't access the job's project. Error: %w", id, status)
	}
	check := DBTCheck{Err: jobErr, Durations: durations(runs), Warnings: jobWarnings(account, job, runs), Job: progress.Job{
		ID: job.ID, Name: job.Name, URL: job.URL, AccountName: account.Name, Steps: job.ExecuteSteps, MedianDuration: median(durations(runs)),
	}}
	if len(runs) > 0 {
		check.NewestRunID = runs[0].ID
	}
	return check
}

func jobWarnings(account dbt.Account, job dbt.Job, runs []dbt.Run) []string {
	var all []string
	if account.Locked {
		reason := cmp.Or(account.LockReason, "dbt gave no reason")
		all = append(all, fmt.Sprintf("the dbt account is locked (%s): dbt might reject new runs", reason))
	}
	if job.Triggers.Schedule {
		all = append(all, "the dbt job also runs on a dbt schedule; those runs will not refresh Tableau")
	}
	if job.JobType == "ci" {
		all = append(all, "the dbt job is a CI job: its runs build into a separate schema, which Tableau does not use")
	}
	switch active := len(slices.DeleteFunc(slices.Clone(runs), dbt.Run.Ended)); {
	case active == 1:
		all = append(all, "1 run of this dbt job is already active; the new run will queue behind it")
	case active > 1:
		all = append(all, fmt.Sprintf("%d runs of this dbt job are already active; the new run will queue behind them", active))
	}
	return all
}

func durations(runs []dbt.Run) []time.Duration {
	var all []time.Duration
	for _, run := range runs {
		if run.Status == dbt.Success && run.Duration() > 0 {
			all = append(all, run.Duration())
		}
	}
	return all
}

// median returns 0 if there are no durations.
func median(durations []time.Duration) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(durations))[len(durations)/2]
}

// TableauCheck is the result of [Tableau].
type TableauCheck struct {
	Site progress.Site
	// Selection is what to refresh. If Err is not nil, it contains the entries of the inputs, unresolved.
	Selection selection.Selection
	// Err concerns all of Tableau. A problem of one target is part of the selection.
	Err error
	// ScheduleNote returns which items Tableau also refreshes on its own schedule; see [selection.Resolver.ScheduleNote]. It is
	// nil if Err is not.
	ScheduleNote func(context.Context) string
	// LineageErr is why lineage will not work after dbt; nil if it will, or is not needed.
	LineageErr error
}

// Problems returns everything that is wrong; nil if nothing is.
func (c TableauCheck) Problems() error { return errors.Join(c.Err, c.LineageErr, c.Selection.Err()) }

// Tableau signs in and resolves everything that the inputs select.
func Tableau(ctx context.Context, client *tableau.Client, c *config.Tableau) TableauCheck {
	check := TableauCheck{Site: progress.Site{Host: c.URL.Host, ContentURL: c.Site}}
	resolver := selection.New(c, client, rest.Preflight)
	if check.Err = signIn(ctx, client, c, &check.Site); check.Err == nil {
		check.Selection, check.Err = resolver.Resolve(ctx)
	}
	if check.Err != nil {
		check.Selection = selection.Unresolved(c)
		return check
	}
	resolved := check.Selection
	resolved.Entries = slices.Clone(resolved.Entries) // a copy: the refreshes change the rows while the list of tasks is read
	check.ScheduleNote = func(ctx context.Context) string { return resolver.ScheduleNote(ctx, resolved) }
	if c.Discover.Lineage {
		if err := client.CheckMetadata(ctx); err != nil {
			check.LineageErr = fmt.Errorf("tableau-discover: lineage: %w", err)
		}
	}
	return check
}

func signIn(ctx context.Context, client *tableau.Client, c *config.Tableau, site *progress.Site) error {
	server, err := client.ServerInfo(ctx)
	if err != nil {
		return err
	}
	site.Product, site.API = server.ProductVersion, client.Version().String()
	if problem := versionProblem(c, client.Version()); problem != "" {
		return fmt.Errorf("%s. The REST API version in use is %s", problem, client.Version())
	}
	return client.SignIn(ctx)
}

// versionProblem returns a problem if the sign-in method requires a newer version.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm
func versionProblem(c *config.Tableau, version tableau.Version) string {
	isApp := c.SignIn.Kind == config.SignInConnectedApp
	switch {
	case c.SignIn.Kind == config.SignInToken && !version.AtLeast(3, 6):
		return "use another sign-in method: personal access tokens require REST API 3.6 (Tableau 2019.4)"
	case isApp && !version.AtLeast(3, 17):
		return "use another sign-in method: connected apps require REST API 3.17 (Tableau 2022.3)"
	case isApp && c.MayWait() && !version.AtLeast(3, 25):
		return "a connected app can't query refresh jobs before REST API 3.25. Sign in with a personal access token, do not wait " +
			"(tableau-wait: false, and neither tableau-include-datasources nor lineage), or upgrade to Tableau 2025.1"
	}
	return ""
}
