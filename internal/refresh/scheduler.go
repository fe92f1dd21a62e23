package refresh

import (
	"context"
	"errors"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// maxInFlight is the maximum number of concurrent requests to Tableau.
const maxInFlight = 10

// scheduler decides which request is sent when.
type scheduler struct {
	client   *tableau.Client
	options  Options
	targets  []*targetState
	inPhase  [phaseCount]int // the number of targets in each phase
	poller   poller
	inFlight int
	results  chan callResult
	// startQueue contains the targets to start, callQueue other calls to send.
	startQueue   []*targetState
	callQueue    []call
	lastProgress time.Time
}

type callKind int

const (
	callStart       callKind = iota
	callPollJob              // the target's job, or its blocker
	callFindBlocker          // search for the job because of which the start was rejected
	callListJobs             // list the jobs of all targets
)

// call is a request to send for a target, or for all of them.
type call struct {
	kind   callKind
	target *targetState // nil for callListJobs
	since  time.Time    // for callListJobs, on Tableau's clock
}

// callResult is the response to a call.
type callResult struct {
	call
	job    tableau.Job
	listed map[string]tableau.ListedJob // by LUID in lower case
	err    error
	// unconfirmed is why a success of Tableau Bridge can't be confirmed; nil if it is confirmed, or does not need to be.
	unconfirmed error
}

func newScheduler(client *tableau.Client, targets []Target, options Options) *scheduler {
	now := client.ServerTime()
	s := &scheduler{
		client: client, options: options, targets: newTargets(targets, now.Add(-options.DataAge)),
		poller: newPoller(options.PollInterval, now), results: make(chan callResult, maxInFlight),
	}
	s.inPhase[phaseWaiting] = len(targets)
	for _, t := range s.targets {
		if t.Row.Status.Ended() {
			s.end(t)
		}
	}
	for _, t := range s.targets {
		if t.phase == phaseWaiting && t.pendingDependencies == 0 {
			s.enter(t, phaseQueued)
		}
	}
	return s
}

// enter moves a target to a phase, and queues the request that the phase begins with.
func (s *scheduler) enter(t *targetState, p phase) {
	s.inPhase[t.phase]--
	s.inPhase[p]++
	t.phase = p
	switch p {
	case phaseQueued:
		s.startQueue = append(s.startQueue, t)
	case phaseFindingBlocker:
		s.callQueue = append(s.callQueue, call{kind: callFindBlocker, target: t})
	}
}

// run returns when every target has ended, or with the first error that concerns all of them.
func (s *scheduler) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for {
		wake := s.queueDue(time.Now())
		s.sendQueued(ctx)
		if s.finished() {
			return nil
		}
		if err := s.await(ctx, wake); err != nil {
			cancel(err)
			s.drain()
			return err
		}
		s.reportProgress()
	}
}

// finished reports whether nothing more can happen: a target that waits for one that never starts does not start either.
func (s *scheduler) finished() bool {
	ended := s.inPhase[phaseWaiting] + s.inPhase[phaseBlocked] + s.inPhase[phaseDone]
	return ended == len(s.targets) && s.inFlight == 0 && len(s.callQueue) == 0
}

// queueDue queues what is due, and returns when it has to be called again; zero means not before the next response.
func (s *scheduler) queueDue(now time.Time) (wake time.Time) {
	polls, wake := s.poller.takeDue(now)
	s.callQueue = append(s.callQueue, polls...)
	if s.inPhase[phaseRetryLater] > 0 {
		wake = earlier(wake, s.queueRetries(now))
	}
	return wake
}

// queueRetries queues the targets whose retryAt has come, in that order, and returns when the next one is due.
func (s *scheduler) queueRetries(now time.Time) (next time.Time) {
	var due []*targetState
	for _, t := range s.targets {
		switch {
		case t.phase != phaseRetryLater:
		case t.retryAt.After(now):
			next = earlier(next, t.retryAt)
		default:
			due = append(due, t)
		}
	}
	slices.SortStableFunc(due, func(a, b *targetState) int { return a.retryAt.Compare(b.retryAt) })
	for _, t := range due {
		s.enter(t, phaseQueued)
	}
	return next
}

// sendQueued sends what can be sent now, starts first.
func (s *scheduler) sendQueued(ctx context.Context) {
	for s.inFlight < maxInFlight && len(s.startQueue) > 0 && s.canStart() {
		t := s.startQueue[0]
		s.startQueue = s.startQueue[1:]
		if t.item.isStarting() {
			s.enter(t, phaseSameItemStarting)
			continue
		}
		s.enter(t, phaseStarting)
		s.send(ctx, call{kind: callStart, target: t})
	}
	for s.inFlight < maxInFlight && len(s.callQueue) > 0 {
		s.send(ctx, s.callQueue[0])
		s.callQueue = s.callQueue[1:]
	}
}

func (s *scheduler) canStart() bool {
	return s.options.MaxParallel == 0 || s.inPhase[phaseStarting]+s.inPhase[phasePolling] < s.options.MaxParallel
}

// send sends a request. It first copies the state that can change while the request is in flight.
func (s *scheduler) send(ctx context.Context, k call) {
	r := callResult{call: k}
	var request func()
	switch t := k.target; k.kind {
	case callStart:
		known := slices.Clone(t.item.jobs)
		request = func() { r.job, r.err = s.client.Start(ctx, t.Start, known...) }
	case callPollJob:
		id, acceptedAt, bridge := t.job.id, t.job.acceptedAt, t.job.bridge
		request = func() {
			r.job, r.err = s.client.Job(ctx, id, acceptedAt)
			if r.err == nil && bridge {
				r.job, r.err = s.client.ConfirmBridgeJob(ctx, r.job)
			}
			if errors.Is(r.err, tableau.ErrJobListDenied) || errors.Is(r.err, tableau.ErrJobNotListed) {
				r.unconfirmed, r.err = r.err, nil
			}
		}
	case callFindBlocker:
		request = func() { r.job, r.err = s.client.ActiveJob(ctx, t.Start) }
	case callListJobs:
		request = func() { r.listed, r.err = s.client.JobsSince(ctx, k.since) }
	}
	s.inFlight++
	go func() {
		request()
		s.results <- r
	}()
}

// await handles the next response, or returns when it is time to wake.
func (s *scheduler) await(ctx context.Context, wake time.Time) error {
	var alarm <-chan time.Time
	if s.inFlight < maxInFlight && !wake.IsZero() {
		alarm = time.After(time.Until(wake))
	}
	select {
	case r := <-s.results:
		s.inFlight--
		return s.handle(r)
	case <-alarm:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drain handles the responses that are still in flight: a job that was accepted must not be forgotten.
func (s *scheduler) drain() {
	for ; s.inFlight > 0; s.inFlight-- {
		_ = s.handle(<-s.results) // only the error that ended the run counts
	}
}

// reportProgress prevents long silence in the log.
func (s *scheduler) reportProgress() {
	if time.Since(s.lastProgress) < time.Second {
		return
	}
	s.lastProgress = time.Now()
	var counts progress.RefreshesWaiting
	for _, t := range s.targets {
		switch {
		case t.Row.Status.Ended():
			counts.Ended++
		case t.Row.Status == progress.StatusNotStarted:
			counts.NotStarted++
		case t.Row.Running.IsZero():
			counts.Queued++
		default:
			counts.Running++
		}
	}
	s.options.Observer.Observe(counts)
}
