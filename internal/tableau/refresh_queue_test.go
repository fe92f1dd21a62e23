package tableau_test

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// queue is the part of a site that starts refreshes and may lose the answers.
type queue struct {
	// starts answer the starts, in their order; the last one counts for all that follow.
	starts []start
	// list answers the list of jobs; nil lists them.
	list http.HandlerFunc
	// behind is how far Tableau's clock is behind ours.
	behind time.Duration

	mu    sync.Mutex
	jobs  []queuedJob
	sent  int
	since []string // the filters of the lists
}

type start struct {
	makes  bool // a job
	answer http.HandlerFunc
}

type queuedJob struct {
	id, item string
	created  time.Time
}

func (q *queue) now() time.Time { return time.Now().Add(-q.behind).UTC().Truncate(time.Second) }

func (q *queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", q.now().Format(http.TimeFormat))
	path := strings.TrimPrefix(r.URL.Path, "/api/3.25/sites/site-luid/")
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case r.Method == http.MethodPost:
		q.start(w, r)
	case strings.HasPrefix(path, "workbooks/"):
		answer(`<workbook id="%s"/>`, luid)(w, r)
	case path == "jobs" && q.list != nil:
		q.list(w, r)
	case path == "jobs":
		q.answerList(w, r)
	default:
		q.answerJob(w, r, strings.TrimPrefix(path, "jobs/"))
	}
}

func (q *queue) start(w http.ResponseWriter, r *http.Request) {
	s := q.starts[min(q.sent, len(q.starts)-1)]
	q.sent++
	if s.makes {
		q.jobs = append(q.jobs, queuedJob{"ours", luid, q.now()})
	}
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	answer(`<job id="ours" createdAt="%s"/>`, q.now().Format(time.RFC3339))(w, r)
}

func (q *queue) answerList(w http.ResponseWriter, r *http.Request) {
	filter := r.URL.Query().Get("filter")
	q.since = append(q.since, filter)
	since, _ := time.Parse(time.RFC3339, strings.TrimPrefix(filter, "createdAt:gte:"))
	var rows strings.Builder
	for _, job := range q.jobs {
		if !job.created.Before(since) {
			rows.WriteString(`<backgroundJob id="` + job.id + `" jobType="refresh_extracts"/>`)
		}
	}
	answer(`<pagination/><backgroundJobs><backgroundJob id="mail" jobType="single_subscription_notify"/>%s</backgroundJobs>`, rows.String())(w, r)
}

func (q *queue) answerJob(w http.ResponseWriter, r *http.Request, id string) {
	for _, job := range q.jobs {
		if job.id == id {
			answer(`<job id="%s" createdAt="%s"><extractRefreshJob><workbook id="%s"/></extractRefreshJob></job>`, id, job.created.Format(time.RFC3339), job.item)(w, r)
			return
		}
	}
	refuse(400, "400031", "Bad Request", "There was a problem querying job")(w, r)
}

var (
	queued    = refuse(409, "409093", "Resource Conflict", "Job for 'Sales' is already queued. Not queuing a duplicate.")
	forbidden = refuse(403, "403004", "Forbidden", "")
)
