package pipeline

import (
	"errors"
	"net/url"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

type deaf struct{}

func (deaf) Observe(progress.Event) {}

// TestStartRun_unreachable: only what was never started failed before its flight.
func TestStartRun_unreachable(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		retry int64
		want  progress.Outcome
	}{
		{"first_run", 0, progress.OutcomePreflightFailed},
		{"retry", 4711, progress.OutcomeError},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				nobody := rest.Options{Base: &url.URL{Scheme: "http", Host: "127.0.0.1:80"}, Dial: sandbox.NewNetwork().DialContext}
				client, err := dbt.New(nobody, "token", 1)
				if err != nil {
					t.Fatal(err)
				}
				s := &story{dbt: client, observer: deaf{}, start: dbt.StartRequest{JobID: 7, RetryRunID: tc.retry}}
				err = s.startRun(t.Context())
				if known, ok := errors.AsType[*progress.StepError](err); !ok || known.Outcome != tc.want {
					t.Errorf("startRun() = %v, want the outcome %s", err, tc.want)
				}
				if s.unanswered || s.result.Run.ID != 0 {
					t.Error("a run is thought of that nobody started")
				}
			})
		})
	}
}

// TestStartFailure tells a dbt that could not be reached from one that refused, and from one that may have started.
func TestStartFailure(t *testing.T) {
	t.Parallel()

	lost := &rest.TransportError{Service: "dbt", Sent: true, Err: errors.New("EOF")}
	cases := []struct {
		name string
		err  error
		want progress.Outcome
	}{
		{"not_reached", &rest.TransportError{Service: "dbt", Err: errors.New("refused")}, progress.OutcomePreflightFailed},
		{"not_trusted", &rest.CertificateError{Err: errors.New("unknown authority")}, progress.OutcomePreflightFailed},
		{"refused", &rest.StatusError{Status: 400}, progress.OutcomeError},
		{"unanswered", &rest.UnknownError{Err: lost}, progress.OutcomeError},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if known, ok := errors.AsType[*progress.StepError](startFailure(tc.err)); !ok || known.Outcome != tc.want {
				t.Errorf("startFailure(%v) has not the outcome %s", tc.err, tc.want)
			}
		})
	}
}
