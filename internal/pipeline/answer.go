package pipeline

import (
	"errors"
	"net/http"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// contents are the kinds of targets in Tableau's terms.
var contents = map[Kind]tableau.Kind{KindWorkbook: tableau.Workbook, KindDatasource: tableau.Datasource}

// handle takes over what an answer says. An error is one that ends them all.
func (f *fanOut) handle(a answer) error {
	r := &f.story.result.Refreshes[a.index]
	before := *r
	var err error
	if a.start {
		err = f.handleStart(r, a)
	} else {
		err = f.handleLook(r, a)
	}
	if *r != before {
		f.story.observe(RefreshChanged{Index: a.index, Refresh: *r})
	}
	return err
}

func (f *fanOut) handleStart(r *Refresh, a answer) error {
	switch {
	case a.err == nil:
		f.accept(r, a)
		return nil
	case tableau.IsQueued(a.err):
		f.open--
		f.conflict(r, a)
		return nil
	case endsOne(a.err):
		r.Status, r.Error = StatusFailed, a.err.Error()
	case isUnknown(a.err):
		r.Status, r.Error = StatusUnknown, a.err.Error()
	default:
		return outcome(OutcomeError, a.err)
	}
	f.open--
	return nil
}

func (f *fanOut) accept(r *Refresh, a answer) {
	f.targets[a.index].accepted = time.Now()
	r.JobID, r.Status, r.Accepted = a.job.ID, StatusStarted, a.job.CreatedAt.Time
	if r.Accepted.IsZero() {
		r.Accepted = time.Now()
	}
	if f.story.config.Tableau.Wait {
		f.follow(a.index)
	}
}

// conflict handles a refresh of the same item that is queued or running already. That one may have read the warehouse
// before dbt was done, so by default ours is sent until it is accepted.
func (f *fanOut) conflict(r *Refresh, a answer) {
	switch f.story.config.Tableau.OnConflict {
	case config.ConflictSkip:
		r.Status, r.Error = StatusSkipped, a.err.Error()
	case config.ConflictFail:
		r.Status, r.Error = StatusFailed, a.err.Error()
	case config.ConflictWait:
		f.again(a.index)
	}
}

func (f *fanOut) handleLook(r *Refresh, a answer) error {
	switch {
	case a.err == nil:
		r.Running = a.job.StartedAt.Time
		conclude(r, a.job)
	case endsOne(a.err):
		r.Status, r.Error = StatusUnknown, a.err.Error()
	default:
		return outcome(OutcomeError, a.err)
	}
	if r.Status.Ended() {
		f.open--
	} else {
		f.follow(a.index)
	}
	return nil
}

// conclude gives the row its end, if the job has come to one.
func conclude(r *Refresh, job tableau.Job) {
	switch job.State() {
	case tableau.Pending, tableau.InProgress:
		return
	case tableau.Succeeded:
		r.Status = StatusSuccess
	case tableau.Failed:
		r.Status, r.Error = StatusFailed, job.Reason()
	case tableau.Cancelled:
		r.Status, r.Error = StatusCancelled, job.Reason()
	}
	r.Ended = job.CompletedAt.Time
	if r.Ended.IsZero() {
		r.Ended = time.Now()
	}
}

// endsOne reports whether a refusal is about one item only, so that the others go on. A lost session is about all.
func endsOne(err error) bool {
	if _, ok := errors.AsType[*tableau.SessionError](err); ok {
		return false
	}
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Status/100 == 4 && status.Status != http.StatusTooManyRequests
}

func isUnknown(err error) bool {
	_, ok := errors.AsType[*rest.UnknownError](err)
	return ok
}
