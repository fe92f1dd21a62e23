package dbtrun

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

func TestLastLines(t *testing.T) {
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
		{"leading_blank_line", "\n  one\n", "\n  one"},
		{"just_fits", lines(1, progress.LogTail), lines(1, progress.LogTail)},
		{"too_long", lines(1, progress.LogTail+1), lines(2, progress.LogTail+1)},
		{"trailing_blank_lines", lines(1, progress.LogTail) + strings.Repeat("\n", 9), lines(1, progress.LogTail)},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, lastLines(tc.log)); diff != "" {
				t.Errorf("lastLines() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestConvertRun: only the log of a failed step is kept, because logs are long.
func TestConvertRun(t *testing.T) {
	t.Parallel()

	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	run := dbt.Run{
		ID: 4711, URL: "https://dbt.example/runs/4711/", Status: dbt.Error, StatusMessage: "failed", GitSHA: "981c5cf", GitBranch: "main", BlockedBy: []int64{1, 2},
		CreatedAt: dbt.Time{Time: begin},
		Steps: []dbt.RunStep{
			{Index: 1, Name: "Create Profile from Connection Snowflake ", Status: dbt.Success, Logs: "fine"},
			{Index: 2, Name: "Invoke dbt with `dbt build`", Status: dbt.Error, Logs: "bad\n", StartedAt: dbt.Time{Time: begin}},
			{Index: 3, Name: "Invoke dbt with `dbt test`", Status: 40, Logs: "?"},
		},
	}
	want := progress.Run{
		ID: 4711, URL: "https://dbt.example/runs/4711/", Status: "error", Message: "failed", Origin: "adopted", GitSHA: "981c5cf", Branch: "main", BlockedBy: 2, Created: begin,
		Steps: []progress.RunStep{
			{Index: 1, Name: "Create Profile from Connection Snowflake", Status: "success"},
			{Index: 2, Name: "Invoke dbt with `dbt build`", Status: "error", Log: "bad", Error: "failed; bad", Started: begin},
			{Index: 3, Name: "Invoke dbt with `dbt test`", Status: "status 40"},
		},
	}
	if diff := cmp.Diff(want, convertRun(run, progress.OriginAdopted)); diff != "" {
		t.Errorf("convertRun() (-want +got):\n%s", diff)
	}
}
