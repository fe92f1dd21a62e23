package tableau_test

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// refreshQueue is the part of a site that starts refreshes. It can lose responses.
type refreshQueue struct {
	// startResponses are the responses to the starts, in order; the last one is repeated.
	startResponses []startResponse
	// listHandler responds to requests for the list of jobs; nil lists them.
	listHandler http.HandlerFunc
	// clockDelay is how far Tableau's clock is behind the local one.
	clockDelay time.Duration

	mu          sync.Mutex
	jobs        []queuedJob
	startCount  int
	listFilters []string
}

type startResponse struct {
	createsJob bool
	handler    http.HandlerFunc
}

type queuedJob struct {
	id, itemLUID string
	created      time.Time
}

func (q *refreshQueue) now() time.Time {
	return time.Now().Add(-q.clockDelay).UTC().Truncate(time.Second)
}

func (q *refreshQueue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", q.now().Format(http.TimeFormat))
	path := strings.TrimPrefix(r.URL.Path, "/api/3.25/sites/site-luid/")
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case r.Method == http.MethodPost:
		q.start(w, r)
	case strings.HasPrefix(path, "workbooks/"):
		respondXML(`<workbook id="%s"/>`, luid)(w, r)
	case path == "jobs" && q.listHandler != nil:
		q.listHandler(w, r)
	case path == "jobs":
		q.respondWithList(w, r)
	default:
		q.respondWithJob(w, r, strings.TrimPrefix(path, "jobs/"))
	}
}

func (q *refreshQueue) start(w http.ResponseWriter, r *http.Request) {
	response := q.startResponses[min(q.startCount, len(q.startResponses)-1)]
	q.startCount++
	if response.createsJob {
		q.jobs = append(q.jobs, queuedJob{"new", luid, q.now()})
	}
	if response.handler != nil {
		response.handler(w, r)
		return
	}
	respondXML(`<job id="new" createdAt="%s"/>`, q.now().Format(time.RFC3339))(w, r)
}

func (q *refreshQueue) respondWithList(w http.ResponseWriter, r *http.Request) {
	filter := r.URL.Query().Get("filter")
	q.listFilters = append(q.listFilters, filter)
	since, _ := time.Parse(time.RFC3339, strings.TrimPrefix(filter, "createdAt:gte:"))
	var rows strings.Builder
	for _, job := range q.jobs {
		if !job.created.Before(since) {
			rows.WriteString(`<backgroundJob id="` + job.id + `" jobType="refresh_extracts"/>`)
		}
	}
	respondXML(`<pagination/><backgroundJobs><backgroundJob id="mail" jobType="single_subscription_notify"/>%s</backgroundJobs>`, rows.String())(w, r)
}

func (q *refreshQueue) respondWithJob(w http.ResponseWriter, r *http.Request, id string) {
	for _, job := range q.jobs {
		if job.id == id {
			respondXML(`<job id="%s" createdAt="%s"><extractRefreshJob><workbook id="%s"/></extractRefreshJob></job>`, id, job.created.Format(time.RFC3339), job.itemLUID)(w, r)
			return
		}
	}
	respondError(400, "400031", "Bad Request", "There was a problem querying job")(w, r)
}

var (
	respondQueued    = respondError(409, "409093", "Resource Conflict", "Job for 'Sales' is already queued. Not queuing a duplicate.")
	respondForbidden = respondError(403, "403004", "Forbidden", "")
)
