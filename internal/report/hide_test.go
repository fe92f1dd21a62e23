package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

// everything returns what a person or a later step gets to see, without the lines that mask.
func everything(t *testing.T, log, dir string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			all.WriteString(line)
		}
	}
	for _, name := range []string{"output.txt", "state.txt", "summary.md"} {
		all.WriteString(read(t, filepath.Join(dir, name)))
	}
	return all.String()
}

// shows returns the first piece of a secret, 8 bytes of its begin or end, that is in text.
func shows(text, secret string) string {
	for _, piece := range []string{secret[:8], secret[len(secret)-8:]} {
		if strings.Contains(text, piece) {
			return piece
		}
	}
	return ""
}

// everywhere plays a failed step in which s is every text that comes from outside.
func everywhere(r *Report, s string, o progress.Outcome, err error) {
	now := time.Now()
	run := progress.Run{ID: 2, URL: "https://x.example/" + s, Status: "error", Message: s, Owned: true, GitSHA: s, Branch: s, Created: now, Started: now, Finished: now,
		Steps: []progress.RunStep{{Index: 1, Name: s, Status: "error", Started: now, Log: "Database Error in model a\n" + s}}}
	refresh := workbook(s, s)
	refresh.ID, refresh.JobID, refresh.URL, refresh.WaitsFor, refresh.Error, refresh.Status = s, s, run.URL, s, s, progress.StatusFailed
	res := progress.Result{
		Outcome: o, Err: err, Run: run, Retried: []progress.Run{run}, Refreshes: []progress.Refresh{refresh}, Warnings: []string{s},
		Job: progress.Job{ID: 1, Name: s, URL: run.URL, AccountName: s}, Site: &progress.Site{Host: s, ContentURL: s, Product: s, API: s},
	}
	discovery := progress.Discovery{
		Run: 2, Relations: 2, Unused: []string{s},
		Items: []progress.Found{{Type: content.Workbook, Name: s, Project: s, By: []string{s}, After: s}, {Type: content.Workbook, Name: s, By: []string{s}, Skipped: s}},
	}
	res.Discovery, res.Plan, res.Built = &discovery, s, []progress.Built{{Type: s, Nodes: 1}}
	going := run
	going.Status, going.Finished = progress.RunStatus(s), time.Time{}
	for _, e := range []progress.Event{
		progress.JobFound{Job: res.Job}, progress.TableauReady{Site: *res.Site, Refreshes: res.Refreshes}, progress.RunStarted{Run: run},
		progress.RunProgressed{Run: going}, progress.RunProgressed{Run: run}, progress.RefreshesStarting{}, progress.RefreshChanged{Refresh: refresh},
		progress.Discovered{Discovery: discovery, Refreshes: res.Refreshes},
		progress.RequestMade{Service: "dbt", Method: "GET", Address: "x.example/" + s, Status: 200, RequestID: s},
		progress.RequestMade{Service: "dbt", Method: "GET", Address: "x.example/" + s, Err: errors.New(s)},
		progress.AttemptFailed{Service: "dbt", Operation: s, Err: errors.New(s)}, progress.Stopping{Cause: errors.New(s)},
		progress.RunCancelled{ID: 2, Err: errors.New(s)}, progress.Noted{Text: s}, progress.Warned{Text: s},
	} {
		r.Observe(e)
	}
	r.Finish(res)
	res.Failures = []progress.Failure{{Type: "model", Name: s, Status: s, Message: s}}
	r.Finish(res)
	r.Invalid(err)
	r.Post(Cleanup{RunID: 2, URL: run.URL, Status: s})
	r.Post(Cleanup{RunID: 2, URL: run.URL, Err: err})
}

