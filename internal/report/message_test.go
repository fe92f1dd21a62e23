package report

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	job := progress.Job{ID: 6, Name: "Nightly"}
	run := progress.Run{ID: 7, Status: "success", Started: now, Finished: now.Add(90 * time.Second)}
	failed := run
	failed.Status, failed.Message = "error", "Job step failed"
	failed.Steps = []progress.RunStep{{Index: 4, Name: "Invoke dbt with `dbt build`", Status: "error"}}
	running := progress.Run{ID: 7, Status: "running"}
	refreshes := func(statuses ...progress.Status) (all []progress.Refresh) {
		for _, s := range statuses {
			all = append(all, progress.Refresh{Type: content.Flow, Name: "A", Status: s})
		}
		return all
	}
	failing := func(types ...string) progress.Result {
		res := progress.Result{Outcome: progress.OutcomeDBTFailed, Run: failed, Err: &progress.RunError{Run: failed}}
		for _, kind := range types {
			res.Failures = append(res.Failures, progress.Failure{Type: kind, Name: "of it", Message: "bad"})
		}
		return res
	}
	site := &progress.Site{}
	cases := []struct {
		name string
		res  progress.Result
		want string
	}{
		{name: "zero_result", want: "The step ended with an error; nothing was refreshed."},
		{name: "success_nothing_to_refresh", res: progress.Result{Outcome: progress.OutcomeSuccess, Job: job, Run: run, Site: site}, want: `dbt run 7 of "Nightly" succeeded after 1m 30s; nothing to refresh.`},
		{
			name: "success_skipped",
			res:  progress.Result{Outcome: progress.OutcomeSuccess, Job: job, Run: run, Site: site, Refreshes: refreshes(progress.StatusSuccess, progress.StatusSkipped)},
			want: `dbt run 7 of "Nightly" succeeded after 1m 30s; 1 refreshed, 1 skipped.`,
		},
		{
			name: "accepted",
			res:  progress.Result{Outcome: progress.OutcomeStarted, Run: run, Site: site, Refreshes: refreshes(progress.StatusSuccess, progress.StatusStarted)},
			want: "dbt run 7 succeeded after 1m 30s; Tableau accepted 2 of 2 refreshes, not waiting for them to finish.",
		},
		{
			name: "resumed_and_not_waited_for", res: progress.Result{Outcome: progress.OutcomeStarted, Run: run, Site: site, Refreshes: refreshes(progress.StatusNotStarted)},
			want: "dbt run 7 succeeded after 1m 30s; nothing was refreshed.",
		},
		{
			name: "succeeded_while_being_canceled", res: progress.Result{Outcome: progress.OutcomeTimedOut, Leftover: progress.LeftoverRunCanceling, Run: run, Err: &progress.LimitError{Input: "timeout", After: time.Hour}},
			want: "timeout (1h) was reached; dbt run 7 succeeded.",
		},
		{
			name: "dbt_failed", res: progress.Result{Outcome: progress.OutcomeDBTFailed, Job: job, Run: failed, Err: &progress.RunError{Run: failed}},
			want: `dbt run 7 of "Nightly" failed after 1m 30s in step 4 ("dbt build"): Job step failed; nothing was refreshed.`,
		},
		{
			name: "success_tests_warned", res: progress.Result{Outcome: progress.OutcomeSuccess, Run: run, Site: site, Refreshes: refreshes(progress.StatusSuccess), WarnedTests: make([]progress.Failure, 2)},
			want: "dbt run 7 succeeded after 1m 30s, and 2 dbt tests warned; 1 refreshed.",
		},
		{
			name: "accepted_test_warned", res: progress.Result{Outcome: progress.OutcomeStarted, Run: run, Site: site, Refreshes: refreshes(progress.StatusStarted), WarnedTests: make([]progress.Failure, 1)},
			want: "dbt run 7 succeeded after 1m 30s, and 1 dbt test warned; Tableau accepted 1 of 1 refresh, not waiting for them to finish.",
		},
		{
			name: "refresh_failed_tests_warned",
			res:  progress.Result{Outcome: progress.OutcomeRefreshFailed, Run: run, Site: site, Refreshes: refreshes(progress.StatusFailed), Err: &progress.RefreshError{Failed: 1, All: 1}, WarnedTests: make([]progress.Failure, 2)},
			want: `1 failed: "A"; dbt run 7 succeeded, and 2 dbt tests warned.`,
		},
		{
			name: "dbt_failed_tests_warned_and_a_long_cause",
			res:  progress.Result{Outcome: progress.OutcomeDBTFailed, Run: failed, Err: &progress.RunError{Run: failed}, Failures: []progress.Failure{{Type: "model", Name: "a", Message: strings.Repeat("x", 500)}}, WarnedTests: make([]progress.Failure, 2)},
			want: "dbt run 7 failed after 1m 30s in step 4 (\"dbt build\"): model a: " + strings.Repeat("x", 187) + "…; nothing was refreshed, and 2 dbt tests warned.",
		},
		{
			name: "dbt_failed_for_another_reason", res: progress.Result{Outcome: progress.OutcomeDBTFailed, Run: failed, Err: errors.New("failed to retry run 7: too old")},
			want: `dbt run 7 failed after 1m 30s in step 4 ("dbt build"): failed to retry run 7: too old; nothing was refreshed.`,
		},
		{name: "dbt_cancelled", res: progress.Result{Outcome: progress.OutcomeDBTCancelled, Run: progress.Run{ID: 7, Status: "cancelled", Message: "Cancelled by user."}, Err: &progress.RunError{Run: progress.Run{ID: 7, Status: "cancelled", Message: "Cancelled by user."}}}, want: "dbt run 7 was canceled in dbt: Cancelled by user; nothing was refreshed."},
		{
			name: "cancelled", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverRunCanceling, Run: running, Err: errors.New("the step was canceled")},
			want: "The step was canceled; dbt run 7 is being canceled, and nothing was refreshed.",
		},
		{
			name: "error_while_refreshing", res: progress.Result{Outcome: progress.OutcomeError, Run: run, Err: errors.New("EOF"), Refreshes: refreshes(progress.StatusStarted)},
			want: "The step ended with an error: EOF; dbt run 7 succeeded, 1 in progress.",
		},
		{
			name: "start_unknown", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverUnknownStartForPost, Err: errors.New("the step was canceled")},
			want: "The step was canceled; a dbt run might have started, and nothing was refreshed.",
		},
		{
			name: "no_response", res: progress.Result{Outcome: progress.OutcomeError, Leftover: progress.LeftoverUnknownStart, Err: errors.New(`failed: the outcome of "start job 6" is unknown: EOF`)},
			want: `The step ended with an error: failed: the outcome of "start job 6" is unknown: EOF; a dbt run might have started, and nothing was refreshed.`,
		},
		{
			name: "retry_unknown", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverUnknownStartForPost, Run: failed, Err: errors.New("the step was canceled")},
			want: "The step was canceled; dbt run 7 failed, a retry of it might have started, and nothing was refreshed.",
		},
		{name: "model_before_test", res: failing("unit_test", "test", "snapshot"), want: `dbt run 7 failed after 1m 30s in step 4 ("dbt build"): snapshot of it: bad; nothing was refreshed.`},
		{name: "tests_alone", res: failing("test", "unit_test"), want: `dbt run 7 failed after 1m 30s in step 4 ("dbt build"): test of it: bad; nothing was refreshed.`},
		{name: "one_invalid_input", res: progress.Result{Outcome: progress.OutcomeInvalidInput, Err: errors.New("timeout: no")}, want: "1 invalid input: timeout: no; nothing was started."},
		{
			name: "long_cause", res: progress.Result{Outcome: progress.OutcomeError, Run: run, Err: errors.New(strings.Repeat("ü\n", 500))},
			want: "The step ended with an error: " + strings.Repeat("ü ", 123) + "ü…; dbt run 7 succeeded.",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := message(tc.res)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := utf8.RuneCountInString(got); n > messageLimit {
				t.Errorf("%d characters", n)
			}
		})
	}
}

