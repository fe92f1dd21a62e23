package report

import (
	"encoding/json"
	"strings"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// Phase is how far the start of a dbt run had come when the state was last saved.
type Phase string

// The phases. PhaseNone means that nothing was started.
const (
	PhaseNone     Phase = ""
	PhaseStarting Phase = "starting" // the request to start was possibly sent; its response is not known
	PhaseStarted  Phase = "started"  // the run is known, its end is not
	PhaseDone     Phase = "done"     // nothing is left to do
)

// State is what the post step needs to know of the main step. It contains no secret. The zero value means that nothing was
// started.
type State struct {
	Phase Phase `json:"phase"`
	// RunID is 0 until the run is known.
	RunID int64 `json:"run-id,omitempty"`
	// Marker and After find a run whose ID is not known: its cause contains Marker, and its ID is larger than After.
	Marker string `json:"marker,omitempty"`
	After  int64  `json:"after,omitempty"`
	// Retry is the failed run that is retried; 0 for a new run. A retry has no marker.
	Retry int64 `json:"retry,omitempty"`
	// Owned is true for a run that may be canceled.
	Owned bool `json:"owned,omitempty"`
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

// save writes s. It has to come before what s describes.
func (f *stateFile) save(s State) {
	f.State = s
	// A struct of strings and numbers always has a JSON form, which is one line.
	text, _ := json.Marshal(s)
	line := sanitize.BreakCommands(stateKey + "=" + string(text))
	if f.file.path == "" {
		f.file.log.line("state %s", line)
		return
	}
	f.file.append(line + "\n")
}

func (f *stateFile) runStarting(e progress.RunStarting) {
	f.save(State{Phase: PhaseStarting, Marker: e.Marker, After: e.After, Retry: e.Retry})
}

func (f *stateFile) runStarted(run progress.Run) {
	s := f.State
	s.Phase, s.RunID, s.Owned = PhaseStarted, run.ID, run.Origin.Owned()
	f.save(s)
}
