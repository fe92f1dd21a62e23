package report

import (
	"path/filepath"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

// simulatedStep sends the events of a step to a Report, and collects the result.
type simulatedStep struct {
	*Report
	result progress.Result
}

// zeroReader makes the tokens for stop-commands constant.
type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { return len(p), nil }

// runnerEnv returns the environment of a step whose files are in dir.
func runnerEnv(dir string) func(string) string {
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

func newSimulatedStep(log *strings.Builder, dir string) *simulatedStep {
	s := &simulatedStep{Report: New(log, runnerEnv(dir))}
	s.log.random = zeroReader{}
	s.result.Began = time.Now()
	s.Mask("dbtc_secret")
	return s
}

func (s *simulatedStep) finish(o progress.Outcome, err error) int {
	s.result.Outcome, s.result.Err, s.result.End = o, err, time.Now()
	return s.Finish(s.result)
}

// preflight reports the checks before dbt, and selects refreshes; nil for a step without Tableau.
func (s *simulatedStep) preflight(refreshes ...progress.Refresh) {
	s.result.Job = progress.Job{
		ID: 67890, Name: "Nightly build", URL: "https://ab123.us1.dbt.com/deploy/12345/projects/1/jobs/67890", AccountName: "Acme",
		Steps: []string{"dbt seed", "dbt build --select tag:nightly"}, MedianDuration: 190 * time.Second,
	}
	time.Sleep(time.Second)
	s.Observe(progress.JobFound{Job: s.result.Job})
	if refreshes == nil {
		return
	}
	s.result.Site = &progress.Site{Host: "10ay.online.tableau.com", ContentURL: "MarketingTeam", Product: "2025.3.0", API: "3.27"}
	s.result.Refreshes = refreshes
	s.Observe(progress.TableauChecked{Site: *s.result.Site, Refreshes: refreshes})
}

const runURL = "https://ab123.us1.dbt.com/deploy/12345/projects/1/runs/70471831332476"

func (s *simulatedStep) startRun() {
	s.Observe(progress.RunStarting{Marker: "[dtr 1/1 0a1b2c3d 4e5f]", After: 70471831332475})
	time.Sleep(time.Second)
	s.result.Run = progress.Run{ID: 70471831332476, URL: runURL, Status: "queued", Origin: progress.OriginStarted, Created: time.Now()}
	s.Observe(progress.RunStarted{Run: s.result.Run})
}

// pollRun reports the run n times, every ten seconds.
func (s *simulatedStep) pollRun(n int) {
	for range n {
		time.Sleep(10 * time.Second)
		s.Observe(progress.RunProgressed{Run: s.result.Run})
	}
}

// nextStep ends the running step of the run, and starts another unless name is "".
func (s *simulatedStep) nextStep(name string) {
	steps := s.result.Run.Steps
	if n := len(steps); n > 0 {
		steps[n-1].Status, steps[n-1].Finished = "success", time.Now()
	}
	if name != "" {
		s.result.Run.Steps = append(steps, progress.RunStep{Index: len(steps) + 1, Name: name, Status: "running", Started: time.Now()})
	}
}

// runBuild reports a run from the queue to its last step.
func (s *simulatedStep) runBuild() {
	s.startRun()
	s.pollRun(1)
	s.result.Run.Status, s.result.Run.Started = "running", time.Now()
	s.result.Run.GitSHA, s.result.Run.Branch = "9f3c2e1d7a", "main"
	s.nextStep("Clone git repository")
	s.pollRun(1)
	s.nextStep("Invoke dbt with `dbt seed`")
	s.pollRun(2)
	s.nextStep("Invoke dbt with `dbt build --select tag:nightly`")
	s.pollRun(15)
}

func (s *simulatedStep) endRun(status progress.RunStatus) {
	s.nextStep("")
	s.result.Run.Status, s.result.Run.Finished = status, time.Now()
	s.Observe(progress.RunProgressed{Run: s.result.Run})
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

func (s *simulatedStep) changeRefresh(i int, edit func(r *progress.Refresh)) {
	edit(&s.result.Refreshes[i])
	s.Observe(progress.RefreshChanged{Index: i, Refresh: s.result.Refreshes[i]})
}

// acceptRefreshes reports all refreshes as accepted, and two seconds later as running.
func (s *simulatedStep) acceptRefreshes() {
	s.Observe(progress.RefreshesStarting{})
	for i := range s.result.Refreshes {
		s.changeRefresh(i, func(r *progress.Refresh) {
			r.Status, r.Accepted = progress.StatusStarted, time.Now()
			r.JobID = "777bf7c4-421d-4b2c-a518-11b90187c54" + string(rune('0'+i))
		})
	}
	time.Sleep(2 * time.Second)
	for i := range s.result.Refreshes {
		s.changeRefresh(i, func(r *progress.Refresh) { r.Running = time.Now() })
	}
}

func (s *simulatedStep) endRefresh(i int, status progress.Status, text string) {
	s.changeRefresh(i, func(r *progress.Refresh) { r.Status, r.Ended, r.Error = status, time.Now(), text })
}

// waitForRefreshes reports the refreshes in progress n times, every ten seconds.
func (s *simulatedStep) waitForRefreshes(n int) {
	for range n {
		time.Sleep(10 * time.Second)
		running := 0
		for _, r := range s.result.Refreshes {
			if !r.Status.Ended() {
				running++
			}
		}
		s.Observe(progress.RefreshesWaiting{Running: running, Ended: len(s.result.Refreshes) - running})
	}
}
