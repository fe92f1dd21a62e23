package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listRuns handles List Runs of the dbt Administrative API v2.
func (c *dbtCloud) listRuns(r *http.Request, now time.Time) reply {
	query := r.URL.Query()
	statuses, err := statusFilter(query)
	if err != nil {
		return dbtError(http.StatusBadRequest, "status__in: a list of integers is required")
	}
	runs := keep(c.runs,
		func(r *run) bool { return sameID(query, "job_definition_id", r.job.ID) },
		func(*run) bool { return sameID(query, "project_id", c.account.ProjectID) },
		func(*run) bool { return sameID(query, "environment_id", c.account.EnvironmentID) },
		func(r *run) bool { return statuses == nil || slices.Contains(statuses, r.timeline.status(now)) },
		func(r *run) bool {
			after, err := strconv.ParseInt(query.Get("id__gt"), 10, 64)
			return err != nil || r.id > after
		},
	)
	sortRuns(runs, query.Get("order_by"), now)
	names := keep(relatedNames(query), func(name string) bool { return name == "trigger" || name == "job" })
	list := []runJSON{}
	for _, found := range runs {
		list = append(list, c.runJSON(found, now, baseURL(r), names))
	}
	return pageReply(list, query, map[string]any{"account_id": c.account.ID})
}

func statusFilter(query url.Values) ([]runStatus, error) {
	text := query.Get("status__in")
	if query.Has("status") {
		text = "[" + query.Get("status") + "]"
	}
	if text == "" {
		return nil, nil
	}
	statuses := []runStatus{}
	err := json.Unmarshal([]byte(text), &statuses)
	return statuses, err
}

func sortRuns(runs []*run, order string, now time.Time) {
	field, descending := strings.CutPrefix(order, "-")
	slices.SortStableFunc(runs, func(a, b *run) int {
		result := cmp.Compare(a.id, b.id)
		switch field {
		case "created_at":
			result = a.created.Compare(b.created)
		case "finished_at":
			result = ifHappened(a.timeline.finished, now).Compare(ifHappened(b.timeline.finished, now))
		}
		if descending {
			return -result
		}
		return result
	})
}

// getRun handles Retrieve Run of the dbt Administrative API v2.
func (c *dbtCloud) getRun(r *http.Request, now time.Time) reply {
	found := c.runByID(r.PathValue("run"))
	if found == nil || (found.byClient && now.Sub(found.created) < c.account.VisibilityDelay) {
		return dbtNotFound()
	}
	return dbtData(c.runJSON(found, now, baseURL(r), relatedNames(r.URL.Query())))
}

func (c *dbtCloud) runByID(id string) *run {
	for _, r := range c.runs {
		if strconv.FormatInt(r.id, 10) == id {
			return r
		}
	}
	return nil
}

// cancelRun handles Cancel Run of the dbt Administrative API v2. A queued run ends at once, a running one soon. A run
// that has ended does not change.
func (c *dbtCloud) cancelRun(r *http.Request, now time.Time) reply {
	found := c.runByID(r.PathValue("run"))
	if found == nil {
		return dbtNotFound()
	}
	found.cancels++
	stop := now
	if found.timeline.status(now) == statusRunning {
		stop = now.Add(c.account.CancelDuration)
	}
	if found.timeline.finished.After(stop) {
		found.canceledAt = stop
		c.computeTimelines()
	}
	return dbtData(c.runJSON(found, now, baseURL(r), nil))
}

// RunRecord is a dbt run that a client started.
type RunRecord struct {
	ID, JobID int64
	// RetryOf is the ID of the run that this one retries. Default: none.
	RetryOf int64
	Cause   string
	// Body is the JSON of the request that started it. Empty for a retry.
	Body string
	// Status is dbt's number: 1 queued, 2 starting, 3 running, 10 success, 20 error, 30 canceled.
	Status int
	// Cancels counts the cancel requests.
	Cancels int
	// Created, Started, and Finished are zero until then.
	Created, Started, Finished time.Time
}

// Runs returns all dbt runs that clients have started, in the order of creation.
func (s *Sandbox) Runs() []RunRecord {
	return s.dbt.records(time.Now())
}

func (c *dbtCloud) records(now time.Time) []RunRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(now)
	var records []RunRecord
	for _, r := range c.runs {
		if !r.byClient {
			continue
		}
		records = append(records, RunRecord{
			ID: r.id, JobID: r.job.ID, RetryOf: r.retryOf, Cause: r.trigger.Cause, Body: r.body,
			Status: int(r.timeline.status(now)), Cancels: r.cancels, Created: r.created,
			Started: ifHappened(r.timeline.started, now), Finished: ifHappened(r.timeline.finished, now),
		})
	}
	return records
}
