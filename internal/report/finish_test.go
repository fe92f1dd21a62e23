package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"

	"github.com/google/go-cmp/cmp"
)

// TestFinish_unwritableFiles expects one warning for each file, and no change of the outcome.
func TestFinish_unwritableFiles(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	var code int
	synctest.Test(t, func(*testing.T) {
		s := newSimulatedStep(&log, filepath.Join(os.DevNull, "no", "folder"))
		code = successScenario(s)
	})
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := strings.Count(log.String(), "::warning::Failed to write"); got != 3 {
		t.Errorf("%d warnings:\n%s", got, log.String())
	}
}

// brokenWriter is a log that nothing reads.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestFinish_brokenLog(t *testing.T) {
	t.Parallel()
	r := New(brokenWriter{}, runnerEnv(t.TempDir()))
	r.Mask("s3cret")
	if code := r.Finish(progress.Result{Outcome: progress.OutcomeDBTFailed}); code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// largeResult returns a result of n refreshes with long names. Every thousandth has failed; its name and its error are
// longer than any limit.
func largeResult(n int) progress.Result {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	res := progress.Result{
		Outcome: progress.OutcomeRefreshFailed, Err: &progress.RefreshError{Failed: n / 1000, All: n}, Began: now, End: now.Add(time.Hour),
		Run: progress.Run{ID: 7, Status: "success", Started: now, Finished: now.Add(time.Minute)}, Site: &progress.Site{},
	}
	for i := range n {
		r := workbook(strings.Repeat("名", 3*nameLimit), "Finance")
		r.JobID, r.Status = fmt.Sprintf("777bf7c4-421d-4b2c-a518-%012d", i), progress.StatusSuccess
		r.Accepted, r.Running, r.Ended = now.Add(time.Minute), now.Add(time.Minute), now.Add(time.Minute+time.Duration(i)*time.Millisecond)
		if i%1000 == 999 {
			r.Status, r.Name, r.Error = progress.StatusFailed, strings.Repeat("名", 9_000), strings.Repeat(`bad|\n`, 1000)
		}
		res.Refreshes = append(res.Refreshes, r)
	}
	return res
}

// TestFinish_largeResult checks each limit with 10,000 refreshes, of which no failed one may be omitted.
func TestFinish_largeResult(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log strings.Builder
	r := New(&log, runnerEnv(dir))
	res := largeResult(10_000)
	r.Finish(res)
	values := parseRunnerFile(t, readFile(t, filepath.Join(dir, "output.txt")))
	var rows []refreshJSON
	if err := json.Unmarshal([]byte(values["refreshes"]), &rows); err != nil {
		t.Fatal(err)
	}
	var jobs []string
	if err := json.Unmarshal([]byte(values["refresh-job-ids"]), &jobs); err != nil {
		t.Fatal(err)
	}
	var want []string
	failed := 0
	for _, row := range rows {
		want = append(want, row.JobID)
		if row.Status == progress.StatusFailed {
			failed++
		}
	}
	if diff := cmp.Diff(want, jobs); diff != "" {
		t.Errorf("job IDs (-want +got):\n%s", diff)
	}
	if failed != 10 || len(values["refreshes"]) > jsonLimit || len(values["refreshes"]) < jsonLimit*9/10 {
		t.Errorf("%d failed of %d rows in %d bytes", failed, len(rows), len(values["refreshes"]))
	}
	if got := strings.Count(log.String(), "\n::error "); got != maxAnnotations {
		t.Errorf("%d errors, want %d", got, maxAnnotations)
	}
	if want := fmt.Sprintf("%d of 10000 refreshes are omitted", 10_000-len(rows)); !strings.Contains(log.String(), want) {
		t.Errorf("%q is not in:\n%s", want, log.String())
	}
	summary := readFile(t, filepath.Join(dir, "summary.md"))
	if len(summary) > summaryLimit || !strings.Contains(summary, "9500 more refreshes are not shown") || !strings.Contains(summary, "24 of 10000 refreshes (") {
		t.Errorf("a summary of %d bytes:\n%.3000s", len(summary), summary)
	}
}

// TestFinish_shortenedOutputs: the log mentions what does not fit into the outputs.
func TestFinish_shortenedOutputs(t *testing.T) {
	t.Parallel()
	const shortenedText, omittedText = "errors are shortened in the output refreshes, which is limited to 100 KiB", "are omitted from the outputs refreshes and refresh-job-ids, which are limited to 100 KiB"
	cases := []struct {
		name               string
		refreshes          int
		err                string
		shortened, omitted bool
	}{
		{name: "fits", refreshes: 50, err: strings.Repeat("e", errorLimit)},
		{name: "long_errors", refreshes: 200, err: strings.Repeat("e", errorLimit), shortened: true},
		{name: "too_many", refreshes: 1000, omitted: true},
		{name: "too_many_and_long_errors", refreshes: 1000, err: strings.Repeat("e", errorLimit), shortened: true, omitted: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			res := progress.Result{Outcome: progress.OutcomeRefreshFailed, Err: errors.New("failed")}
			for range tc.refreshes {
				res.Refreshes = append(res.Refreshes, progress.Refresh{Name: "A", JobID: "J", Status: progress.StatusFailed, Error: tc.err})
			}
			var log strings.Builder
			New(&log, runnerEnv(dir)).Finish(res)
			var rows []refreshJSON
			values := parseRunnerFile(t, readFile(t, filepath.Join(dir, "output.txt")))
			if err := json.Unmarshal([]byte(values["refreshes"]), &rows); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(log.String(), shortenedText); got != tc.shortened || got != (len([]rune(rows[0].Error)) < len(tc.err)) {
				t.Errorf("the log mentions shortened errors: %t; an error has %d bytes", got, len(rows[0].Error))
			}
			want := fmt.Sprintf("::warning::%d of %d refreshes %s", tc.refreshes-len(rows), tc.refreshes, omittedText)
			if got := strings.Contains(log.String(), want); got != tc.omitted || got != (len(rows) < tc.refreshes) {
				t.Errorf("the log mentions omitted refreshes: %t; %d are in the output", got, len(rows))
			}
		})
	}
}