// TestReport_secretAnywhere moves a secret past every limit of a length. None of them may leave half of it over.
func TestReport_secretAnywhere(t *testing.T) {
	t.Parallel()
	const secret = "dbtc_Zq7RkT9wXv3LmN8pHs2YbD4c"
	outcomes := []progress.Outcome{progress.OutcomeDBTFailed, progress.OutcomeRefreshFailed, progress.OutcomeCancelled, progress.OutcomeError}
	// Fewer than the characters between a piece that shows and the whole: no limit slips through.
	const step = 7
	dir := t.TempDir()
	for i, o := range outcomes {
		t.Run(string(o), func(t *testing.T) {
			t.Parallel()
			for offset := 0; offset <= 1100; offset += step {
				sub := filepath.Join(dir, fmt.Sprint(i))
				if err := os.MkdirAll(sub, 0o755); err != nil {
					t.Fatal(err)
				}
				s := strings.Repeat("x", offset) + secret + strings.Repeat("y", 1200-offset)
				err := error(&progress.RunError{Run: progress.Run{ID: 2, Message: s}})
				if o != progress.OutcomeDBTFailed {
					err = errors.Join(errors.New(s), fmt.Errorf("failed to look: %w", errors.New(s)))
				}
				var log strings.Builder
				r := New(&log, environment(sub))
				r.Mask(secret)
				everywhere(r, s, o, err)
				if piece := shows(everything(t, log.String(), sub), secret); piece != "" {
					t.Fatalf("offset %d: %q is out", offset, piece)
				}
				if err := os.RemoveAll(sub); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestReport_severed quotes texts that a service, or another room, had cut already.
func TestReport_severed(t *testing.T) {
	t.Parallel()
	const secret = "dbtc_Zq7RkT9wXv3LmN8pHs2YbD4c"
	dir := t.TempDir()
	for length := 8; length < len(secret); length++ {
		var log strings.Builder
		r := New(&log, environment(dir))
		r.Mask(secret)
		s := "the token " + secret[:length] + "… is wrong"
		everywhere(r, s, progress.OutcomeError, errors.New(s))
		if piece := shows(everything(t, log.String(), dir), secret); piece != "" {
			t.Errorf("%d bytes: %q is out", length, piece)
		}
	}
}

func TestReport_secretEscaped(t *testing.T) {
	t.Parallel()
	const secret = `p&ss<w"ord>12'345 \/ü`
	cases := []struct{ name, form string }{
		{name: "plain", form: secret},
		{name: "xml_text", form: `p&amp;ss&lt;w"ord&gt;12'345 \/ü`},
		{name: "xml_attribute", form: `p&amp;ss&lt;w&quot;ord&gt;12'345 \/ü`},
		{name: "xml_named", form: `p&amp;ss&lt;w&quot;ord&gt;12&apos;345 \/ü`},
		{name: "html", form: `p&amp;ss&lt;w&#34;ord&gt;12&#39;345 \/ü`},
		{name: "json", form: `p&ss<w\"ord>12'345 \\/ü`},
		{name: "json_for_html", form: `p\u0026ss\u003cw\"ord\u003e12'345 \\/ü`},
		{name: "json_in_ascii", form: `p&ss<w\"ord>12'345 \\/\u00fc`},
		{name: "query", form: "p%26ss%3Cw%22ord%3E12%27345+%5C%2F%C3%BC"},
		{name: "percent", form: "p%26ss%3Cw%22ord%3E12%27345%20%5C%2F%C3%BC"},
		{name: "path", form: "p&ss%3Cw%22ord%3E12%27345%20%5C%2F%C3%BC"},
		{name: "base64", form: "cCZzczx3Im9yZD4xMiczNDUgXC/DvA"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var log strings.Builder
			r := New(&log, environment(dir))
			r.Mask(secret)
			if masked := strings.Contains(log.String(), "::add-mask::"+strings.ReplaceAll(tc.form, "%", "%25")+"\n"); masked != (tc.name != "base64") {
				t.Errorf("masked: %t:\n%s", masked, log.String())
			}
			everywhere(r, "the answer was "+tc.form+"=", progress.OutcomeError, errors.New(tc.form))
			all := everything(t, log.String(), dir)
			if strings.Contains(all, tc.form) || strings.Contains(all, "p&") || strings.Contains(all, "12'345") {
				t.Errorf("the secret is out:\n%s", all)
			}
		})
	}
}
