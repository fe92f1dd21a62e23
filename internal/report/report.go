package report

import (
	"io"
	"strings"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// Report is a [pipeline.Observer] that also renders the result. Observe is safe for concurrent use: the events
// of the services and of the phases come from many goroutines. The other methods are not.
type Report struct {
	mu        sync.Mutex // serializes events
	log       *printer
	out       outputs
	stateFile file
	summary   file
	secrets   []string
	debug     bool // step debug logging is on
	state     State
	run       runLog
	refreshes refreshLog
	attempt   attemptLog
	// failure is what was being waited out when the step was stopped.
	failure string
	// failing holds what could not be written, so that it is said once.
	failing map[string]bool
}

// New writes to w and, through getenv, to the files that GITHUB_OUTPUT, GITHUB_STATE and GITHUB_STEP_SUMMARY name; where
// one is unset it prints instead. Where no runner reads the log, no commands are written to it.
//
// See https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
func New(w io.Writer, getenv func(string) string) *Report {
	log := newPrinter(w, getenv)
	return &Report{
		log:       log,
		out:       outputs{file: file{path: getenv("GITHUB_OUTPUT")}, log: log, set: map[string]string{}},
		stateFile: file{path: getenv("GITHUB_STATE")},
		summary:   file{path: getenv("GITHUB_STEP_SUMMARY")},
		debug:     getenv("RUNNER_DEBUG") == "1",
		failing:   map[string]bool{},
	}
}

// Mask keeps secrets out of everything that is printed from now on; call it first. Empty ones are skipped.
func (r *Report) Mask(secrets ...string) {
	var fresh []string
	for _, s := range secrets {
		// Masking white space would only bring a warning.
		if strings.TrimSpace(s) != "" {
			fresh = append(fresh, s)
		}
	}
	r.secrets = append(r.secrets, fresh...)
	r.log.mask(r.secrets, fresh...)
}

// Observe implements [pipeline.Observer]. It returns when what has to be on disk is there.
func (r *Report) Observe(e progress.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case progress.SecretCreated:
		r.Mask(e.Value)
	case progress.RequestMade:
		if r.debug {
			r.log.debug(requestText(sanitize.RedactAll(r.log.clean, e)))
		}
	case progress.RunStarting:
		// The post step looks for the marker to the letter.
		r.starting(e)
	default:
		r.tell(sanitize.RedactAll(r.log.clean, e))
	}
}

// tell passes on what happens, to all who write of it.
func (r *Report) tell(e progress.Event) {
	now := time.Now()
	switch e := e.(type) {
	case progress.JobFound:
		r.job(e.Job)
	case progress.TableauReady:
		r.site(e)
	case progress.Discovered:
		r.discovered(e)
	case progress.RunStarted:
		r.started(e.Run)
		r.publish(r.out.run(e.Run))
		r.run.begin(r.log, e.Run, now)
	case progress.RunProgressed:
		r.publish(r.out.run(e.Run))
		r.run.look(r.log, e.Run, now)
	case progress.RefreshesStarting:
		r.refreshes.begin(r.log, e, r.out.open(), now)
	case progress.RefreshChanged:
		r.out.put(e.Index, e.Refresh)
		r.refreshes.change(r.log, e.Refresh, now)
	case progress.RefreshesWaiting:
		r.refreshes.wait(r.log, e, now)
		r.warnOnce("the outputs", r.out.early())
	case progress.AttemptFailed:
		r.attempt.failed(r.log, e, now)
	case progress.Stopping:
		r.failure = r.attempt.open(now)
		r.log.event("stopping: %v", e.Cause)
		// The process may not live to the end.
		r.warnOnce("the outputs", r.out.now())
	case progress.RunCancelled:
		r.cancelled(e)
	case progress.Noted:
		r.log.event("%s", sanitize.Truncate(e.Text, noteLimit))
	case progress.Warned:
		r.log.event("warning: %s", e.Text)
	}
}

func (r *Report) cancelled(e progress.RunCancelled) {
	if e.Err != nil {
		r.log.event("failed to cancel dbt run %d: %v", e.ID, e.Err)
		return
	}
	r.log.event("asked dbt to cancel run %d", e.ID)
}

func (r *Report) publish(values map[string]string) {
	if r.out.file.path == "" {
		return // the log has them; the end prints them all
	}
	r.warnOnce("the outputs", r.out.write(values))
}

// warnOnce says that something could not be written. It never changes a verdict.
func (r *Report) warnOnce(what string, err error) {
	if err == nil || r.failing[what] {
		return
	}
	r.failing[what] = true
	r.log.warn("failed to write " + what + ": " + err.Error())
}
