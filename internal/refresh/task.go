package refresh

import (
	"context"
	"errors"
	"slices"
	"time"

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

// request is a task with a copy of what it needs. The state of its target may change while it is in flight.
type request struct {
	task
	start  tableau.Target
	known  []string // the LUIDs of jobs that came from earlier starts
	polled polledJob
	since  time.Time // for a list, on Tableau's clock
}

func (s *scheduler) newRequest(k task) request {
	if k.kind == taskListJobs {
		return request{task: k, since: s.poller.oldest()}
	}
	r := request{task: k, start: k.target.Start, known: slices.Clone(k.target.item.jobs)}
	if k.kind == taskPollJob {
		r.polled = *k.target.job
	}
	return r
}

func (r request) do(ctx context.Context, client *tableau.Client) (result taskResult) {
	result.task = r.task
	switch r.kind {
	case taskStart:
		result.job, result.err = client.Start(ctx, r.start, r.known...)
	case taskPollJob:
		result.job, result.err = client.Job(ctx, r.polled.id, r.polled.acceptedAt)
		if result.err == nil && r.polled.bridge {
			result.job, result.err = client.ConfirmBridgeJob(ctx, result.job)
		}
		if errors.Is(result.err, tableau.ErrJobListDenied) || errors.Is(result.err, tableau.ErrJobNotListed) {
			result.unconfirmed, result.err = result.err, nil
		}
	case taskFindBlocker:
		result.job, result.err = client.ActiveJob(ctx, r.start)
	case taskListJobs:
		result.listed, result.err = client.JobsSince(ctx, r.since)
	}
	return result
}

// maxInFlight is how many requests to Tableau are in flight at most.
const maxInFlight = 10

// requests sends requests, each in its own goroutine.
type requests struct {
	client   *tableau.Client
	inFlight int
	results  chan taskResult
}

// free reports whether one more request can be sent.
func (q *requests) free() bool { return q.inFlight < maxInFlight }

func (q *requests) send(ctx context.Context, r request) {
	q.inFlight++
	go func() { q.results <- r.do(ctx, q.client) }()
}