func TestAdvice_leftover(t *testing.T) {
	t.Parallel()
	unknown := errors.New("EOF")
	const (
		manualText   = "A dbt run might have started. Check the job's runs in dbt before you start another."
		postStepText = "A dbt run might have started. The post step of this job searches for it and cancels it."
	)
	cases := []struct {
		name string
		res  progress.Result
		want string
	}{
		{name: "without_post_step", res: progress.Result{Outcome: progress.OutcomeError, Err: unknown, Leftover: progress.LeftoverUnknownStart}, want: manualText},
		{name: "with_post_step", res: progress.Result{Outcome: progress.OutcomeError, Err: unknown, Leftover: progress.LeftoverUnknownStartForPost}, want: postStepText},
		{name: "canceled", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverUnknownStartForPost}, want: "Re-run this job when ready. " + postStepText},
		{
			name: "run_is_known", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverRunForPost, Run: progress.Run{ID: 7, Status: "running"}},
			want: "Re-run this job when ready. The dbt run might still be in progress. The post step of this job cancels it.",
		},
		{
			name: "run_continues", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverRunContinues, Run: progress.Run{ID: 7, Status: "running"}},
			want: "Re-run this job when ready. dbt run 7 was not canceled. Check it before you start another.",
		},
		{name: "run_canceling", res: progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverRunCanceling, Run: progress.Run{ID: 7, Status: "running"}}, want: "Re-run this job when ready."},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, advice(sanitize.RedactAll(sanitize.NewCleaner([]string{"s3cret"}), tc.res))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAdvice_refresh_again: after dbt has succeeded, the refreshes can be repeated without it.
