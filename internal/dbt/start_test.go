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
)

// platform is a dbt that may lose answers. Its first run is 101.
type platform struct {
	begin time.Time
	// starts answer the starts, in their order; the last one counts for all that follow.
	starts []start
	// foreign are causes of runs that somebody else starts at the same time.
	foreign []string
	// list answers the list of runs; nil lists them.
	list http.HandlerFunc

	mu     sync.Mutex
	runs   []listedRun
	sent   []time.Duration
	bodies map[string]bool
}

// start is what becomes of a start.
type start struct {
	makes  bool          // a run
	shows  time.Duration // after which the run is in the list
	answer http.HandlerFunc
}

type listedRun struct {
	ID      int64               `json:"id"`
	Trigger *dbt.TriggerRequest `json:"trigger"`
	shows   time.Time
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
	start := p.starts[min(len(p.sent), len(p.starts)-1)]
	p.sent = append(p.sent, time.Since(p.begin))
	p.bodies[body.Cause] = true
	for _, cause := range p.foreign {
		p.add(cause, 0)
	}
	id := int64(0)
	if start.makes {
		id = p.add(body.Cause, start.shows)
	}
	p.mu.Unlock()
	if start.answer != nil {
		start.answer(w, r)
		return
	}
	respond(http.StatusOK, fmt.Sprintf(`{"data":{"id":%d}}`, id))(w, r)
}

// add makes a run. The caller holds the lock.
func (p *platform) add(cause string, shows time.Duration) int64 {
	id := int64(101 + len(p.runs))
	p.runs = append(p.runs, listedRun{ID: id, Trigger: &dbt.TriggerRequest{Cause: cause}, shows: time.Now().Add(shows)})
	return id
}