// TestInvalid_many: all invalid inputs are in the log and in the summary, even if a runner shows only a few annotations.
func TestInvalid_many(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 9, 10, 17} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			var errs []error
			for i := range n {
				errs = append(errs, fmt.Errorf("input %c: must be an integer", 'a'+i))
			}
			dir := t.TempDir()
			var log strings.Builder
			New(&log, runnerEnv(dir)).Invalid(errors.Join(errs...))
			summary := readFile(t, filepath.Join(dir, "summary.md"))
			for _, err := range errs {
				if !strings.Contains(log.String(), err.Error()[1:]) || !strings.Contains(summary, err.Error()[1:]) {
					t.Errorf("%q is missing", err)
				}
			}
			want := min(n+1, maxAnnotations)
			if n == 1 {
				want = 1
			}
			if got := strings.Count(log.String(), "::error "); got != want {
				t.Errorf("%d annotations, want %d", got, want)
			}
		})
	}
}

// TestFinish_manyErrors: all errors are in the log, but of failed nodes only as many as are listed elsewhere.
func TestFinish_manyErrors(t *testing.T) {
	t.Parallel()
	const n = maxListed + 20
	var errs []error
	var failures []progress.Failure
	for i := range n {
		errs = append(errs, fmt.Errorf("input-%d must be an integer", i))
		failures = append(failures, progress.Failure{Type: "model", Name: fmt.Sprintf("node-%d", i), Status: "error"})
	}
	var log strings.Builder
	New(&log, runnerEnv(t.TempDir())).Finish(progress.Result{Outcome: progress.OutcomeInvalidInput, Err: errors.Join(errs...)})
	for _, err := range errs {
		if !strings.Contains(log.String(), err.Error()) {
			t.Fatalf("%q is not in the log", err)
		}
	}
	log.Reset()
	New(&log, runnerEnv(t.TempDir())).Finish(progress.Result{
		Outcome: progress.OutcomeDBTFailed, Failures: failures, Run: progress.Run{ID: 1, Status: progress.RunStatusError},
	})
	if text := fmt.Sprintf("\nand %d more\n", n-maxListed); strings.Count(log.String(), "node-") < maxListed || !strings.Contains(log.String(), text) {
		t.Errorf("the log does not contain %d nodes and %q", maxListed, text)
	}
}

// TestFinish_errorOfRefresh: an error that is also that of a refresh is reported once.
func TestFinish_errorOfRefresh(t *testing.T) {
	t.Parallel()
	const text = "exposure sales: no workbook found"
	dir := t.TempDir()
	var log strings.Builder
	New(&log, runnerEnv(dir)).Finish(progress.Result{
		Outcome: progress.OutcomePreflightFailed, Err: progress.Fail(progress.OutcomePreflightFailed, errors.New(text)),
		Refreshes: []progress.Refresh{{Type: content.Workbook, Name: "Sales", Status: progress.StatusNotStarted, Error: text}},
	})
	if got := strings.Count(log.String(), "::error "); got != 1 {
		t.Errorf("%d annotations, want 1:\n%s", got, log.String())
	}
	if summary := readFile(t, filepath.Join(dir, "summary.md")); strings.Count(summary, text[1:]) != 1 {
		t.Errorf("the summary does not contain %q once:\n%s", text, summary)
	}
}

// TestObserve_warnings: each warning is in the log once. If there are too many for annotations, the others are lines.
func TestObserve_warnings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log strings.Builder
	r := New(&log, runnerEnv(dir))
	res := progress.Result{Outcome: progress.OutcomeSuccess}
	for i := range maxAnnotations + 2 {
		res.Warnings = append(res.Warnings, fmt.Sprintf("problem %c", 'A'+i))
		r.Observe(progress.Warned{Text: res.Warnings[i]})
	}
	r.Finish(res)
	if got := strings.Count(log.String(), "::warning::Problem"); got != maxAnnotations {
		t.Errorf("%d annotations, want %d", got, maxAnnotations)
	}
	summary := readFile(t, filepath.Join(dir, "summary.md"))
	for _, text := range res.Warnings {
		text = text[1:] // a sentence in an annotation
		if got := strings.Count(log.String(), text); got != 1 || !strings.Contains(summary, text) {
			t.Errorf("%q is in the log %d times, want 1; in the summary: %t", text, got, strings.Contains(summary, text))
		}
	}
}

func TestSummary_limit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := New(&strings.Builder{}, runnerEnv(dir))
	for range 3 {
		r.addSummary(strings.Repeat("名", 200_000))
	}
	summary := readFile(t, filepath.Join(dir, "summary.md"))
	if len(summary) > 1<<20 || !utf8.ValidString(summary) || !strings.Contains(summary, "is not shown") {
		t.Errorf("a summary of %d bytes", len(summary))
	}
}

// BenchmarkReportOf10000Targets measures the end of a step: log, outputs, and summary.
func BenchmarkReportOf10000Targets(b *testing.B) {
	res := largeResult(10_000)
	for b.Loop() {
		r := New(&strings.Builder{}, runnerEnv(b.TempDir()))
		r.Finish(res)
	}
	b.ReportAllocs()
}