func TestAdvice_refresh_again(t *testing.T) {
	t.Parallel()
	succeeded, running := progress.Run{ID: 7, Status: "success"}, progress.Run{ID: 7, Status: "running"}
	const (
		rerunText = " Within `dbt-max-age` (6h), \"Re-run failed jobs\" does not run dbt again."
		runIDText = " To refresh without running dbt again, set `dbt-run-id: 7`."
	)
	cases := []struct {
		name string
		res  progress.Result
		want string
	}{
		{name: "own_run", res: progress.Result{Outcome: progress.OutcomeRefreshFailed, Run: succeeded, ResumableFor: 6 * time.Hour}, want: "Fix the errors listed below, then re-run the failed jobs." + rerunText},
		{name: "another_run", res: progress.Result{Outcome: progress.OutcomeRefreshFailed, Run: succeeded}, want: "Fix the errors listed below, then re-run the failed jobs." + runIDText},
		{name: "timed_out", res: progress.Result{Outcome: progress.OutcomeTimedOut, Run: succeeded, ResumableFor: 6 * time.Hour}, want: "Raise the limit, or find out what took so long." + rerunText},
		{name: "dbt_not_ended", res: progress.Result{Outcome: progress.OutcomeTimedOut, Run: running, ResumableFor: 6 * time.Hour}, want: "Raise the limit, or find out what took so long."},
		{name: "dbt_failed", res: progress.Result{Outcome: progress.OutcomeDBTFailed, Run: progress.Run{ID: 7, Status: "error"}, ResumableFor: 6 * time.Hour}, want: "Fix the failed dbt step, then re-run this job. Tableau still shows the data of the last refresh."},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.res.Site = &progress.Site{}
			if diff := cmp.Diff(tc.want, advice(tc.res)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   time.Duration
		want string
	}{
		{in: -time.Second, want: "0s"},
		{in: 0, want: "0s"},
		{in: 1500 * time.Millisecond, want: "2s"},
		{in: 58 * time.Second, want: "58s"},
		{in: 59*time.Second + 900*time.Millisecond, want: "1m 00s"},
		{in: 3*time.Minute + 42*time.Second, want: "3m 42s"},
		{in: time.Hour + 2*time.Minute + 59*time.Second, want: "1h 02m"},
		{in: 50 * time.Hour, want: "50h 00m"},
	}
	for _, tc := range cases {
		t.Run(tc.in.String(), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, formatDuration(tc.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	cases := []struct {
		waited, want time.Duration
	}{
		{waited: 0, want: 30 * time.Second},
		{waited: 5 * time.Minute, want: 30 * time.Second},
		{waited: 10 * time.Minute, want: time.Minute},
		{waited: 5 * time.Hour, want: 2 * time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.waited.String(), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, heartbeat(tc.waited)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAxis(t *testing.T) {
	t.Parallel()
	cases := []struct {
		span             time.Duration
		format, interval string
	}{
		{span: time.Second, format: "%H:%M:%S", interval: "1second"},
		{span: 25 * time.Second, format: "%H:%M:%S", interval: "5second"},
		{span: 150 * time.Second, format: "%H:%M:%S", interval: "30second"},
		{span: 5*time.Minute - time.Second, format: "%H:%M", interval: "1minute"},
		{span: 5 * time.Minute, format: "%H:%M", interval: "1minute"},
		{span: time.Hour, format: "%H:%M", interval: "10minute"},
		{span: 24*time.Hour - time.Second, format: "%H:%M", interval: "3hour"},
		{span: maxTimelineSpan, format: "%b %d %H:%M", interval: "24hour"},
	}
	for _, tc := range cases {
		t.Run(tc.span.String(), func(t *testing.T) {
			t.Parallel()
			want := "    axisFormat " + tc.format + "\n    tickInterval " + tc.interval + "\n"
			if diff := cmp.Diff(want, axis(tc.span)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorParts(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{name: "one_sentence", in: "timeout: needs a unit", want: "timeout: needs a unit"},
		{name: "three", in: "sign-in failed. Check tableau-site. Tableau returned 401. It also", want: "sign-in failed.\nCheck tableau-site.\nTableau returned 401. It also"},
		{name: "before_dbt", in: "check dbt-token. dbt returned 401", want: "check dbt-token.\ndbt returned 401"},
		{name: "quoted", in: `"Dr. Who. X" matches 2 workbooks. Use a LUID`, want: "\"Dr. Who. X\" matches 2 workbooks.\nUse a LUID"},
		{name: "version_and_host", in: "REST API 3.4 of x.example. It is too old", want: "REST API 3.4 of x.example.\nIt is too old"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, errorParts(tc.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTimeline_names: items with the same name are distinguished, and dbt's setup is one bar.
func TestTimeline_names(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	refresh := func(name, project, id string) progress.Refresh {
		return progress.Refresh{Name: name, Project: project, ID: id, Status: progress.StatusSuccess, Running: now, Ended: now.Add(time.Minute)}
	}
	res := progress.Result{
		Run: progress.Run{ID: 7, Started: now, Finished: now, Steps: []progress.RunStep{
			{Name: "Clone git repository", Status: "success", Started: now, Finished: now},
			{Name: "Invoke dbt with `dbt deps`", Status: "success", Started: now, Finished: now.Add(time.Minute)},
			{Name: "Invoke dbt with `dbt build`", Status: "success", Started: now, Finished: now},
			{Name: "Invoke dbt with `dbt deps`", Status: "success", Started: now, Finished: now},
		}},
		Refreshes: []progress.Refresh{
			refresh("A: 50 % #1", "P", "1"), refresh("B", "P", "2"), refresh("B", "Q", "3"),
			refresh("C", "P", "0c5e7a92-b4d6-48f1-93a7-c6e8d0f2b413"), refresh("C", "P", "4"),
		},
	}
	var names []string
	for line := range strings.Lines(page{res: res}.timeline()) {
		if name, _, ok := strings.Cut(line, " :2"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	want := []string{"✓ setup", "✓ dbt build", "✓ dbt deps", "✓ A#58; 50 #37; #35;1", "✓ B (P)", "✓ B (Q)", "✓ C (P, 0c5e7a92)", "✓ C (P, 4)"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names of the bars (-want +got):\n%s", diff)
	}
}
