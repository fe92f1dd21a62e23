package dbt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// platform is a dbt server that may lose responses. Its first run is 101.
type platform struct {
	createdAt time.Time
	// starts are the results of the requests that start a run, in order; the last one applies to all further ones.
	starts []startResult
	// foreign are the causes of runs that other clients start at the same time.
	foreign []string
	// list handles requests for the list of runs; nil returns it.
	list http.HandlerFunc

	mu     sync.Mutex
	runs   []listedRun
	sentAt []time.Duration
	causes map[string]bool
}

// startResult is the result of a request that starts a run.
type startResult struct {
	creates     bool             // a run
	listedAfter time.Duration    // how long the run is missing in the list
	respond     http.HandlerFunc // nil returns the run
}

type listedRun struct {
	ID       int64               `json:"id"`
	Trigger  *dbt.TriggerRequest `json:"trigger"`
	listedAt time.Time
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		p.start(w, r)
	case p.list != nil:
		p.list(w, r)
	default:
		p.listRuns(w, r)
	}
}

func (p *platform) start(w http.ResponseWriter, r *http.Request) {
	var body dbt.TriggerRequest
	_ = json.NewDecoder(r.Body).Decode(&body)
	p.mu.Lock()
	result := p.starts[min(len(p.sentAt), len(p.starts)-1)]
	p.sentAt = append(p.sentAt, time.Since(p.createdAt))
	p.causes[body.Cause] = true
	for _, cause := range p.foreign {
		p.add(cause, 0)
	}
	id := int64(0)
	if result.creates {
		id = p.add(body.Cause, result.listedAfter)
	}
	p.mu.Unlock()
	if result.respond != nil {
		result.respond(w, r)
		return
	}
	respond(http.StatusOK, fmt.Sprintf(`{"data":{"id":%d}}`, id))(w, r)
}

// add creates a run. The caller holds the lock.
func (p *platform) add(cause string, listedAfter time.Duration) int64 {
	id := int64(101 + len(p.runs))
	p.runs = append(p.runs, listedRun{ID: id, Trigger: &dbt.TriggerRequest{Cause: cause}, listedAt: time.Now().Add(listedAfter)})
	return id
}

