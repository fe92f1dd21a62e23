package dbtrun

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestFollow_duplicate: of two runs by the same start, the older one is followed, and the other one is canceled.
func TestFollow_duplicate(t *testing.T) {
	t.Parallel()
	lost := fault("trigger-run", sandbox.Reset, true)
	lost.Times = 1
	repeated := sandbox.Fault{Operation: "trigger-run", Repeated: true}
	runTests(t, []followerTest{
		{
			name: "older_run_followed", faults: []sandbox.Fault{lost}, wrap: func(next http.Handler) http.Handler { return hideRuns(next, 90*time.Second) },
			want: end{Origin: "started", Status: "success", Cancels: []int{0, 1}, Warnings: 1},
		},
		{
			name: "request_repeated_by_a_proxy", faults: []sandbox.Fault{repeated},
			want: end{Origin: "started", Status: "success", Cancels: []int{0, 1}, Warnings: 1},
		},
		{
			name: "repeated_and_response_lost", faults: []sandbox.Fault{{Operation: "trigger-run", Kind: sandbox.GatewayTimeout, Processed: true, Repeated: true}},
			want: end{Origin: "started", Status: "success", Cancels: []int{0, 1}, Warnings: 1},
		},
		{
			name: "repeated_and_not_waited_for", faults: []sandbox.Fault{repeated}, execution: execution{config: noWait},
			want: end{Origin: "started", Status: "queued", Cancels: []int{0, 1}, Warnings: 1, Leftover: progress.LeftoverRunContinues},
		},
		{
			name: "list_refused", faults: []sandbox.Fault{repeated, fault("list-runs", sandbox.Forbidden, false)},
			want: end{Origin: "started", Status: "success", Cancels: []int{0, 0}, Followed: 1},
		},
		{
			name: "repeated_and_stopped_at_once", faults: []sandbox.Fault{{Operation: "trigger-run", Kind: sandbox.Hang, Processed: true, Repeated: true}},
			execution: execution{stop: 5 * time.Second}, wantErr: "stopped",
			want: end{Origin: "started", Status: "cancelled", Cancels: []int{1, 1}, Leftover: progress.LeftoverRunCanceling},
		},
	})
}

// hideRuns returns empty lists of runs for the first while.
func hideRuns(next http.Handler, while time.Duration) http.Handler {
	begin := time.Now()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/runs/") || time.Since(begin) > while {
			next.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"status":{"code":200,"is_success":true},"data":[]}`))
	})
}
