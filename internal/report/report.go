// Package report writes the log, the masks, the annotations, the outputs, the state, and the job summary.
//
// It takes events while the step is in progress ([Report] is a [progress.Observer]), then the [progress.Result], from
// which it derives the output message, the advice, and the exit code. In the post step, it takes a [Cleanup]. What it
// shows at the end is in the result.
//
// It must never send a request, wait, or change the outcome: what can't be written is a warning. It must never write a
// secret, or a text from outside that did not go through package sanitize, because a runner reads commands from all
// output.
package report

import (
	"io"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// Report is a [progress.Observer] that also renders the result. Observe is safe for concurrent use, because events come from
// many goroutines; the other methods are not.
type Report struct {
	mu        sync.Mutex // serializes events
	log       *logger
	outputs   outputs
	state     stateFile
	summary   summaryFile
	run       runLog
	refreshes refreshLog
	attempts  attemptLog
}

// New returns a Report that writes to w and to the files that GITHUB_OUTPUT, GITHUB_STATE, and GITHUB_STEP_SUMMARY name; if
// one is unset, it writes its content to w.
//
// See https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
func New(w io.Writer, getenv func(string) string) *Report {
	log := newLogger(w, getenv)
	file := func(variable, content string) runnerFile {
		return runnerFile{path: getenv(variable), content: content, log: log}
	}
	return &Report{
		log:       log,
		outputs:   outputs{file: file("GITHUB_OUTPUT", "the outputs"), log: log, written: map[string]string{}},
		state:     stateFile{file: file("GITHUB_STATE", "the state, without which the post step can't cancel a run that is left behind")},
		summary:   summaryFile{file("GITHUB_STEP_SUMMARY", "the job summary")},
		run:       runLog{log: log},
		refreshes: refreshLog{log: log},
		attempts:  attemptLog{log: log},
	}
}

// Mask keeps secrets out of everything that is written from now on. It has to come before everything else. Empty secrets are
// ignored.
func (r *Report) Mask(secrets ...string) { r.log.mask(secrets...) }

// Observe implements [progress.Observer]. It returns when everything that e requires is on disk.
func (r *Report) Observe(e progress.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case progress.SecretCreated:
		r.Mask(e.Value)
	case progress.RequestMade:
		if r.log.debug {
			r.log.debugEvent(requestText(sanitize.RedactAll(r.log.clean, e)))
		}
	case progress.RunStarting:
		// The post step searches for exactly this marker.
		r.state.runStarting(e)
	default:
		r.handle(sanitize.RedactAll(r.log.clean, e), time.Now())
	}
}

// handle writes what an event without secrets requires, at the time now.
func (r *Report) handle(e progress.Event, now time.Time) {
	switch e := e.(type) {
	case progress.JobFound:
		r.run.jobFound(e.Job)
	case progress.TableauReady:
		r.outputs.setRefreshes(e.Refreshes)
		r.refreshes.selected(e)
		r.outputs.writeEarly()
	case progress.Discovered:
		r.outputs.setRefreshes(e.Refreshes)
		r.refreshes.discovered(e.Discovery)
		r.outputs.writeEarly()
	case progress.RunStarted:
		r.state.runStarted(e.Run)
		r.outputs.writeRun(e.Run)
		r.run.start(e.Run, now)
	case progress.RunProgressed:
		r.outputs.writeRun(e.Run)
		r.run.update(e.Run, now)
	case progress.CommandsRead:
		r.outputs.writeRun(e.Run)
		r.run.commandsRead(e.Run, now)
	case progress.RefreshesStarting:
		r.refreshes.start(e, r.outputs.pending(), now)
	case progress.RefreshChanged:
		r.outputs.setRefresh(e.Index, e.Refresh)
		r.refreshes.update(e.Refresh, now)
	case progress.RefreshesWaiting:
		r.refreshes.heartbeat(e, now)
		r.outputs.writeEarly()
	case progress.AttemptFailed:
		r.attempts.update(e, now)
	case progress.Stopping:
		r.attempts.stop(now)
		r.log.event("stopping: %v", e.Cause)
		// The process can be killed before its end.
		r.outputs.writeNow()
	case progress.RunCancelled:
		r.run.cancelled(e)
	case progress.Noted:
		r.log.event("%s", sanitize.Truncate(e.Text, noteLimit))
	case progress.Warned:
		r.log.event("warning: %s", e.Text)
	}
}
