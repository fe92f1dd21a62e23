package pipeline

import (
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// conflict handles a refresh of the same item that is queued or running already. It may have read the warehouse before dbt
// was done. What counts is a refresh that starts after.
func (f *fanOut) conflict(row *progress.Refresh, a answer, queued *tableau.QueuedError) {
	policy, t := f.story.config.Tableau.OnConflict, &f.targets[a.index]
	t.ours = t.ours || queued.MaybeOwn
	if t.ours || f.hasTwin(a.index) {
		policy = config.ConflictWait
	}
	switch policy {
	case config.ConflictSkip:
		row.SetSkipped(progress.SkipConflict, queued.Error())
	case config.ConflictFail:
		row.Status, row.Error = progress.StatusFailed, queued.Error()
	case config.ConflictWait:
		f.looks = append(f.looks, errand{a.index, find})
	}
}

// hasTwin reports whether another target is refreshing the same item, which only tasks do: then the refresh in the way is our
// own.
func (f *fanOut) hasTwin(i int) bool {
	entries := f.story.selection.Entries
	if entries[i].Target.Type != content.Task {
		return false
	}
	for k, e := range entries {
		if k != i && e.ItemLUID() == entries[i].ItemLUID() && f.underWay(k) {
			return true
		}
	}
	return false
}

func (f *fanOut) underWay(i int) bool {
	row := f.story.result.Refreshes[i]
	return row.JobID != "" && !row.Status.Ended()
}

// found adopts a job that does the same as ours would, waits out one that came too early, and else tries again.
func (f *fanOut) found(row *progress.Refresh, a answer) error {
	switch {
	case errors.Is(a.err, tableau.ErrNoJobList):
		f.again(a.index)
	case a.err != nil && !tableau.IsItemError(a.err):
		return progress.Fail(progress.OutcomeError, a.err)
	case a.err != nil || a.job.ID == "":
		f.again(a.index)
	case f.readsNew(a):
		f.open++
		f.story.observe(progress.Noted{Text: fmt.Sprintf("%q: a refresh that is queued already will read what dbt built: it counts as ours (job %s)", row.Name, a.job.ID)})
		f.accept(row, a)
	case a.job.ID == f.targets[a.index].blocker:
		f.again(a.index) // it was waited out already, and the list has not noticed
	default:
		f.story.observe(progress.Noted{Text: fmt.Sprintf("%q: a refresh that began before what it reads was ready is waited out (job %s)", row.Name, a.job.ID)})
		f.targets[a.index].blocker = a.job.ID
		f.follow(errand{a.index, waitOut}, a.job)
	}
	return nil
}

// readsNew reports whether a job begins after all that it reads was there. Tableau tells its times to the second; where that is
// not enough, what may be ours counts as ours.
func (f *fanOut) readsNew(a answer) bool {
	t := f.targets[a.index]
	begin := later(f.begin, t.begin)
	if t.ours {
		begin = begin.Truncate(time.Second).Add(-1)
	}
	return a.job.State() == tableau.Pending || a.job.StartedAt.After(begin)
}

// waitedOut sends ours as soon as the job that was in its way is over.
func (f *fanOut) waitedOut(a answer) error {
	if a.err != nil && !tableau.IsItemError(a.err) {
		return progress.Fail(progress.OutcomeError, a.err)
	}
	state := a.job.State()
	over := a.err != nil || state != tableau.Pending && state != tableau.InProgress
	if f.watch.looked(a.index, over); !over {
		return nil
	}
	f.starts = append(f.starts, errand{a.index, start})
	return nil
}

// The times between tries while another refresh of the same item is queued or running.
const (
	firstTry = 5 * time.Second
	lastTry  = 5 * time.Minute
)

// again sets the time of the next try to start.
func (f *fanOut) again(i int) {
	t := &f.targets[i]
	t.backoff = min(max(2*t.backoff, firstTry), lastTry)
	f.later(t.backoff, i)
}
