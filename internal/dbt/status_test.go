package dbt_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
)

func TestStatus(t *testing.T) {
	t.Parallel()

	type facts struct {
		Text         string
		Known, Ended bool
		// RunEnded is what it means together with is_complete, first false and then true.
		RunEnded [2]bool
	}
	cases := []struct {
		name   string
		status dbt.Status
		want   facts
	}{
		{"queued", 1, facts{Text: "queued", Known: true}},
		{"starting", 2, facts{Text: "starting", Known: true}},
		{"running", 3, facts{Text: "running", Known: true}},
		{"success", 10, facts{Text: "success", Known: true, Ended: true, RunEnded: [2]bool{true, true}}},
		{"error", 20, facts{Text: "error", Known: true, Ended: true, RunEnded: [2]bool{true, true}}},
		{"cancelled", 30, facts{Text: "cancelled", Known: true, Ended: true, RunEnded: [2]bool{true, true}}},
		{"absent", 0, facts{Text: "status 0", RunEnded: [2]bool{false, true}}},
		{"unknown", 40, facts{Text: "status 40", RunEnded: [2]bool{false, true}}},
		{"negative", -10, facts{Text: "status -10", RunEnded: [2]bool{false, true}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := facts{Text: tc.status.String(), Known: tc.status.Known(), Ended: tc.status.Ended(), RunEnded: [2]bool{
				dbt.Run{Status: tc.status}.Ended(), dbt.Run{Status: tc.status, IsComplete: true}.Ended(),
			}}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Status(%d) (-want +got):\n%s", int(tc.status), diff)
			}
		})
	}
}

func TestJob_Usable(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		job  dbt.Job
		want string
	}{
		{"active", dbt.Job{ID: 7, State: 1}, ""},
		{"state_not_told", dbt.Job{ID: 7}, ""},
		{"deleted", dbt.Job{ID: 7, State: 2}, "dbt job 7 is deleted; correct dbt-job-id"},
		{"deactivated", dbt.Job{ID: 7, State: 1, Deactivated: true}, "dbt job 7 is deactivated; activate it in dbt"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, errorText(tc.job.CheckActive())); diff != "" {
				t.Errorf("Usable() (-want +got):\n%s", diff)
			}
		})
	}
}
