package dbt_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
)

func TestStatus(t *testing.T) {
	t.Parallel()

	type result struct {
		Text         string
		Known, Ended bool
		// RunEnded is Run.Ended with is_complete false, and with is_complete true.
		RunEnded [2]bool
	}
	cases := []struct {
		name   string
		status dbt.Status
		want   result
	}{
		{"queued", 1, result{Text: "queued", Known: true}},
		{"starting", 2, result{Text: "starting", Known: true}},
		{"running", 3, result{Text: "running", Known: true}},
		{"success", 10, result{Text: "success", Known: true, Ended: true, RunEnded: [2]bool{true, true}}},
		{"error", 20, result{Text: "error", Known: true, Ended: true, RunEnded: [2]bool{true, true}}},
		{"cancelled", 30, result{Text: "cancelled", Known: true, Ended: true, RunEnded: [2]bool{true, true}}},
		{"absent", 0, result{Text: "status 0", RunEnded: [2]bool{false, true}}},
		{"unknown", 40, result{Text: "status 40", RunEnded: [2]bool{false, true}}},
		{"negative", -10, result{Text: "status -10", RunEnded: [2]bool{false, true}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := result{Text: tc.status.String(), Known: tc.status.Known(), Ended: tc.status.Ended(), RunEnded: [2]bool{
				dbt.Run{Status: tc.status}.Ended(), dbt.Run{Status: tc.status, IsComplete: true}.Ended(),
			}}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Status(%d) (-want +got):\n%s", int(tc.status), diff)
			}
		})
	}
}

func TestJob_CheckActive(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		job  dbt.Job
		want string
	}{
		{"active", dbt.Job{ID: 7, State: 1}, ""},
		{"unknown_state", dbt.Job{ID: 7}, ""},
		{"deleted", dbt.Job{ID: 7, State: 2}, "dbt job 7 is deleted. Correct dbt-job-id"},
		{"deactivated", dbt.Job{ID: 7, State: 1, Deactivated: true}, "dbt job 7 is deactivated. Activate it in dbt"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, errorText(tc.job.CheckActive())); diff != "" {
				t.Errorf("CheckActive() (-want +got):\n%s", diff)
			}
		})
	}
}
