package report

import (
	"encoding/json"
	"errors"
	"os"
	"strings"

	"dbt-tableau-refresh/internal/sanitize"
)

// runnerFile is a file through which a step passes values to its runner. It does not use go-githubactions, which panics if a
// file can't be opened.
type runnerFile struct {
	path    string // "" outside of a workflow
	content string // named in the warning when a write fails
	log     *logger
	size    int  // in bytes, as written here
	failed  bool // whether the warning was logged
}

// append adds text and reports whether that succeeded. The first failure is logged; none changes the outcome.
func (f *runnerFile) append(text string) bool {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		n, writeErr := file.WriteString(text) // one system call, so that a process that is killed does not leave half of it
		f.size += n
		err = errors.Join(writeErr, file.Close())
	}
	if err != nil && !f.failed {
		f.failed = true
		f.log.annotate("warning", "", "failed to write "+f.content+": "+err.Error())
	}
	return err == nil
}

// Phase is how far the start of a dbt run had come when the state was last saved.
type Phase string

// The phases. PhaseNone means that nothing was started.
const (
	PhaseNone     Phase = ""
	PhaseStarting Phase = "starting" // the start request was possibly sent, without a response yet
	PhaseStarted  Phase = "started"  // the ID of the run is known, and it has not ended
	PhaseDone     Phase = "done"     // nothing is left to do
)

// State is what the main step passes to the post step. It contains no secret. The zero value means that nothing was started.
type State struct {
	Phase Phase `json:"phase"`
	RunID int64 `json:"run-id,omitempty"` // 0 until it is known
	// Marker and After find a run with an unknown ID: its cause contains Marker, and its ID is larger than After.
	Marker string `json:"marker,omitempty"`
	After  int64  `json:"after,omitempty"`
	Retry  int64  `json:"retry,omitempty"` // the failed run that is retried, without a marker; 0 for a new run
	Owned  bool   `json:"owned,omitempty"` // whether the post step can cancel the run
}

// stateKey is the only key of the state, so that one line changes all of it.
const stateKey = "dbt-run"

// ReadState returns, in the post step, what the main step saved. It returns the zero State when nothing was saved, or nothing
// that can be parsed, because only a run that is certain to be left behind is canceled.
//
// See https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
func ReadState(getenv func(string) string) State {
	var s State
	if json.Unmarshal([]byte(strings.TrimSpace(getenv("STATE_"+stateKey))), &s) != nil {
		return State{}
	}
	return s
}

// stateFile writes GITHUB_STATE. Of two values for a key, the runner takes the later one.
type stateFile struct {
	State // as last saved
	file  runnerFile
}

// save writes s. Call it before what s describes.
func (f *stateFile) save(s State) {
	f.State = s
	text, _ := json.Marshal(s) // strings and numbers never fail, and are one line
	line := sanitize.BreakCommands(stateKey + "=" + string(text))
	if f.file.path == "" {
		f.file.log.line("state %s", line)
		return
	}
	f.file.append(line + "\n")
}
