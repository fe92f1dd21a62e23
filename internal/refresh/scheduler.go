package refresh

import (
	"context"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// scheduler decides which request is sent when. What is active or finished follows from the phases of the targets.
type scheduler struct {
	options Options
	targets []*targetState
	// inPhase counts the targets in each phase.
	inPhase [phaseCount]int
	// startQueue are the targets to start, taskQueue are other requests to send, both in this order.
	startQueue []*targetState
	taskQueue  []task
	// nextRetry is not later than the first retryAt; zero when there is none.
	nextRetry    time.Time
	poller       poller
	requests     requests
	lastProgress time.Time
}

func newScheduler(client *tableau.Client, targets []Target, options Options) *scheduler {
	now := client.ServerTime()
	s := &scheduler{
		options: options, targets: newTargets(targets, now.Add(-options.DataAge)), poller: newPoller(options.PollInterval, now),
		requests: requests{client: client, results: make(chan taskResult, maxInFlight)},
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
		s.taskQueue = append(s.taskQueue, task{taskFindBlocker, t})
	}
}

// run returns when every target has ended, or with the first error that concerns all of them.
func (s *scheduler) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for {
		wake := s.queueDue(time.Now())
		s.send(ctx)
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

// finished reports whether nothing more can happen. A target that waits for one that is never started is not started either.
func (s *scheduler) finished() bool {
	ended := s.inPhase[phaseWaiting] + s.inPhase[phaseBlocked] + s.inPhase[phaseDone]
	return ended == len(s.targets) && s.requests.inFlight == 0 && len(s.taskQueue) == 0
}

// queueDue queues what is due by now, and returns when to try again if nothing happens before; zero means never.
func (s *scheduler) queueDue(now time.Time) (wake time.Time) {
	if !s.nextRetry.IsZero() && !s.nextRetry.After(now) {
		s.queueRetries(now)
	}
	polls, next := s.poller.plan(now)
	s.taskQueue = append(s.taskQueue, polls...)
	return earlier(next, s.nextRetry)
}

// queueRetries queues the targets whose retryAt has come, the earliest first.
func (s *scheduler) queueRetries(now time.Time) {
	var due []*targetState
	s.nextRetry = time.Time{}
	for _, t := range s.targets {
		switch {
		case t.phase != phaseRetryLater:
		case t.retryAt.After(now):
			s.nextRetry = earlier(s.nextRetry, t.retryAt)
		default:
			due = append(due, t)
		}
	}
	slices.SortStableFunc(due, func(a, b *targetState) int { return a.retryAt.Compare(b.retryAt) })
	for _, t := range due {
		s.enter(t, phaseQueued)
	}
}

// send sends what can be sent now, starts first.
func (s *scheduler) send(ctx context.Context) {
	for s.requests.free() && len(s.startQueue) > 0 && s.mayStart() {
		t := s.startQueue[0]
		s.startQueue = s.startQueue[1:]
		if t.item.isStarting() {
			s.enter(t, phaseSameItemStarting)
			continue
		}
		s.enter(t, phaseStarting)
		s.requests.send(ctx, s.newRequest(task{taskStart, t}))
	}
	for s.requests.free() && len(s.taskQueue) > 0 {
		s.requests.send(ctx, s.newRequest(s.taskQueue[0]))
		s.taskQueue = s.taskQueue[1:]
	}
}

// mayStart reports whether MaxParallel permits one more refresh.
func (s *scheduler) mayStart() bool {
	return s.options.MaxParallel == 0 || s.inPhase[phaseStarting]+s.inPhase[phasePolling] < s.options.MaxParallel
}

// await handles the next response, or returns when it is time to wake.
func (s *scheduler) await(ctx context.Context, wake time.Time) error {
	var alarm <-chan time.Time
	if s.requests.free() && !wake.IsZero() {
		timer := time.NewTimer(time.Until(wake))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case r := <-s.requests.results:
		s.requests.inFlight--
		return s.handle(r)
	case <-alarm:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drain handles the responses that are still in flight: a job that was accepted must not be forgotten.
func (s *scheduler) drain() {
	for ; s.requests.inFlight > 0; s.requests.inFlight-- {
		_ = s.handle(<-s.requests.results) // the error that ended the run counts
	}
}

// reportProgress keeps the log alive.
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
