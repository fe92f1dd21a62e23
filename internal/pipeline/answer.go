package pipeline

import (
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// handle takes over what an answer says. An error is one that ends them all.
func (f *fanOut) handle(a answer) error {
	if a.task == lookAll {
		return f.listed(a)
	}
	row := &f.story.result.Refreshes[a.index]
	before := *row
	var err error
	switch a.task {
	case start:
		f.starts = append(f.starts, f.sending[f.item(a.errand)]...)
		delete(f.sending, f.item(a.errand))
		err = f.started(row, a)
	case look:
		err = f.looked(row, a)
	case find:
		err = f.found(row, a)
	case waitOut:
		err = f.waitedOut(a)
	case lookAll:
	}
	if row.Status.Ended() {
		f.release(a.index)
	}
	if *row != before {
		f.story.observe(progress.RefreshChanged{Index: a.index, Refresh: *row})
	}
	return err
}

func (f *fanOut) started(row *progress.Refresh, a answer) error {
	if a.err == nil {
		f.accept(row, a)
		return nil
	}
	f.open--
	if queued, ok := errors.AsType[*tableau.QueuedError](a.err); ok {
		f.conflict(row, a, queued)
		return nil
	}
	if e := f.story.selection.Entries[a.index]; tableau.IsNoExtract(a.err) && !e.Listed && e.Target.Type != content.Task {
		row.SetSkipped(progress.SkipNoExtract, progress.NoExtract) // nobody named it: it came with a tag
		f.story.observe(progress.Noted{Text: fmt.Sprintf("%q is left out: %s", row.Name, progress.NoExtract)})
		return nil
	}
	if rest.IsUnknown(a.err) {
		row.Status, row.Error = progress.StatusUnknown, a.err.Error()
		return nil
	}
	if !tableau.IsItemError(a.err) {
		return progress.Fail(progress.OutcomeError, a.err)
	}
	row.Status, row.Error = progress.StatusFailed, a.err.Error()
	return nil
}

// accept makes the job ours, and follows it.
func (f *fanOut) accept(row *progress.Refresh, a answer) {
	f.targets[a.index].accepted = time.Now()
	item := f.item(a.errand)
	f.known[item] = append(f.known[item], a.job.ID)
	row.JobID, row.Status, row.Accepted = a.job.ID, progress.StatusStarted, f.story.tableau.LocalTime(a.job.CreatedAt.Time)
	row.Running, row.Ended, row.Error = time.Time{}, time.Time{}, ""
	if row.Accepted.IsZero() {
		row.Accepted = time.Now()
	}
	if f.story.config.Tableau.Wait || len(f.targets[a.index].holds) > 0 {
		f.follow(errand{a.index, look}, a.job)
	}
}

// follow waits for the end of a job.
func (f *fanOut) follow(e errand, job tableau.Job) {
	made := job.CreatedAt.Time
	if made.IsZero() {
		made = f.begin
	}
	bridge := e.task == look && f.story.selection.Entries[e.index].Target.Bridge
	f.watch.add(watched{errand: e, id: job.ID, made: made, bridge: bridge}, time.Now())
}

func (f *fanOut) looked(row *progress.Refresh, a answer) error {
	if a.err != nil && !tableau.IsItemError(a.err) {
		return progress.Fail(progress.OutcomeError, a.err)
	}
	if a.err != nil {
		row.Status, row.Error = progress.StatusUnknown, a.err.Error()
	} else {
		if started := f.story.tableau.LocalTime(a.job.StartedAt.Time); !started.IsZero() {
			row.Running = started
		}
		f.conclude(row, a)
		if a.unproved != nil {
			f.story.warn(fmt.Sprintf("%q: Tableau Bridge has the refresh, and Tableau calls it a success; whether Bridge has done it "+
				"can't be told: %s", row.Name, a.unproved))
		}
	}
	f.watch.looked(a.index, row.Status.Ended())
	if !row.Status.Ended() {
		return nil
	}
	f.open--
	f.retry(row, a.index)
	return nil
}

// conclude gives the row its end, if the job has come to one.
func (f *fanOut) conclude(row *progress.Refresh, a answer) {
	switch job := a.job; job.State() {
	case tableau.Pending, tableau.InProgress:
		return
	case tableau.Succeeded:
		row.Status = progress.StatusSuccess
	case tableau.Failed:
		row.Status, row.Error = progress.StatusFailed, job.Reason()
	case tableau.Cancelled:
		row.Status, row.Error = progress.StatusCancelled, job.Reason()
	}
	row.Ended, f.targets[a.index].ended = time.Now(), f.story.tableau.Now()
	if at := a.job.CompletedAt.Time; !at.IsZero() {
		row.Ended, f.targets[a.index].ended = f.story.tableau.LocalTime(at), at
	}
}

// retry starts a failed refresh again, as often as tableau-retries says. One that was cancelled is somebody's will.
func (f *fanOut) retry(row *progress.Refresh, i int) {
	t := &f.targets[i]
	if row.Status != progress.StatusFailed || t.failures >= f.story.config.Tableau.Retries {
		return
	}
	t.failures++
	f.story.observe(progress.RefreshChanged{Index: i, Refresh: *row})
	f.story.observe(progress.Noted{Text: fmt.Sprintf("%q: started again, try %d of %d", row.Name, t.failures+1, f.story.config.Tableau.Retries+1)})
	row.Status = progress.StatusNotStarted
	f.starts = append(f.starts, errand{i, start})
}
