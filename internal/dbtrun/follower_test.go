package dbtrun

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// followerTest is one step against the sandbox.
type followerTest struct {
	name string
	// scenario is the sandbox's; "" is success.
	scenario string
	change   func(*sandbox.Account)
	faults   []sandbox.Fault
	// wrap, unless nil, changes the responses of the sandbox.
	wrap func(http.Handler) http.Handler
	// earlier is a step before, on the same sandbox; nil is none.
	earlier *execution
	// pause is the time between the two steps.
	pause time.Duration
	// attach follows the first run of earlier by its ID.
	attach bool
	execution
	want end
	// wantErr is a part of the error.
	wantErr string
}

// execution is how a step is run.
type execution struct {
	config func(*config.Config, *Job)
	// stop is when the step is stopped; 0 is never.
	stop time.Duration
}

// end is what is left of a step.
type end struct {
	// Outcome is "" if there was no error, or if the step was stopped.
	Outcome  progress.Outcome
	Origin   progress.Origin
	Status   progress.RunStatus
	Retried  int
	Leftover progress.Leftover
	// Cancels has one entry for each run that was started by the API: how often it was canceled.
	Cancels []int
	// Followed is the index of the run in Cancels; -1 when there is none.
	Followed          int
	Warnings, Notices int
	// Notes are the lines for the log.
	Notes []string
}

func runTests(t *testing.T, cases []followerTest) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, tc.run)
		})
	}
}

func (tc followerTest) run(t *testing.T) {
	name := tc.scenario
	if name == "" {
		name = "success"
	}
	scenario, ok := sandbox.Find(name)
	if !ok {
		t.Fatalf("no scenario %q", name)
	}
	if scenario = scenario.Faster(1); tc.change != nil {
		tc.change(&scenario.DBT)
	}
	box := sandbox.New(scenario)
	handler := box.DBT()
	if tc.wrap != nil {
		handler = tc.wrap(handler)
	}
	s := newServer(t, handler, scenario.DBT)
	if tc.earlier != nil {
		_ = s.newRecorder(tc.earlier.config).run(t.Context(), tc.earlier.stop)
		time.Sleep(tc.pause)
	}
	for _, fault := range tc.faults {
		fault.Service = "dbt"
		box.AddFault(fault)
	}
	r := s.newRecorder(tc.config)
	if tc.attach {
		r.attach(t, box.Runs()[0].ID)
	}
	err := r.run(t.Context(), tc.stop)
	got := endOf(r, box)
	if known, ok := errors.AsType[*progress.StepError](err); ok && tc.stop == 0 {
		got.Outcome = known.Outcome
	}
	if diff := cmp.Diff(tc.want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := errorText(err); !strings.Contains(text, tc.wantErr) || tc.wantErr == "" && text != "" {
		t.Errorf("error is %q, want %q", text, tc.wantErr)
	}
}

func endOf(r *recorder, box *sandbox.Sandbox) end {
	run := r.Run()
	e := end{
		Origin: run.Origin, Status: run.Status, Retried: len(r.Retried()), Leftover: r.Leftover(), Followed: -1,
		Warnings: len(r.warnings), Notices: len(r.notices),
	}
	for _, event := range r.events {
		if note, ok := event.(progress.Noted); ok {
			e.Notes = append(e.Notes, note.Text)
		}
	}
	for i, started := range box.Runs() {
		e.Cancels = append(e.Cancels, started.Cancels)
		if started.ID == run.ID {
			e.Followed = i
		}
	}
	return e
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func fault(operation string, kind sandbox.FaultKind, acted bool) sandbox.Fault {
	return sandbox.Fault{Operation: operation, Kind: kind, Processed: acted}
}
