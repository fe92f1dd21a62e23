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
	PhaseStarting Phase = "starting" // the start may have been sent; its answer is not known
	PhaseStarted  Phase = "started"  // the run is known, its end is not
	PhaseDone     Phase = "done"     // nothing is left to do
)

// State is what the post step needs to know of the main step. It holds no secret. The zero value says that nothing was started.
type State struct {
	Phase Phase `json:"phase"`
	// RunID is 0 until the run is known.
	RunID int64 `json:"run-id,omitempty"`
	// Marker and After find a run whose ID is not known: its cause holds Marker, and it is newer than After.
	Marker string `json:"marker,omitempty"`
	After  int64  `json:"after,omitempty"`
	// Retry is the failed run that is taken up again; 0 for a new one. A retry carries no marker.
	Retry int64 `json:"retry,omitempty"`
	// Owned is true for a run that may be cancelled.
	Owned bool `json:"owned,omitempty"`
}

// stateKey is the one key of the state: all of it changes in one line, or nothing does.
const stateKey = "dbt-run"

// ReadState reads, in the post step, what the main step saved. It is the zero State when nothing was, or nothing readable:
// what is not certain is not cancelled.
//
// See https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
func ReadState(getenv func(string) string) State {
	var s State
	if json.Unmarshal([]byte(strings.TrimSpace(getenv("STATE_"+stateKey))), &s) != nil {
		return State{}
	}
	return s
}

// save writes the state before anything that it speaks of happens.
func (r *Report) save(s State) {
	r.state = s
	// A struct of strings and numbers always has a JSON form, and it is one line.
	text, _ := json.Marshal(s)
	line := sanitize.BreakCommands(stateKey + "=" + string(text))
	if r.stateFile.path == "" {
		r.log.line("state %s", line)
		return
	}
	r.warnOnce("the state, without which the post step can't cancel a run that is left behind", r.stateFile.append(line+"\n"))
}

func (r *Report) starting(e progress.RunStarting) {
	r.save(State{Phase: PhaseStarting, Marker: e.Marker, After: e.After, Retry: e.Retry})
}

func (r *Report) started(run progress.Run) {
	s := r.state
	s.Phase, s.RunID, s.Owned = PhaseStarted, run.ID, run.Owned
	r.save(s)
}
