package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/tableau"
)

// task is what can be done for a target.
type task int

const (
	start   task = iota // send the refresh
	look                // look at its job
	find                // find the job that is in its way
	waitOut             // look at the job that is in its way
	lookAll             // list the jobs, for all targets
)

// errand is a task for one target, or for all.
type errand struct {
	index int
	task  task
}

// answer is what came of an errand.
type answer struct {
	errand
	job tableau.Job
	// rows are the jobs of a list, by their LUIDs in lower case.
	rows map[string]tableau.ListedJob
	err  error
	// unproved says why nothing confirms a success of Tableau Bridge.
	unproved error
}

func (f *fanOut) send(ctx context.Context, e errand) {
	f.flying++
	do := f.work(e)
	go func() {
		a := do(ctx)
		a.errand = e
		f.answers <- a
	}()
}

// work is how an errand is done. It knows all that it needs, for what is known of the target may change meanwhile.
func (f *fanOut) work(e errand) func(context.Context) answer {
	client := f.story.tableau
	if e.task == lookAll {
		since := f.watch.oldest()
		return func(ctx context.Context) (a answer) {
			a.rows, a.err = client.JobsSince(ctx, since)
			return a
		}
	}
	row, t, goal := f.story.result.Refreshes[e.index], f.targets[e.index], f.story.selection.Entries[e.index].Target
	known := slices.Clone(f.known[f.item(e)])
	return func(ctx context.Context) (a answer) {
		switch e.task {
		case start:
			a.job, a.err = client.Start(ctx, goal, known...)
		case look:
			a.job, a.err = client.Job(ctx, row.JobID, t.accepted)
			if a.err == nil && goal.Bridge {
				a.job, a.err = client.ConfirmBridge(ctx, a.job)
			}
			if errors.Is(a.err, tableau.ErrNoJobList) || errors.Is(a.err, tableau.ErrNotListed) {
				a.unproved, a.err = a.err, nil
			}
		case find:
			a.job, a.err = client.ActiveJob(ctx, goal)
		case waitOut:
			a.job, a.err = client.Job(ctx, t.blocker, time.Time{})
		case lookAll:
		}
		return a
	}
}
