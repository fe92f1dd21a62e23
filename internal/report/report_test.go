package report

import (
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

// seeds returns the texts that the fuzz target starts with.
func seeds() []string {
	return []string{
		hostileText, "", "::", "##[", "::x::y", " ::error::x", "a\r::error file=x::y", "##[set-env name=a;b=c]d", "#\u200b#[x]", "#\u034f#[x]",
		"_GitHubActionsFileCommandDelimeter_", "a<<b", "a=b\nc<<d", "\\", "`", "```", "\xff", "%%{init: {}}%%", "section a", "a\u2028b", "dbtc_secret", "…",
	}
}

// FuzzReport reports a step in which each text from outside is s, and parses everything as a runner does.
func FuzzReport(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		dir := t.TempDir()
		var log strings.Builder
		r := New(&log, runnerEnv(dir))
		r.log.random = zeroReader{}
		r.Mask("dbtc_secret")
		now := time.Now()
		res := progress.Result{
			Outcome: progress.OutcomeError, Err: errors.Join(errors.New(s), errors.New(s)), Began: now, End: now,
			Job:       progress.Job{ID: 1, Name: s, URL: s, AccountName: s, Steps: []string{s}},
			Run:       progress.Run{ID: 2, URL: s, Status: progress.RunStatus(s), Message: s, Origin: progress.OriginStarted, GitSHA: s, Branch: s, Created: now, Started: now, Steps: []progress.RunStep{{Index: 1, Name: s, Status: "error", Started: now, Log: s}}},
			Site:      &progress.Site{Host: s, ContentURL: s, Product: s, API: s},
			Refreshes: []progress.Refresh{{Type: content.Workbook, ID: s, Name: s, Project: s, URL: s, JobID: s, Status: progress.StatusFailed, Accepted: now, Running: now, Error: s}},
			Warnings:  []string{s},
		}
		for _, e := range []progress.Event{
			progress.JobFound{Job: res.Job}, progress.TableauChecked{Site: *res.Site, Refreshes: res.Refreshes}, progress.RunStarting{Marker: s, After: 1},
			progress.RunStarted{Run: res.Run}, progress.RunProgressed{Run: res.Run}, progress.RefreshesStarting{}, progress.RefreshChanged{Refresh: res.Refreshes[0]},
			progress.RequestMade{Service: s, Method: s, URL: s, Status: 200, RequestID: s}, progress.RequestMade{Service: s, URL: s, Err: errors.New(s)},
			progress.AttemptFailed{Service: s, Operation: s, Err: errors.New(s)}, progress.Stopping{Cause: errors.New(s)}, progress.RunCancelled{ID: 2, Err: errors.New(s)}, progress.Warned{Text: s},
		} {
			r.Observe(e)
		}
		r.Finish(res)
		r.Post(Cleanup{RunID: 2, URL: s, Status: s})
		r.Post(Cleanup{RunID: 2, URL: s, Err: errors.New(s)})
		checkOwnCommands(t, commandsIn(log.String()))
		checkOutputs(t, parseRunnerFile(t, readFile(t, filepath.Join(dir, "output.txt"))))
		state := parseRunnerFile(t, readFile(t, filepath.Join(dir, "state.txt")))
		if diff := cmp.Diff(map[string]string{"dbt-run": `{"phase":"done"}`}, state); diff != "" {
			t.Errorf("state (-want +got):\n%s", diff)
		}
		output := strings.ReplaceAll(log.String(), "::add-mask::dbtc_secret", "") + readFile(t, filepath.Join(dir, "summary.md"))
		if strings.Contains(output, "dbtc_secret") {
			t.Error("the output contains the secret")
		}
	})
}

