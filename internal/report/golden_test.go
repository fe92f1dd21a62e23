package report

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden plays whole steps and compares what a person or a later step gets to see.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		play func(s *stage) int
	}{
		{name: "success", play: success},
		{name: "dbt_only", play: dbtOnly},
		{name: "dbt_failed", play: dbtFailed},
		{name: "refresh_failed", play: refreshFailed},
		{name: "timed_out", play: timedOut},
		{name: "cancelled", play: cancelled},
		{name: "started", play: startedOnly},
		{name: "checked", play: checked},
		{name: "preflight_failed", play: preflightFailed},
		{name: "invalid", play: invalid},
		{name: "hostile", play: hostile},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var log strings.Builder
			synctest.Test(t, func(*testing.T) {
				s := newStage(&log, dir)
				code := tc.play(s)
				if want := s.res.Outcome.OK(); want != (code == 0) {
					t.Errorf("exit code %d for outcome %q", code, s.res.Outcome)
				}
			})
			if commands := commandsIn(log.String()); tc.name == "hostile" {
				assertOwnCommands(t, commands)
			}
			golden(t, filepath.Join("testdata", tc.name, "log.txt"), log.String())
			for _, name := range []string{"output.txt", "state.txt", "summary.md"} {
				golden(t, filepath.Join("testdata", tc.name, name), read(t, filepath.Join(dir, name)))
			}
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// read returns what a file holds, "" when there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// stage is a step in the making: it keeps the result that goes with the events.
type stage struct {
	*Report
	res progress.Result
}

// zeros makes the tokens of stop-commands the same in each run.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func environment(dir string) func(string) string {
	return func(name string) string {
		return map[string]string{
			"GITHUB_ACTIONS":      "true",
			"GITHUB_OUTPUT":       filepath.Join(dir, "output.txt"),
			"GITHUB_STATE":        filepath.Join(dir, "state.txt"),
			"GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary.md"),
			"RUNNER_DEBUG":        "1",
		}[name]
	}
}

func newStage(log *strings.Builder, dir string) *stage {
	s := &stage{Report: New(log, environment(dir))}
	s.log.random = zeros{}
	s.res.Began = time.Now()
	s.Mask("dbtc_secret")
	return s
}

func (s *stage) end(o progress.Outcome, err error) int {
	s.res.Outcome, s.res.Err, s.res.End = o, err, time.Now()
	return s.Finish(s.res)
}

// preflight is what comes before dbt is started.
func (s *stage) preflight(refreshes ...progress.Refresh) {
	s.res.Job = progress.Job{
		ID: 67890, Name: "Nightly build", URL: "https://ab123.us1.dbt.com/deploy/12345/projects/1/jobs/67890", AccountName: "Acme",
		Steps: []string{"dbt seed", "dbt build --select tag:nightly"}, MedianDuration: 190 * time.Second,
	}
	time.Sleep(time.Second)
	s.Observe(progress.JobFound{Job: s.res.Job})
	if refreshes == nil {
		return
	}
	s.res.Site = &progress.Site{Host: "10ay.online.tableau.com", ContentURL: "MarketingTeam", Product: "2025.3.0", API: "3.27"}
	s.res.Refreshes = refreshes
	s.Observe(progress.TableauReady{Site: *s.res.Site, Refreshes: refreshes})
}

const runURL = "https://ab123.us1.dbt.com/deploy/12345/projects/1/runs/70471831332476"

func (s *stage) start() {
	s.Observe(progress.RunStarting{Marker: "[dtr 1/1 0a1b2c3d 4e5f]", After: 70471831332475})
	time.Sleep(time.Second)
	s.res.Run = progress.Run{ID: 70471831332476, URL: runURL, Status: "queued", Origin: progress.OriginStarted, Created: time.Now()}
	s.Observe(progress.RunStarted{Run: s.res.Run})
}

// poll looks at the run every ten seconds, n times.
func (s *stage) poll(n int) {
	for range n {
		time.Sleep(10 * time.Second)
		s.Observe(progress.RunProgressed{Run: s.res.Run})
	}
}

// step ends the step that runs and starts the next.
func (s *stage) step(name string) {
	steps := s.res.Run.Steps
	if n := len(steps); n > 0 {
		steps[n-1].Status, steps[n-1].Finished = "success", time.Now()
	}
	if name != "" {
		s.res.Run.Steps = append(steps, progress.RunStep{Index: len(steps) + 1, Name: name, Status: "running", Started: time.Now()})
	}
}

// build is a run from the queue to its last step.
func (s *stage) build() {
	s.start()
	s.poll(1)
	s.res.Run.Status, s.res.Run.Started = "running", time.Now()
	s.res.Run.GitSHA, s.res.Run.Branch = "9f3c2e1d7a", "main"
	s.step("Clone git repository")
	s.poll(1)
	s.step("Invoke dbt with `dbt seed`")
	s.poll(2)
	s.step("Invoke dbt with `dbt build --select tag:nightly`")
	s.poll(15)
}

func (s *stage) dbtEnds(status progress.RunStatus) {
	s.step("")
	s.res.Run.Status, s.res.Run.Finished = status, time.Now()
	s.Observe(progress.RunProgressed{Run: s.res.Run})
}

func workbook(name, project string) progress.Refresh {
	return progress.Refresh{Type: content.Workbook, ID: "6b7179ba-b82b-4f0f-91ed-812074ac5da6", Name: name, Project: project,
		URL: "https://10ay.online.tableau.com/#/site/MarketingTeam/workbooks/1", Status: progress.StatusNotStarted}
}

func datasource(name, project string) progress.Refresh {
	r := workbook(name, project)
	r.Type, r.ID, r.URL = content.Datasource, "1f951daf-4061-451a-9df1-69a8062664f2", "https://10ay.online.tableau.com/#/site/MarketingTeam/datasources/2"
	return r
}

func (s *stage) change(i int, edit func(r *progress.Refresh)) {
	edit(&s.res.Refreshes[i])
	s.Observe(progress.RefreshChanged{Index: i, Refresh: s.res.Refreshes[i]})
}

// accept starts all refreshes; each runs two seconds later.
func (s *stage) accept() {
	s.Observe(progress.RefreshesStarting{})
	for i := range s.res.Refreshes {
		s.change(i, func(r *progress.Refresh) {
			r.Status, r.Accepted = progress.StatusStarted, time.Now()
			r.JobID = "777bf7c4-421d-4b2c-a518-11b90187c54" + string(rune('0'+i))
		})
	}
	time.Sleep(2 * time.Second)
	for i := range s.res.Refreshes {
		s.change(i, func(r *progress.Refresh) { r.Running = time.Now() })
	}
}

func (s *stage) refreshEnds(i int, status progress.Status, text string) {
	s.change(i, func(r *progress.Refresh) { r.Status, r.Ended, r.Error = status, time.Now(), text })
}

func (s *stage) watch(n int) {
	for range n {
		time.Sleep(10 * time.Second)
		open := 0
		for _, r := range s.res.Refreshes {
			if !r.Status.Ended() {
				open++
			}
		}
		s.Observe(progress.RefreshesWaiting{Running: open, Ended: len(s.res.Refreshes) - open})
	}
}
