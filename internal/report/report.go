// Package report writes the log, the masks, the annotations, the outputs, the state, and the job summary.
//
// It takes events while the step is in progress ([Report] is a [progress.Observer]), then the [progress.Result], from
// which it derives the output message, the advice, and the exit code. In the post step, it takes a [Cleanup].
//
// It must never send a request, wait, or change the outcome: what can't be written is a warning. It must never write a
// secret, or a text from outside that did not go through package sanitize, because a runner reads commands from all
// output.
package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
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
	summary   runnerFile
	run       runLog
	refreshes refreshLog
	attempts  attemptLog
}

// New returns a Report that writes to w and to the files in GITHUB_OUTPUT, GITHUB_STATE, and GITHUB_STEP_SUMMARY; if one is
// unset, it writes its content to w.
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
		state:     stateFile{file: file("GITHUB_STATE", "the state, without which the post step can't cancel a leftover run")},
		summary:   file("GITHUB_STEP_SUMMARY", "the job summary"),
		run:       runLog{log: log},
		refreshes: refreshLog{log: log},
		attempts:  attemptLog{log: log},
	}
}

// Mask keeps secrets out of everything that is written from now on. Call it before everything else. Empty secrets are ignored.
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
			text := requestText(sanitize.RedactAll(r.log.clean, e))
			r.log.command("debug", "", r.log.elapsed()+"  "+r.log.clean.Line(text, lineLimit))
		}
	case progress.RunStarting:
		// Not redacted: the post step searches for exactly this marker.
		r.state.save(State{Phase: PhaseStarting, Marker: e.Marker, After: e.After, Retry: e.Retry})
	default:
		r.handle(sanitize.RedactAll(r.log.clean, e), time.Now())
	}
}

// handle writes what an event without secrets requires, at the time now.
func (r *Report) handle(e progress.Event, now time.Time) {
	switch e := e.(type) {
	case progress.JobFound:
		r.run.jobFound(e.Job)
	case progress.TableauChecked:
		r.outputs.setRefreshes(e.Refreshes)
		r.refreshes.selected(e)
		r.outputs.writeEarly(false)
	case progress.Discovered:
		r.outputs.setRefreshes(e.Refreshes)
		r.refreshes.discovered(e.Discovery)
		r.outputs.writeEarly(false)
	case progress.RunStarted:
		started := r.state.State
		started.Phase, started.RunID, started.Owned = PhaseStarted, e.Run.ID, e.Run.Origin.Owned()
		r.state.save(started)
		r.outputs.writeRun(e.Run)
		r.run.start(e.Run, now)
	case progress.RunProgressed:
		r.outputs.writeRun(e.Run)
		r.run.update(e.Run, now)
	case progress.CommandsRead:
		r.outputs.writeRun(e.Run)
		for _, line := range commandLines(e.Run.Commands, now) {
			r.log.line("%s", line)
		}
	case progress.RefreshesStarting:
		r.refreshes.start(e, r.outputs.refreshes, now)
	case progress.RefreshChanged:
		r.outputs.setRefresh(e.Index, e.Refresh)
		r.refreshes.update(e.Refresh, now)
	case progress.RefreshesWaiting:
		r.refreshes.heartbeat(e, now)
		r.outputs.writeEarly(false)
	case progress.AttemptFailed:
		r.attempts.update(e, now)
	case progress.Stopping:
		r.attempts.stop(now)
		r.log.event("stopping: %v", e.Cause)
		r.outputs.writeEarly(true) // the process can be killed before its end
	case progress.RunCancelled:
		if e.Err != nil {
			r.log.event("failed to cancel dbt run %d: %v", e.ID, e.Err)
		} else {
			r.log.event("dbt accepted the request to cancel run %d", e.ID)
		}
	case progress.Noted:
		r.log.event("%s", sanitize.Truncate(e.Text, noteLimit))
	case progress.Noticed:
		r.log.annotate("notice", "", e.Text)
	case progress.Warned:
		r.log.annotate("warning", "", e.Text)
	}
}

