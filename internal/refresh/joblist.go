package refresh

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

const (
	// listPause is how long the list is not requested after a failure.
	listPause = 5 * time.Minute
	// forever is longer than any step takes.
	forever = 365 * 24 * time.Hour
)

// pauseList stops requesting the list for a while after a failure, and forever when it is refused or too much for Tableau.
func (p *poller) pauseList(err error, now time.Time) {
	p.listPausedUntil = now.Add(listPause)
	status, ok := errors.AsType[*rest.StatusError](err)
	if errors.Is(err, tableau.ErrJobListDenied) || ok && status.Status == http.StatusTooManyRequests {
		p.listPausedUntil = now.Add(forever)
	}
}

// read returns what a list shows of the jobs, and queries of those about which it is not conclusive.
func (p *poller) read(listed map[string]tableau.ListedJob, now time.Time) (results []taskResult, queries []task) {
	for _, j := range p.jobs {
		row, ok := listed[strings.ToLower(j.id)]
		if j.unlisted = !ok; !ok || j.inFlight {
			continue
		}
		j.polledAt = p.listedAt
		if j.conclusive(row, now) {
			results = append(results, taskResult{task: task{taskPollJob, j.target}, job: row.Job})
		} else {
			queries = append(queries, j.query(now))
		}
	}
	return results, queries
}

// maxListAge is how long a job may be in progress in the list before it is queried itself, in case the list is not up to date.
const maxListAge = 30 * time.Minute

// conclusive reports whether the list shows all there is to know about the job. Only the job itself tells why it failed, and
// whether Tableau Bridge has really refreshed the item.
func (j *polledJob) conclusive(row tableau.ListedJob, now time.Time) bool {
	switch {
	case !row.Conclusive:
		return false
	case row.Job.State() == tableau.JobSucceeded:
		return !j.bridge
	}
	return now.Sub(j.queriedAt) < maxListAge
}