// listRuns heeds the filter that leaves out older runs, among them one that looks like ours.
func (p *platform) listRuns(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	visible := []listedRun{{ID: 100, Trigger: &dbt.TriggerRequest{}}} // one without a cause
	if r.URL.Query().Get("id__gt") != "99" {
		visible = append(visible, listedRun{ID: 98, Trigger: &dbt.TriggerRequest{Cause: marker}})
	}
	for _, run := range p.runs {
		if !run.shows.After(time.Now()) {
			visible = append([]listedRun{run}, visible...)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": visible})
}

const marker = "[dtr 4711/1 k 0a1b2c3d]"

// TestStart: a run is started once, whatever becomes of the answers.
func TestStart(t *testing.T) {
	t.Parallel()

	lost := start{answer: abort}
	cases := []struct {
		name    string
		starts  []start
		foreign []string
		list    http.HandlerFunc
		sent    []time.Duration
		run     int64
		took    time.Duration
		unknown bool
		err     string // a part of it
	}{
		{name: "answered", starts: []start{{makes: true}}, sent: []time.Duration{0}, run: 101},
		{
			name: "lost_but_acted", starts: []start{{makes: true, answer: abort}},
			sent: []time.Duration{0}, run: 101,
		},
		{
			name: "answered_with_a_502_but_acted", starts: []start{{makes: true, answer: respond(502, "")}},
			sent: []time.Duration{0}, run: 101,
		},
		{
			name: "found_late", starts: []start{{makes: true, shows: 50 * time.Second, answer: abort}},
			sent: []time.Duration{0}, run: 101, took: time.Minute,
		},
		{
			name: "not_mistaken_for_another", starts: []start{{makes: true, shows: 5 * time.Second, answer: abort}}, foreign: []string{"Nightly", "[dtr 4711/1 k ffffffff]"},
			sent: []time.Duration{0}, run: 103, took: 7 * time.Second,
		},
		{
			name: "lost_and_not_acted", starts: []start{lost, {makes: true}},
			sent: []time.Duration{0, time.Minute}, run: 101, took: time.Minute,
		},
		{
			name: "lost_twice_then_acted", starts: []start{lost, lost, {makes: true, answer: abort}},
			sent: []time.Duration{0, time.Minute, 2 * time.Minute}, run: 101, took: 2 * time.Minute,
		},
		{
			name: "never_acted", starts: []start{lost},
			sent: []time.Duration{0, time.Minute, 2 * time.Minute}, took: 3 * time.Minute, unknown: true, err: "sent 3 times, and no run shows",
		},
		{
			name: "older_of_two", starts: []start{{makes: true, shows: 90 * time.Second, answer: abort}, {makes: true, shows: 30 * time.Second, answer: abort}},
			sent: []time.Duration{0, time.Minute}, run: 101, took: 91 * time.Second,
		},
		{
			// Sending again could start a second one.
			name: "may_be_ours", starts: []start{lost}, list: respond(200, `{"data":[{"id":101,"trigger":null},{"id":100,"trigger":{"cause":"x"}}]}`),
			sent: []time.Duration{0}, took: time.Minute, unknown: true, err: "dbt does not tell what started run 101: it may be ours",
		},
		{
			name: "search_refused", starts: []start{lost}, list: respond(403, `{}`),
			sent: []time.Duration{0}, unknown: true, err: "lacks a permission",
		},
		{
			name: "search_fails_for_a_minute", starts: []start{lost}, list: respond(503, ``),
			sent: []time.Duration{0}, took: time.Minute, unknown: true, err: "list dbt runs: dbt answered 503",
		},
		{
			name: "refused", starts: []start{{answer: respond(400, `{"status":{"user_message":"git_branch is unknown."}}`)}},
			sent: []time.Duration{0}, err: "failed to start dbt job 7: dbt answered 400 Bad Request: git_branch is unknown",
		},
		{
			name: "forbidden", starts: []start{{answer: respond(403, `{}`)}},
			sent: []time.Duration{0}, err: "the owner of dbt-token lacks a permission: starting a job takes Job Runner, Job Admin or more",
		},
		{
			name: "throttled", starts: []start{{answer: respond(429, `{}`)}, {makes: true}},
			sent: []time.Duration{0, 5 * time.Minute}, run: 101, took: 5 * time.Minute,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &platform{begin: time.Now(), starts: tc.starts, foreign: tc.foreign, list: tc.list, bodies: map[string]bool{}}
				request := dbt.TriggerRequest{Cause: dbt.CauseWithMarker("Nightly", marker)}
				run, sendings, err := newClient(t, p).Start(t.Context(), dbt.StartRequest{JobID: 7, AfterRunID: 99, Marker: marker, Request: request})
				if !strings.Contains(errorText(err), tc.err) || (err != nil) != (tc.err != "") || isUnknown(err) != tc.unknown {
					t.Errorf("Start() = %v, want %q, unknown %v", err, tc.err, tc.unknown)
				}
				if run.ID != tc.run {
					t.Errorf("run %d, want %d", run.ID, tc.run)
				}
				if diff := cmp.Diff(tc.sent, p.sent); diff != "" {
					t.Errorf("sendings (-want +got):\n%s", diff)
				}
				if throttled := tc.name == "throttled"; !throttled && sendings != len(tc.sent) {
					t.Errorf("%d sendings told, want %d", sendings, len(tc.sent))
				}
				if len(p.bodies) != 1 {
					t.Errorf("different causes were sent: %v", p.bodies)
				}
				if took := time.Since(p.begin); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

// TestStart_cancelled: who is stopped while the start is unanswered does not know whether there is a run, and says why.
func TestStart_cancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("interrupt signal received")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(stop) })
		p := &platform{begin: time.Now(), starts: []start{{answer: abort}}, bodies: map[string]bool{}}
		_, _, err := newClient(t, p).Start(ctx, dbt.StartRequest{JobID: 7, AfterRunID: 99, Marker: marker})
		if !isUnknown(err) || !errors.Is(err, stop) {
			t.Errorf("Start() = %v, want an UnknownError because of %v", err, stop)
		}
		if len(p.sent) != 1 || time.Since(p.begin) != 10*time.Second {
			t.Errorf("sent %d times, took %s, want once and 10s", len(p.sent), time.Since(p.begin))
		}
	})
}

// TestStart_retry finds the run of a lost retry without a marker, for a retry carries none.
func TestStart_retry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				sent++
				abort(w, r)
			}
			respond(http.StatusOK, `{"data":[{"id":12,"retrying_run_id":8},{"id":11,"retrying_run_id":9},{"id":10}]}`)(w, r)
		}))
		run, sendings, err := client.Start(t.Context(), dbt.StartRequest{JobID: 7, AfterRunID: 9, RetryRunID: 9})
		if err != nil || run.ID != 11 || sent != 1 || sendings != 1 {
			t.Errorf("Start() = run %d, %v after %d sendings, want run 11 after one", run.ID, err, sent)
		}
	})
}

// TestSameOverrides: a run that checks a pull request does not do what ours would.
func TestSameOverrides(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, trigger string
		want          bool
	}{
		{"none", `{"cause":"x"}`, true},
		{"nulls", `{"cause":"x","threads_override":null,"azure_pull_request_id":null,"steps_override":[]}`, true},
		{"threads", `{"threads_override":8}`, false},
		{"github", `{"github_pull_request_id":7}`, false},
		{"gitlab", `{"gitlab_merge_request_id":7}`, false},
		{"azure", `{"azure_pull_request_id":7}`, false},
		{"another_provider", `{"non_native_pull_request_id":7}`, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var theirs dbt.TriggerRequest
			if err := json.Unmarshal([]byte(tc.trigger), &theirs); err != nil {
				t.Fatal(err)
			}
			if got := (dbt.TriggerRequest{Cause: "ours"}).SameOverrides(theirs); got != tc.want {
				t.Errorf("SameOverrides() = %t, want %t", got, tc.want)
			}
		})
	}
}
