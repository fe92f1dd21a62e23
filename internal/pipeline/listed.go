package pipeline

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// listed takes over what the list of jobs says. It only saves requests: without it each job is asked for alone.
func (f *fanOut) listed(a answer) error {
	f.watch.listing = false
	if _, lost := errors.AsType[*tableau.SessionError](a.err); lost {
		return progress.Fail(progress.OutcomeError, a.err)
	}
	if a.err != nil {
		f.watch.doWithout(a.err, time.Now())
		return nil
	}
	told, looks := f.watch.read(a.rows, time.Now())
	f.looks = append(f.looks, looks...)
	for _, t := range told {
		if err := f.handle(t); err != nil {
			return err
		}
	}
	return nil
}

// withoutList is for how long the list is not asked for after it has failed.
const withoutList = 5 * time.Minute

// never is further off than any step lasts.
const never = 365 * 24 * time.Hour

// doWithout lets the list rest after a failure, and for good when it is refused or too much for Tableau.
func (w *watch) doWithout(err error, now time.Time) {
	w.noList = now.Add(withoutList)
	status, ok := errors.AsType[*rest.StatusError](err)
	if errors.Is(err, tableau.ErrJobListDenied) || ok && status.Status == http.StatusTooManyRequests {
		w.noList = now.Add(never)
	}
}

// read finds in a list what it tells of the jobs, and which of them have to be looked at themselves.
func (w *watch) read(rows map[string]tableau.ListedJob, now time.Time) (told []answer, looks []errand) {
	for i := range w.jobs {
		j := &w.jobs[i]
		row, shown := rows[strings.ToLower(j.id)]
		if j.unlisted = !shown; !shown || j.flying {
			continue
		}
		j.asked = w.listed
		if j.suffices(row, now) {
			told = append(told, answer{errand: j.errand, job: row.Job})
		} else {
			looks = append(looks, j.ask(now))
		}
	}
	return told, looks
}

// trust is how long the list is believed that a job is going: then the job itself is asked.
const trust = 30 * time.Minute

// suffices reports whether the list says enough. The job itself knows why it failed, and whether Tableau Bridge has really
// done it; and it is asked once in a while in case that the list is not kept up to date.
func (j *watched) suffices(row tableau.ListedJob, now time.Time) bool {
	switch {
	case !row.Conclusive:
		return false
	case row.Job.State() == tableau.JobSucceeded:
		return !j.bridge
	}
	return now.Sub(j.alone) < trust
}

// ask notes that a job is asked for alone.
func (j *watched) ask(now time.Time) errand {
	j.asked, j.alone, j.flying = now, now, true
	return j.errand
}
