package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

// allOutput returns the log without masks, and the content of all files.
func allOutput(t *testing.T, log, dir string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			all.WriteString(line)
		}
	}
	for _, name := range []string{"output.txt", "state.txt", "summary.md"} {
		all.WriteString(readFile(t, filepath.Join(dir, name)))
	}
	return all.String()
}

// leakedPart returns the first or last 8 bytes of a secret if text contains them, and "" otherwise.
func leakedPart(text, secret string) string {
	for _, part := range []string{secret[:8], secret[len(secret)-8:]} {
		if strings.Contains(text, part) {
			return part
		}
	}
	return ""
}

// reportEverywhere reports a step in which each text from outside is, or contains, s.
func reportEverywhere(r *Report, s string, o progress.Outcome, err error) {
	now := time.Now()
	run := progress.Run{ID: 2, URL: "https://x.example/" + s, Status: "error", Message: s, Origin: progress.OriginStarted, GitSHA: s, Branch: s, Created: now, Started: now, Finished: now,
		Steps: []progress.RunStep{{Index: 1, Name: s, Status: "error", Started: now, Log: "Database Error in model a\n" + s}}}
	refresh := workbook(s, s)
	refresh.ID, refresh.JobID, refresh.URL, refresh.WaitsFor, refresh.Error, refresh.Status = s, s, run.URL, s, s, progress.StatusFailed
	res := progress.Result{
		Outcome: o, Err: err, Run: run, Retried: []progress.Run{run}, Refreshes: []progress.Refresh{refresh}, Warnings: []string{s},
		Job: progress.Job{ID: 1, Name: s, URL: run.URL, AccountName: s}, Site: &progress.Site{Host: s, ContentURL: s, Product: s, API: s},
	}
	discovery := progress.Discovery{
		Run: "dbt run 2", Relations: 2, Tables: []string{s},
		Items: []progress.DiscoveredItem{{Type: content.Workbook, Name: s, Project: s, Reasons: []string{s}, After: s}, {Type: content.Workbook, Name: s, Reasons: []string{s}, Skipped: s}},
	}
	res.Discovery, res.Plan, res.Built = &discovery, s, []progress.Built{{Type: s, Nodes: 1}}
	earlier := progress.Run{
		InvocationID: s, Status: progress.RunStatusError, Message: s,
		Commands: []progress.Command{{Name: s, Target: s, Folder: s, Finished: now, Built: res.Built}},
	}
	running := run
	running.Status, running.Finished = progress.RunStatus(s), time.Time{}
	for _, e := range []progress.Event{
		progress.JobFound{Job: res.Job}, progress.TableauChecked{Site: *res.Site, Refreshes: res.Refreshes}, progress.RunStarted{Run: run},
		progress.RunProgressed{Run: running}, progress.RunProgressed{Run: run}, progress.RefreshesStarting{}, progress.RefreshChanged{Refresh: refresh},
		progress.CommandsRead{Run: earlier},
		progress.Discovered{Discovery: discovery, Refreshes: res.Refreshes},
		progress.RequestMade{Service: "dbt", Method: "GET", URL: "x.example/" + s, Status: 200, RequestID: s},
		progress.RequestMade{Service: "dbt", Method: "GET", URL: "x.example/" + s, Err: errors.New(s)},
		progress.AttemptFailed{Service: "dbt", Operation: s, Err: errors.New(s)}, progress.Stopping{Cause: errors.New(s)},
		progress.RunCancelled{ID: 2, Err: errors.New(s)}, progress.Noted{Text: s}, progress.Warned{Text: s},
	} {
		r.Observe(e)
	}
	r.Finish(res)
	res.Failures = []progress.Failure{{Type: "model", Name: s, Status: s, Message: s}}
	r.Finish(res)
	res.Run = earlier
	r.Finish(res)
	r.Invalid(err)
	r.Post(Cleanup{RunID: 2, URL: run.URL, Status: s})
	r.Post(Cleanup{RunID: 2, URL: run.URL, Err: err})
}

// TestReport_secretAnywhere places a secret across each possible limit of a length. None may leave a part of the secret.
func TestReport_secretAnywhere(t *testing.T) {
	t.Parallel()
	// The longer the secret, the fewer places there have to be.
	secret := "dbtc_" + strings.Repeat("Zq7RkT9wXv3LmN8pHs2YbD4c", 5)
	step := len(secret) - len("dbtc_Zq7")
	outcomes := []progress.Outcome{progress.OutcomeDBTFailed, progress.OutcomeRefreshFailed, progress.OutcomeCancelled, progress.OutcomeError}
	for _, o := range outcomes {
		t.Run(string(o), func(t *testing.T) {
			t.Parallel()
			for offset := 0; offset <= 1100; offset += step {
				dir := t.TempDir()
				s := strings.Repeat("x", offset) + secret + strings.Repeat("y", 1200-offset)
				err := error(&progress.RunError{Run: progress.Run{ID: 2, Message: s}})
				if o != progress.OutcomeDBTFailed {
					err = errors.Join(errors.New(s), fmt.Errorf("failed to search: %w", errors.New(s)))
				}
				var log strings.Builder
				r := New(&log, runnerEnv(dir))
				r.Mask(secret)
				reportEverywhere(r, s, o, err)
				if part := leakedPart(allOutput(t, log.String(), dir), secret); part != "" {
					t.Fatalf("offset %d: the output contains %q", offset, part)
				}
			}
		})
	}
}

// TestReport_truncatedSecret reports texts that were truncated elsewhere.
func TestReport_truncatedSecret(t *testing.T) {
	t.Parallel()
	const secret = "dbtc_Zq7RkT9wXv3LmN8pHs2YbD4c"
	dir := t.TempDir()
	for _, length := range []int{8, 16, len(secret) - 1} {
		var log strings.Builder
		r := New(&log, runnerEnv(dir))
		r.Mask(secret)
		s := "the token " + secret[:length] + "… is wrong"
		reportEverywhere(r, s, progress.OutcomeError, errors.New(s))
		if part := leakedPart(allOutput(t, log.String(), dir), secret); part != "" {
			t.Errorf("%d bytes: the output contains %q", length, part)
		}
	}
}

func TestReport_escapedSecret(t *testing.T) {
	t.Parallel()
	const secret = `p&ss<w"ord>12'345 \/ü`
	cases := []struct{ name, form string }{
		{name: "plain", form: secret},
		{name: "json_for_html", form: `p\u0026ss\u003cw\"ord\u003e12'345 \\/ü`},
		{name: "percent", form: "p%26ss%3Cw%22ord%3E12%27345%20%5C%2F%C3%BC"},
		{name: "base64", form: "cCZzczx3Im9yZD4xMiczNDUgXC/DvA"}, // which the runner masks itself
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var log strings.Builder
			r := New(&log, runnerEnv(dir))
			r.Mask(secret)
			if masked := strings.Contains(log.String(), "::add-mask::"+strings.ReplaceAll(tc.form, "%", "%25")+"\n"); masked != (tc.name != "base64") {
				t.Errorf("masked: %t:\n%s", masked, log.String())
			}
			reportEverywhere(r, "the response was "+tc.form+"=", progress.OutcomeError, errors.New(tc.form))
			all := allOutput(t, log.String(), dir)
			if strings.Contains(all, tc.form) || strings.Contains(all, "p&") || strings.Contains(all, "12'345") {
				t.Errorf("the output contains the secret:\n%s", all)
			}
		})
	}
}
