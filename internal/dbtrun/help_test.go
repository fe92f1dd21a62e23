package dbtrun

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// server is a dbt account in memory with one job.
type server struct {
	client *dbt.Client
	jobID  int64
}

// newServer serves handler. Use it inside a synctest bubble.
func newServer(t *testing.T, handler http.Handler, account sandbox.Account) server {
	t.Helper()
	const address = "127.0.0.1:80"
	network := sandbox.NewNetwork()
	listener := network.Listen(address)
	httpServer := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = httpServer.Serve(listener) })
	options := rest.Options{Base: &url.URL{Scheme: "http", Host: address}, Dial: network.DialContext}
	client, err := dbt.New(options, account.Token, account.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		_ = httpServer.Close()
		serving.Wait()
	})
	return server{client: client, jobID: account.Jobs[0].ID}
}

// recorder is a Follower with all that it reports.
type recorder struct {
	*Follower
	events     []progress.Event
	warnings   []string
	notices    []string
	activities []string
}

// newRecorder returns a Follower whose inputs have their defaults, except for what change sets.
func (s server) newRecorder(change func(*config.Config, *Job)) *recorder {
	c := &config.Config{CancelDBTRun: true, DBT: config.DBT{JobID: s.jobID, Wait: true, Cause: "a test", MaxAge: 6 * time.Hour}}
	c.Step = config.Step{RunID: "4711", RunAttempt: "1", StepKey: "refresh"}
	job := Job{ID: s.jobID, NewestRunID: 1}
	if change != nil {
		change(c, &job)
	}
	r := &recorder{}
	r.Follower = New(s.client, c, job, Hooks{
		Observe:     func(e progress.Event) { r.events = append(r.events, e) },
		Warn:        func(text string) { r.warnings = append(r.warnings, text) },
		Notify:      func(text string) { r.notices = append(r.notices, text) },
		SetActivity: func(text string) { r.activities = append(r.activities, text) },
	})
	return r
}

// run obtains a run and follows it, as the step does. After stop, it gives up and cleans up within two seconds; 0 is never.
func (r *recorder) run(ctx context.Context, stop time.Duration) error {
	cleanup := context.WithoutCancel(ctx)
	if stop > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, stop, errors.New("stopped"))
		defer cancel()
	}
	err := r.Obtain(ctx)
	if err == nil && r.config.DBT.Wait {
		err = r.Follow(ctx)
	}
	if ctx.Err() != nil {
		cleanup, cancel := context.WithTimeout(cleanup, 2*time.Second)
		defer cancel()
		r.Cancel(cleanup)
	}
	return err
}

// attach makes a Follower follow the run that dbt-run-id would name.
func (r *recorder) attach(t *testing.T, id int64) {
	t.Helper()
	run, err := r.client.FindRun(t.Context(), id, rest.Preflight)
	if err != nil {
		t.Fatal(err)
	}
	r.config.DBT.RunID, r.job.Attached = id, run
}