// listRuns applies the filter for newer runs. An older run has the same marker.
func (p *platform) listRuns(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	visible := []listedRun{{ID: 100, Trigger: &dbt.TriggerRequest{}}} // one without a cause
	if r.URL.Query().Get("id__gt") != "99" {
		visible = append(visible, listedRun{ID: 98, Trigger: &dbt.TriggerRequest{Cause: marker}})
	}
	for _, run := range p.runs {
		if !run.listedAt.After(time.Now()) {
			visible = append([]listedRun{run}, visible...)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": visible})
}

const marker = "[dtr 4711/1 k 0a1b2c3d]"

// TestStart: a run is started exactly once, also if responses are lost.
func TestStart(t *testing.T) {
	t.Parallel()

	lost := startResult{respond: abortConnection}
	cases := []struct {
		name    string
		starts  []startResult
		foreign []string
		list    http.HandlerFunc
		sentAt  []time.Duration
		run     int64
		took    time.Duration
		unknown bool
		lost    bool   // whether a response was lost
		err     string // a part of it
	}{
		{name: "response_received", starts: []startResult{{creates: true}}, sentAt: []time.Duration{0}, run: 101},
		{
			name: "response_lost_run_created", lost: true, starts: []startResult{{creates: true, respond: abortConnection}},
			sentAt: []time.Duration{0}, run: 101,
		},
		{
			name: "status_502_run_created", lost: true, starts: []startResult{{creates: true, respond: respond(502, "")}},
			sentAt: []time.Duration{0}, run: 101,
		},
		{
			name: "run_listed_late", lost: true, starts: []startResult{{creates: true, listedAfter: 50 * time.Second, respond: abortConnection}},
			sentAt: []time.Duration{0}, run: 101, took: time.Minute,
		},
		{
			name: "runs_of_other_clients", lost: true, starts: []startResult{{creates: true, listedAfter: 5 * time.Second, respond: abortConnection}}, foreign: []string{"Nightly", "[dtr 4711/1 k ffffffff]"},
			sentAt: []time.Duration{0}, run: 103, took: 7 * time.Second,
		},
		{
			name: "start_lost", lost: true, starts: []startResult{lost, {creates: true}},
			sentAt: []time.Duration{0, time.Minute}, run: 101, took: time.Minute,
		},
		{
			name: "start_lost_twice", lost: true, starts: []startResult{lost, lost, {creates: true, respond: abortConnection}},
			sentAt: []time.Duration{0, time.Minute, 2 * time.Minute}, run: 101, took: 2 * time.Minute,
		},
		{
			name: "start_lost_always", lost: true, starts: []startResult{lost},
			sentAt: []time.Duration{0, time.Minute, 2 * time.Minute}, took: 3 * time.Minute, unknown: true, err: "no run appeared after 3 requests",
		},
		{
			name: "older_of_two_runs", lost: true, starts: []startResult{{creates: true, listedAfter: 90 * time.Second, respond: abortConnection}, {creates: true, listedAfter: 30 * time.Second, respond: abortConnection}},
			sentAt: []time.Duration{0, time.Minute}, run: 101, took: 91 * time.Second,
		},
		{
			// Another start could create a duplicate run.
			name: "run_without_a_trigger", lost: true, starts: []startResult{lost}, list: respond(200, `{"data":[{"id":101,"trigger":null},{"id":100,"trigger":{"cause":"x"}}]}`),
			sentAt: []time.Duration{0}, took: time.Minute, unknown: true, err: "dbt did not return what started run 101, which might be the step's own",
		},
		{
			name: "search_refused", lost: true, starts: []startResult{lost}, list: respond(403, `{"status":{}}`),
			sentAt: []time.Duration{0}, unknown: true, err: "Check the permissions of dbt-token",
		},
		{
			name: "search_fails_for_a_minute", lost: true, starts: []startResult{lost}, list: respond(503, ``),
			sentAt: []time.Duration{0}, took: time.Minute, unknown: true, err: "list dbt runs: dbt returned 503",
		},
		{
			name: "refused", starts: []startResult{{respond: respond(400, `{"status":{"user_message":"git_branch is unknown."}}`)}},
			sentAt: []time.Duration{0}, err: "failed to start dbt job 7: dbt returned 400 Bad Request: git_branch is unknown",
		},
		{
			name: "forbidden", starts: []startResult{{respond: respond(403, `{"status":{}}`)}},
			sentAt: []time.Duration{0}, err: "Check the permissions of dbt-token. To start a job, it needs the Job Runner or Job Admin permission set, or a higher one",
		},
		{
			name: "throttled", starts: []startResult{{respond: respond(429, `{}`)}, {creates: true}},
			sentAt: []time.Duration{0, 5 * time.Minute}, run: 101, took: 5 * time.Minute,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &platform{createdAt: time.Now(), starts: tc.starts, foreign: tc.foreign, list: tc.list, causes: map[string]bool{}}
				request := dbt.TriggerRequest{Cause: dbt.CauseWithMarker("Nightly", marker)}
				run, lost, err := newClient(t, p).Start(t.Context(), dbt.StartRequest{JobID: 7, AfterRunID: 99, Marker: marker, Request: request})
				if !strings.Contains(errorText(err), tc.err) || (err != nil) != (tc.err != "") || rest.IsUnknown(err) != tc.unknown {
					t.Errorf("Start() = %v, want %q, unknown %v", err, tc.err, tc.unknown)
				}
				if run.ID != tc.run {
					t.Errorf("run %d, want %d", run.ID, tc.run)
				}
				if diff := cmp.Diff(tc.sentAt, p.sentAt); diff != "" {
					t.Errorf("starts sent (-want +got):\n%s", diff)
				}
				if lost != tc.lost {
					t.Errorf("Start() returned that a response was lost: %t, want %t", lost, tc.lost)
				}
				if len(p.causes) != 1 {
					t.Errorf("different causes were sent: %v", p.causes)
				}
				if took := time.Since(p.createdAt); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

// TestStart_cancelled: if the step is stopped during a start, the error is an UnknownError that wraps the cause.
func TestStart_cancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("interrupt signal received")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(stop) })
		p := &platform{createdAt: time.Now(), starts: []startResult{{respond: abortConnection}}, causes: map[string]bool{}}
		_, _, err := newClient(t, p).Start(ctx, dbt.StartRequest{JobID: 7, AfterRunID: 99, Marker: marker})
		if !rest.IsUnknown(err) || !errors.Is(err, stop) {
			t.Errorf("Start() = %v, want an UnknownError because of %v", err, stop)
		}
		if len(p.sentAt) != 1 || time.Since(p.createdAt) != 10*time.Second {
			t.Errorf("sent %d times, took %s, want once and 10s", len(p.sentAt), time.Since(p.createdAt))
		}
	})
}

// TestStart_retry: a retry whose response is lost is found by the ID of the run that it retries, because it has no marker.
func TestStart_retry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				sent++
				abortConnection(w, r)
			}
			respond(http.StatusOK, `{"data":[{"id":12,"retrying_run_id":8},{"id":11,"retrying_run_id":9},{"id":10}]}`)(w, r)
		}))
		run, lost, err := client.Start(t.Context(), dbt.StartRequest{JobID: 7, AfterRunID: 9, RetryRunID: 9})
		if err != nil || run.ID != 11 || sent != 1 || !lost {
			t.Errorf("Start() = run %d, %v after %d starts, response lost: %t; want run 11 after one, lost", run.ID, err, sent, lost)
		}
	})
}
