package dbt_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
)

// TestRun_large_logs: logs that have become large are not read with each poll, but at the end of the run.
func TestRun_large_logs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, field string
		// sizes are those of the logs at each poll; at the last one, the run has ended.
		sizes     []int
		want      []string
		wantSteps []int
	}{
		{"small", "logs", []int{100, 1000, 10_000}, []string{"steps", "steps", "steps"}, []int{1, 1, 1}},
		{"large", "logs", []int{100, 2 << 20, 2 << 20, 2 << 20}, []string{"steps", "steps", "run", "run", "steps"}, []int{1, 1, 0, 1}},
		{"large_debug_logs", "truncated_debug_logs", []int{100, 2 << 20, 2 << 20}, []string{"steps", "steps", "run", "steps"}, []int{1, 1, 1}},
		{"too_long", "logs", []int{100, 11 << 20, 11 << 20}, []string{"steps", "steps", "run", "run"}, []int{1, 0, 0}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				poll := 0
				var requests []string
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					status, steps := 3, ""
					if poll == len(tc.sizes)-1 {
						status = 10
					}
					kind := "run"
					if r.URL.Query().Has("include_related") {
						kind = "steps"
						steps = fmt.Sprintf(`,"run_steps":[{"index":1,%q:%q}]`, tc.field, strings.Repeat("x", tc.sizes[poll]))
					}
					requests = append(requests, kind)
					respond(200, fmt.Sprintf(`{"status":{"code":200,"is_success":true},"data":{"id":7,"status":%d%s}}`, status, steps))(w, r)
				}))
				var steps []int
				for ; poll < len(tc.sizes); poll++ {
					run, err := client.Run(t.Context(), 7, time.Now())
					if err != nil || run.Status != dbt.Running && run.Status != dbt.Success {
						t.Fatalf("%+v, %v", run.Status, err)
					}
					steps = append(steps, len(run.Steps))
				}
				if diff := cmp.Diff(tc.want, requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.wantSteps, steps); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
			})
		})
	}
}
