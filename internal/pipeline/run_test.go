package pipeline

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// begin is the time that the tests count from.
func begin() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }

// TestUsual: the middle of what succeeded, for one that failed early or hung says nothing.
func TestUsual(t *testing.T) {
	t.Parallel()

	run := func(status dbt.Status, minutes int) dbt.Run {
		return dbt.Run{Status: status, StartedAt: dbt.Time{Time: begin()}, FinishedAt: dbt.Time{Time: begin().Add(time.Duration(minutes) * time.Minute)}}
	}
	unstarted := run(dbt.Success, 5)
	unstarted.StartedAt = dbt.Time{}
	cases := []struct {
		name string
		runs []dbt.Run
		want time.Duration
	}{
		{"none", nil, 0},
		{"one", []dbt.Run{run(dbt.Success, 7)}, 7 * time.Minute},
		{"odd", []dbt.Run{run(dbt.Success, 9), run(dbt.Success, 1), run(dbt.Success, 5)}, 5 * time.Minute},
		{"outlier", []dbt.Run{run(dbt.Success, 5), run(dbt.Success, 600), run(dbt.Success, 6), run(dbt.Success, 4), run(dbt.Success, 5)}, 5 * time.Minute},
		{"others_do_not_count", []dbt.Run{run(dbt.Error, 1), run(dbt.Cancelled, 2), run(dbt.Running, 3), run(dbt.Success, 9)}, 9 * time.Minute},
		{"times_that_are_missing_or_wrong", []dbt.Run{unstarted, run(dbt.Success, -3), run(dbt.Success, 0)}, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := usual(lengths(tc.runs)); got != tc.want {
				t.Errorf("usual() = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestTail(t *testing.T) {
	t.Parallel()

	lines := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			b.WriteString(strings.Repeat("x", i) + "\n")
		}
		return strings.TrimSuffix(b.String(), "\n")
	}
	cases := []struct {
		name, log, want string
	}{
		{"empty", "", ""},
		{"blank", " \r\n\t\n", ""},
		{"short", "one\ntwo\n", "one\ntwo"},
		{"begins_blank", "\n  one\n", "\n  one"},
		{"just_fits", lines(1, progress.LogTail), lines(1, progress.LogTail)},
		{"too_long", lines(1, progress.LogTail+1), lines(2, progress.LogTail+1)},
		{"blank_lines_at_the_end_do_not_count", lines(1, progress.LogTail) + strings.Repeat("\n", 9), lines(1, progress.LogTail)},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tail(tc.log)); diff != "" {
				t.Errorf("tail() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestConvertRun keeps the log of a step that failed, and of no other: logs are long.
func TestConvertRun(t *testing.T) {
	t.Parallel()

	run := dbt.Run{
		ID: 4711, URL: "https://dbt.example/runs/4711/", Status: dbt.Error, StatusMessage: "failed", GitSHA: "981c5cf", GitBranch: "main", BlockedBy: []int64{1, 2},
		CreatedAt: dbt.Time{Time: begin()},
		Steps: []dbt.RunStep{
			{Index: 1, Name: "Create Profile from Connection Snowflake ", Status: dbt.Success, Logs: "fine"},
			{Index: 2, Name: "Invoke dbt with `dbt build`", Status: dbt.Error, Logs: "bad\n", StartedAt: dbt.Time{Time: begin()}},
			{Index: 3, Name: "Invoke dbt with `dbt test`", Status: 40, Logs: "?"},
		},
	}
	want := progress.Run{
		ID: 4711, URL: "https://dbt.example/runs/4711/", Status: "error", Message: "failed", GitSHA: "981c5cf", Branch: "main", BlockedBy: 2, Created: begin(),
		Steps: []progress.RunStep{
			{Index: 1, Name: "Create Profile from Connection Snowflake", Status: "success"},
			{Index: 2, Name: "Invoke dbt with `dbt build`", Status: "error", Log: "bad", Started: begin()},
			{Index: 3, Name: "Invoke dbt with `dbt test`", Status: "status 40"},
		},
	}
	if diff := cmp.Diff(want, convertRun(run)); diff != "" {
		t.Errorf("convertRun() (-want +got):\n%s", diff)
	}
}
