package sandbox

import (
	"slices"
	"time"
)

// runStatus is dbt's status code of a run or a step.
type runStatus int

const (
	statusQueued    runStatus = 1
	statusStarting  runStatus = 2
	statusRunning   runStatus = 3
	statusSuccess   runStatus = 10
	statusError     runStatus = 20
	statusCancelled runStatus = 30
)

func (s runStatus) String() string {
	return map[runStatus]string{
		statusQueued: "Queued", statusStarting: "Starting", statusRunning: "Running",
		statusSuccess: "Success", statusError: "Error", statusCancelled: "Cancelled",
	}[s]
}

// run is one dbt run. Only its timeline changes after its creation.
type run struct {
	id, triggerID int64
	job           *Job
	created       time.Time
	trigger       trigger
	body          string
	steps         []Step
	outcome       Outcome
	// retryOf is the ID of the run that this one retries, retriedCommand the command that failed there. Default:
	// none.
	retryOf        int64
	retriedCommand string
	// concurrent is true for runs of pull requests, which do not wait for other runs of the job.
	concurrent bool
	// byClient is true for runs that were started through the API.
	byClient bool
	// canceledAt is when the run is canceled. Default: never. cancels counts the cancel requests.
	canceledAt time.Time
	cancels    int

	timeline timeline
}

// timeline contains the times of the events of a run unless it is canceled. A zero time never comes.
type timeline struct {
	dequeued, started, finished time.Time
	// steps contains the start of each step that starts.
	steps []time.Time
	final runStatus
	// blockers are the runs of the job that must end before this one starts.
	blockers []*run
}

// computeTimelines computes the timelines of all runs. A cancellation only changes the future, so earlier responses remain
// correct.
func (c *dbtCloud) computeTimelines() {
	active := map[int64][]*run{}
	for _, r := range c.runs {
		ahead := active[r.job.ID]
		if r.concurrent {
			ahead = nil
		}
		r.timeline = r.computeTimeline(ahead)
		if !r.concurrent {
			active[r.job.ID] = append(active[r.job.ID], r)
		}
	}
}

func (r *run) computeTimeline(ahead []*run) timeline {
	t := timeline{final: statusSuccess}
	free := r.created
	for _, other := range ahead {
		if other.timeline.finished.After(r.created) {
			t.blockers = append(t.blockers, other)
			free = laterOf(free, other.timeline.finished)
		}
	}
	t.dequeued = free.Add(r.job.QueueTime)
	t.started = t.dequeued.Add(r.job.PrepareTime)
	t.finished = t.started
	for _, step := range r.steps {
		t.steps = append(t.steps, t.finished)
		t.finished = t.finished.Add(step.Duration)
		if r.outcome.fails(step) {
			t.final = statusError
			break
		}
	}
	return t.cancelAt(r.canceledAt)
}

// cancelAt ends the timeline at the time of a cancellation.
func (t timeline) cancelAt(stopped time.Time) timeline {
	if stopped.IsZero() || !stopped.Before(t.finished) {
		return t
	}
	t.final, t.finished = statusCancelled, stopped
	if !t.dequeued.Before(stopped) {
		t.dequeued = time.Time{}
	}
	if !t.started.Before(stopped) {
		t.started = time.Time{}
	}
	t.steps = slices.DeleteFunc(slices.Clone(t.steps), func(begin time.Time) bool { return !begin.Before(stopped) })
	return t
}

// status returns the status of the run now.
func (t timeline) status(now time.Time) runStatus {
	switch {
	case !t.finished.After(now):
		return t.final
	case happened(t.started, now):
		return statusRunning
	case happened(t.dequeued, now):
		return statusStarting
	default:
		return statusQueued
	}
}

// blockedBy returns the IDs of the runs that the run still waits for.
func (t timeline) blockedBy(now time.Time) []int64 {
	ids := []int64{}
	for _, other := range t.blockers {
		if other.timeline.finished.After(now) && t.finished.After(now) {
			ids = append(ids, other.id)
		}
	}
	return ids
}

func happened(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

// ifHappened returns t if it is in the past, or the zero time.
func ifHappened(t, now time.Time) time.Time {
	if happened(t, now) {
		return t
	}
	return time.Time{}
}
