package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// truncatedLines is how many lines of a debug log are returned when debug_logs is not in include_related.
const truncatedLines = 1000

// stepJSON is a step of a run in a response.
type stepJSON struct {
	ID                 int64       `json:"id"`
	RunID              int64       `json:"run_id"`
	AccountID          int64       `json:"account_id"`
	Index              int         `json:"index"`
	Name               string      `json:"name"`
	Status             runStatus   `json:"status"`
	StatusHumanized    string      `json:"status_humanized"`
	Logs               *string     `json:"logs"`
	DebugLogs          *string     `json:"debug_logs"`
	TruncatedDebugLogs *string     `json:"truncated_debug_logs"`
	LogLocation        string      `json:"log_location"`
	LogPath            *string     `json:"log_path"`
	DebugLogPath       *string     `json:"debug_log_path"`
	CreatedAt          *string     `json:"created_at"`
	UpdatedAt          *string     `json:"updated_at"`
	StartedAt          *string     `json:"started_at"`
	FinishedAt         *string     `json:"finished_at"`
	Duration           string      `json:"duration"`
	DurationHumanized  string      `json:"duration_humanized"`
	RunStepCommand     *runCommand `json:"run_step_command"`
}

type runCommand struct {
	DBTCommand string `json:"dbt_command"`
}

// title returns the name of the step as dbt writes it.
func (s Step) title() string {
	if s.Command == "" {
		return s.Name
	}
	return "Invoke dbt with `" + s.Command + "`"
}

// stepsJSON returns the steps that have started.
func (c *dbtCloud) stepsJSON(r *run, now time.Time, debug bool) []stepJSON {
	steps := []stepJSON{}
	for i, begin := range r.timeline.steps {
		if !begin.After(now) {
			steps = append(steps, c.stepJSON(r, i, now, debug))
		}
	}
	return steps
}

func (c *dbtCloud) stepJSON(r *run, i int, now time.Time, debug bool) stepJSON {
	step, begin, end := r.stepAt(i), r.timeline.steps[i], r.timeline.stepEnd(i)
	status := r.stepStatus(i, now)
	logs := logText(step, begin, earlierOf(end, now))
	answer := stepJSON{
		ID: r.stepID(i), RunID: r.id, AccountID: c.account.ID, Index: i + 1, Name: step.title(),
		Status: status, StatusHumanized: status.String(), Logs: &logs, LogLocation: "legacy",
		CreatedAt: formatRunTime(begin), UpdatedAt: formatRunTime(earlierOf(end, now)),
		StartedAt: formatRunTime(begin), FinishedAt: formatRunTime(ifHappened(end, now)),
		Duration: formatClock(earlierOf(end, now).Sub(begin)), DurationHumanized: formatHuman(earlierOf(end, now).Sub(begin)),
	}
	if step.Command != "" {
		answer.RunStepCommand = &runCommand{DBTCommand: step.Command}
	}
	if status >= statusSuccess && step.Command != "" {
		text := debugText(logs)
		answer.TruncatedDebugLogs = new(lastLines(text, truncatedLines))
		if debug {
			answer.DebugLogs = &text
		}
	}
	return answer
}

// stepAt returns the i-th step; if the run fails there, with the log and nodes of its outcome.
func (r *run) stepAt(i int) Step {
	step := r.steps[i]
	if r.isFailedStep(i) {
		step.Log, step.Nodes, step.Artifacts = r.outcome.Log, r.outcome.Nodes, r.outcome.Artifacts
	}
	return step
}

func (r *run) isFailedStep(i int) bool {
	return r.outcome.fails(r.steps[i])
}

func (r *run) stepStatus(i int, now time.Time) runStatus {
	if r.timeline.stepEnd(i).After(now) {
		return statusRunning
	}
	last := i == len(r.timeline.steps)-1
	if last && r.timeline.final == statusCancelled {
		return statusCancelled
	}
	if r.isFailedStep(i) {
		return statusError
	}
	return statusSuccess
}

// stepEnd returns the start of the next step, or the end of the run.
func (t timeline) stepEnd(i int) time.Time {
	if i+1 < len(t.steps) {
		return t.steps[i+1]
	}
	return t.finished
}

func (r *run) stepID(i int) int64 { return r.id*100 + int64(i+1) }

// getStep handles Retrieve Step of the dbt Administrative API v2.
func (c *dbtCloud) getStep(r *http.Request, now time.Time) reply {
	id, err := strconv.ParseInt(r.PathValue("step"), 10, 64)
	if err != nil {
		return dbtNotFound()
	}
	found := c.runByID(strconv.FormatInt(id/100, 10))
	i := int(id%100) - 1
	if found == nil || i < 0 || i >= len(found.timeline.steps) || found.timeline.steps[i].After(now) {
		return dbtNotFound()
	}
	return dbtData(c.stepJSON(found, i, now, strings.Contains(r.URL.RawQuery, "debug_logs")))
}