// Finish writes everything that is known at the end: outputs, summary, state, and errors, then the message as the last line of
// the log. It returns the exit code. The state does not change while a run is possibly in progress.
func (r *Report) Finish(res progress.Result) int {
	res = sanitize.RedactAll(r.log.clean, res)
	if res.Outcome == progress.OutcomeTimedOut && r.attempts.failureAtStop != "" {
		res.Err = fmt.Errorf("%w; %s", res.Err, r.attempts.failureAtStop)
	}
	res.Began, res.End = cmp.Or(res.Began, r.log.begin), cmp.Or(res.End, time.Now())
	r.outputs.finish(res)
	r.addSummary(page{clean: r.log.clean, res: res}.render())
	if !res.Leftover.ForPost() && r.state.Phase != PhaseNone {
		r.state.save(State{Phase: PhaseDone})
	}
	r.logDetails(res)
	code := 0
	if !res.Outcome.OK() {
		annotate(r.log, res)
		code = 1
	}
	r.log.timedLine(fmt.Sprintf("%s: %s", res.Outcome, message(res)))
	return code
}

// logDetails logs what is collapsed: the tests that warned, and the end of the log of a step that failed without failed nodes.
func (r *Report) logDetails(res progress.Result) {
	if n := len(res.WarnedTests); n > 0 {
		r.log.group(progress.Count(n, "dbt test")+" warned", limitLines(res.WarnedTests, maxListed, "", failureText))
	}
	if s := failedStep(res.Run); s != nil && s.Log != "" && len(res.Failures) == 0 {
		title := fmt.Sprintf("last log lines of step %d (%s)", s.Index, quoteName(stepName(*s)))
		r.log.group(title, r.log.clean.Tail(s.Log, progress.LogTail, lineLimit))
	}
}

// Invalid reports invalid inputs, joined by [errors.Join], and returns the exit code. Nothing has been started then.
func (r *Report) Invalid(err error) int {
	return r.Finish(progress.Result{Outcome: progress.OutcomeInvalidInput, Err: err})
}

// Cleanup is what the post step found and did about a dbt run that the main step left in progress.
type Cleanup struct {
	RunID     int64 // 0 if no run was found
	URL       string
	Status    string // of the run as last seen; "" if unknown
	Cancelled bool   // whether dbt accepted the request to cancel the run
	Err       error  // why the search for the run, or its cancellation, failed
}

// Post reports a Cleanup in the log and the job summary. Call it only if the main step possibly left a run in progress.
func (r *Report) Post(c Cleanup) {
	c = sanitize.RedactAll(r.log.clean, c)
	text, icon := postText(c)
	if c.Err != nil {
		r.log.annotate("warning", "", strings.TrimSuffix(text+"\nRun: "+c.URL, "\nRun: "))
	} else {
		r.log.timedLine(text)
	}
	if c.RunID == 0 && c.Err == nil {
		return
	}
	markdown := "### " + icon + " Cleanup\n\n" + r.log.clean.Markdown(capitalize(text), lineLimit)
	if url := r.log.clean.URL(c.URL); url != "" {
		markdown += fmt.Sprintf(" ([run %d](%s))", c.RunID, url)
	}
	r.addSummary(markdown + "\n")
}

func postText(c Cleanup) (text, icon string) {
	run := fmt.Sprintf("dbt run %d", c.RunID)
	switch {
	case c.Err != nil && c.RunID == 0:
		text := "check the job's runs in dbt, and cancel any run that should not continue. "
		return fmt.Sprintf("%sThe search for a leftover dbt run failed: %v", text, c.Err), "⚠️"
	case c.Err != nil:
		return fmt.Sprintf("%s might still be in progress. Cancel it in dbt. Error: %v", run, c.Err), "⚠️"
	case c.RunID == 0:
		return "no leftover dbt run was found", "✅"
	case c.Cancelled:
		return run + " was canceled by the post step, because the main step could not", "🛑"
	}
	return fmt.Sprintf("%s already finished, nothing to cancel (status: %s)", run, c.Status), "✅"
}