func checkOutputs(t *testing.T, values map[string]string) {
	t.Helper()
	known := []string{"git-sha", "message", "refresh-job-ids", "refreshes", "result", "run-id", "run-status", "run-url"}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			t.Errorf("the output %q is not declared", name)
		}
	}
	if values["result"] != "error" || values["run-id"] != "2" {
		t.Errorf("outputs from outside: %q", values)
	}
	for _, name := range []string{"refreshes", "refresh-job-ids"} {
		if !json.Valid([]byte(values[name])) || len(values[name]) > jsonLimit {
			t.Errorf("%s is not JSON within the limit: %q", name, values[name])
		}
	}
	if n := utf8.RuneCountInString(values["message"]); n == 0 || n > messageLimit {
		t.Errorf("a message of %d characters", n)
	}
}

func TestReadState(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		events []progress.Event
		finish *progress.Result
		want   State
	}{
		{name: "nothing"},
		{name: "starting", events: []progress.Event{progress.RunStarting{Marker: "[dtr 1/2 k r]", After: 41}}, want: State{Phase: PhaseStarting, Marker: "[dtr 1/2 k r]", After: 41}},
		{
			name:   "started",
			events: []progress.Event{progress.RunStarting{Marker: "m", After: 41}, progress.RunStarted{Run: progress.Run{ID: 42, Origin: progress.OriginStarted}}},
			want:   State{Phase: PhaseStarted, RunID: 42, Marker: "m", After: 41, Owned: true},
		},
		{name: "adopted", events: []progress.Event{progress.RunStarted{Run: progress.Run{ID: 42, Origin: progress.OriginAdopted}}}, want: State{Phase: PhaseStarted, RunID: 42}},
		{
			name:   "retried",
			events: []progress.Event{progress.RunStarted{Run: progress.Run{ID: 42, Origin: progress.OriginStarted}}, progress.RunStarting{Retry: 42}},
			want:   State{Phase: PhaseStarting, Retry: 42},
		},
		{name: "done", events: []progress.Event{progress.RunStarted{Run: progress.Run{ID: 42, Origin: progress.OriginStarted}}}, finish: &progress.Result{Outcome: progress.OutcomeSuccess}, want: State{Phase: PhaseDone}},
		{
			name:   "run_for_post_step",
			events: []progress.Event{progress.RunStarted{Run: progress.Run{ID: 42, Origin: progress.OriginStarted}}},
			finish: &progress.Result{Outcome: progress.OutcomeCancelled, Leftover: progress.LeftoverRunForPost},
			want:   State{Phase: PhaseStarted, RunID: 42, Owned: true},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := New(&strings.Builder{}, runnerEnv(dir))
			for _, e := range tc.events {
				r.Observe(e)
			}
			if tc.finish != nil {
				r.Finish(*tc.finish)
			}
			values := parseRunnerFile(t, readFile(t, filepath.Join(dir, "state.txt")))
			got := ReadState(func(name string) string { return values[strings.TrimPrefix(name, "STATE_")] })
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadState_invalid(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", `{"phase":"started","run-id":"x"}`, `{"phase":`} {
		if diff := cmp.Diff(State{}, ReadState(func(string) string { return text })); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, actions, want string
	}{
		{name: "runner", actions: "true", want: "::add-mask::s3cret%0Aline\n::warning::*** and ***\n"},
		{name: "terminal", want: "warning: *** and ***\n"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			r := New(&log, func(name string) string { return map[string]string{"GITHUB_ACTIONS": tc.actions}[name] })
			r.Mask("", " \n", "s3cret\nline")
			r.Observe(progress.Warned{Text: "s3cret and line"})
			if diff := cmp.Diff(tc.want, log.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestReport_terminal runs a step without a runner, so without commands and files.
func TestReport_terminal(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	synctest.Test(t, func(*testing.T) {
		s := &simulatedStep{Report: New(&log, func(string) string { return "" }), result: progress.Result{Began: time.Now()}}
		refreshFailedScenario(s)
	})
	if found := commandsIn(log.String()); len(found) > 0 {
		t.Errorf("commands on a terminal: %+v", found)
	}
	for _, want := range []string{"\noutput run-id=70471831332476\n", "\noutput result=refresh-failed\n", "\nerror: 2 refreshed, 1 failed, 1 skipped; ", "\n| ## ❌ Nightly build"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in:\n%s", want, log.String())
		}
	}
}

// TestObserve_repeatedFailure repeats one failure every ten seconds, then reports another.
func TestObserve_repeatedFailure(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	synctest.Test(t, func(*testing.T) {
		r := New(&log, func(string) string { return "" })
		for range 7 {
			r.Observe(progress.AttemptFailed{Service: "dbt", Operation: "get run 7", Err: errors.New("failed to get run 7: dbt returned 502"), Wait: 10 * time.Second})
			time.Sleep(10 * time.Second)
		}
		r.Observe(progress.AttemptFailed{Service: "dbt", Operation: "get run 7", Err: errors.New("EOF"), Wait: time.Second})
	})
	want := "times are counted from the start of the step\n" +
		"00:00  dbt: failed to get run 7: dbt returned 502; retrying in 10s\n" +
		"00:30  dbt: failed to get run 7: dbt returned 502; retrying in 10s\n" +
		"01:00  dbt: failed to get run 7: dbt returned 502; retrying in 10s\n" +
		"01:10  dbt: failed to get run 7: EOF; retrying in 1s\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestObserve_longNote expects one short line.
func TestObserve_longNote(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	New(&log, func(string) string { return "" }).Observe(progress.Noted{Text: strings.Repeat("名\n", 3000)})
	_, note, _ := strings.Cut(log.String(), "\n") // the first line explains the times
	line, rest, _ := strings.Cut(note, "\n")
	if n := utf8.RuneCountInString(line); n > noteLimit+len("00:00  ") || rest != "" || !strings.HasSuffix(line, "…") {
		t.Errorf("a line of %d characters, then %q: %s", n, rest, line)
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, want, wantSummary string
		cleanup                 Cleanup
	}{
		{name: "nothing_found", want: "00:00  no leftover dbt run was found\n"},
		{
			name: "cancelled", cleanup: Cleanup{RunID: 7, URL: "https://x.example/7", Cancelled: true},
			want:        "00:00  dbt run 7 was canceled by the post step, because the main step could not\n",
			wantSummary: "### 🛑 Cleanup\n\ndbt run 7 was canceled by the post step, because the main step could not ([run 7](https://x.example/7))\n",
		},
		{
			name: "already_finished", cleanup: Cleanup{RunID: 7, Status: "success"},
			want:        "00:00  dbt run 7 already finished, nothing to cancel (status: success)\n",
			wantSummary: "### ✅ Cleanup\n\ndbt run 7 already finished, nothing to cancel \\(status: success\\)\n",
		},
		{
			name: "not_cancelled", cleanup: Cleanup{RunID: 7, URL: "https://x.example/7", Err: errors.New("failed to cancel run 7: 403")},
			want:        "::warning::dbt run 7 might still be in progress. Cancel it in dbt. Error: failed to cancel run 7: 403%0ARun: https://x.example/7\n",
			wantSummary: "### ⚠️ Cleanup\n\ndbt run 7 might still be in progress\\. Cancel it in dbt\\. Error: failed to cancel run 7: 403 ([run 7](https://x.example/7))\n",
		},
		{
			name: "search_failed", cleanup: Cleanup{Err: errors.New("failed to list runs: EOF")},
			want:        "::warning::Check the job's runs in dbt, and cancel any run that should not continue. The search for a leftover dbt run failed: failed to list runs: EOF.\n",
			wantSummary: "### ⚠️ Cleanup\n\nCheck the job&#39;s runs in dbt, and cancel any run that should not continue\\. The search for a leftover dbt run failed: failed to list runs: EOF\n",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var log strings.Builder
			New(&log, runnerEnv(dir)).Post(tc.cleanup)
			if diff := cmp.Diff(tc.want, log.String()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantSummary, readFile(t, filepath.Join(dir, "summary.md"))); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
		})
	}
}
