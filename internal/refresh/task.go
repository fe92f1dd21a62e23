package refresh

import (
	"context"
	"errors"
	"slices"

	"dbt-tableau-refresh/internal/tableau"
)

// taskKind is a kind of request.
type taskKind int

const (
	taskStart       taskKind = iota // start the refresh
	taskPollJob                     // query the target's job, or the one in its way
	taskFindBlocker                 // search for the job in its way
	taskListJobs                    // list the jobs of all targets
)

// task is a request to send for a target, or for all of them.
type task struct {
	kind   taskKind
	target *targetState // nil for taskListJobs
}

// taskResult is the response to a task.
type taskResult struct {
	task
	job tableau.Job
	// listed are the jobs of a list, by their LUIDs in lower case.
	listed map[string]tableau.ListedJob
	err    error
	// unconfirmed is why a success of Tableau Bridge can't be confirmed; nil when there is nothing to confirm.
	unconfirmed error
}

// requestFunc sends the request of a task. It uses no state of the target, which may change meanwhile.
type requestFunc func(context.Context, *tableau.Client) taskResult

// request returns how a task other than a start is done.
func (s *scheduler) request(k task) requestFunc {
	switch k.kind {
	case taskPollJob:
		return pollRequest(*k.target.job)
	case taskFindBlocker:
		return findRequest(k.target.Start)
	}
	since := s.poller.oldest()
	return func(ctx context.Context, client *tableau.Client) (r taskResult) {
		r.listed, r.err = client.JobsSince(ctx, since)
		return r
	}
}

func startRequest(t *targetState) requestFunc {
	target, known := t.Start, slices.Clone(t.item.jobs)
	return func(ctx context.Context, client *tableau.Client) (r taskResult) {
		r.job, r.err = client.Start(ctx, target, known...)
		return r
	}
}

func pollRequest(polled polledJob) requestFunc {
	return func(ctx context.Context, client *tableau.Client) (r taskResult) {
		r.job, r.err = client.Job(ctx, polled.id, polled.acceptedAt)
		if r.err == nil && polled.bridge {
			r.job, r.err = client.ConfirmBridgeJob(ctx, r.job)
		}
		if errors.Is(r.err, tableau.ErrJobListDenied) || errors.Is(r.err, tableau.ErrJobNotListed) {
			r.unconfirmed, r.err = r.err, nil
		}
		return r
	}
}

func findRequest(target tableau.Target) requestFunc {
	return func(ctx context.Context, client *tableau.Client) (r taskResult) {
		r.job, r.err = client.ActiveJob(ctx, target)
		return r
	}
}

// maxInFlight is how many requests to Tableau are in flight at most.
const maxInFlight = 10

// requests sends requests, each in its own goroutine.
type requests struct {
	client   *tableau.Client
	inFlight int
	results  chan taskResult
}

func newRequests(client *tableau.Client) requests {
	return requests{client: client, results: make(chan taskResult, maxInFlight)}
}

// free reports whether one more request can be sent.
func (q *requests) free() bool { return q.inFlight < maxInFlight }

func (q *requests) send(ctx context.Context, k task, request requestFunc) {
	q.inFlight++
	go func() {
		r := request(ctx, q.client)
		r.task = k
		q.results <- r
	}()
}
