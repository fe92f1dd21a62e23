package refresh

import (
	"cmp"
	"slices"
	"time"
)

// poller decides when jobs are polled. Many jobs are polled with one list. Jobs that the list does not show are queried one by
// one, and so are all jobs when they are few or the list can't be had.
type poller struct {
	// interval is the fixed time between two polls; zero chooses it for each job.
	interval time.Duration
	// beganAt stands for the unknown creation time of a job, on Tableau's clock.
	beganAt time.Time
	// jobs are in the order in which Tableau probably runs them.
	jobs []*polledJob
	// listPausedUntil is when the list may be requested again after a failure.
	listPausedUntil time.Time
	// listedAt is when the list was last requested; listInFlight is true until its response.
	listedAt     time.Time
	listInFlight bool
	// nextRound is when the next round of many jobs is due.
	nextRound time.Time
	// queries and lists keep the requests for new jobs, each of which is polled often, from adding up.
	queries, lists limiter
}

// How often all jobs together are polled in the long run, because Tableau Cloud counts the requests of a day. The bursts
// suffice for the first minutes of twenty jobs.
const (
	queryInterval, queryBurst = 900 * time.Millisecond, 450
	listInterval, listBurst   = 4 * time.Second, 20
)

func newPoller(interval time.Duration, beganAt time.Time) poller {
	return poller{
		interval: interval, beganAt: beganAt,
		queries: limiter{interval: queryInterval, burst: queryBurst}, lists: limiter{interval: listInterval, burst: listBurst},
	}
}

// polledJob is a job that a target waits for.
type polledJob struct {
	target *targetState
	id     string
	// createdAt is on Tableau's clock, all other times are not. acceptedAt is zero for a job that the step did not start.
	createdAt, acceptedAt time.Time
	// bridge is true when a success in the list may only mean that Tableau Bridge was given the job.
	bridge bool
	// addedAt is when polling began, polledAt when the job was last polled, queriedAt when it was last queried itself. All are
	// the same before the first poll.
	addedAt, polledAt, queriedAt time.Time
	// unlisted is true when the last list did not show the job.
	unlisted bool
	// inFlight is true until the response to a query of the job itself.
	inFlight bool
}

// listThreshold is how many jobs are queried one by one although they could be listed.
const listThreshold = 5

// add starts polling a job for its target. Jobs are sorted by when they were created, to the second, and then by their
// targets: the response to a start may have been slow.
func (p *poller) add(j *polledJob, now time.Time) {
	if j.createdAt.IsZero() {
		j.createdAt = p.beganAt
	}
	j.addedAt, j.polledAt, j.queriedAt = now, now, now
	j.target.job = j
	i, _ := slices.BinarySearchFunc(p.jobs, j, compareJobs)
	p.jobs = slices.Insert(p.jobs, i, j)
}

func compareJobs(a, b *polledJob) int {
	return cmp.Or(a.createdAt.Compare(b.createdAt), cmp.Compare(a.target.index, b.target.index))
}

// polled notes that the target's job was polled. An ended job is not polled any more.
func (p *poller) polled(t *targetState, ended bool) {
	t.job.inFlight = false
	if !ended {
		return
	}
	i, _ := slices.BinarySearchFunc(p.jobs, t.job, compareJobs)
	p.jobs = slices.Delete(p.jobs, i, i+1)
	t.job = nil
}

// plan returns the polls that are due, and when to plan again if nothing happens before; zero means never.
func (p *poller) plan(now time.Time) (due []task, next time.Time) {
	jobs := p.jobs
	if len(p.jobs) > listThreshold && !now.Before(p.listPausedUntil) {
		jobs = p.unlisted()
		if !p.listInFlight {
			due, next = p.planList(now)
		}
	}
	planQueries := p.planEach
	if len(jobs) > roundThreshold && p.interval == 0 {
		planQueries = p.planRound
	} else {
		p.nextRound = now.Add(roundInterval)
	}
	queries, nextQuery := planQueries(jobs, now)
	return append(due, queries...), earlier(next, nextQuery)
}

// unlisted returns the jobs that the last list did not show.
func (p *poller) unlisted() []*polledJob {
	var jobs []*polledJob
	for _, j := range p.jobs {
		if j.unlisted {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// planList returns the request of a list, or when the next one is due.
func (p *poller) planList(now time.Time) (due []task, next time.Time) {
	for _, j := range p.jobs {
		next = earlier(next, p.nextPoll(j, later(j.addedAt, p.listedAt)))
	}
	if p.interval == 0 {
		next = later(next, p.lists.next())
	}
	if next.After(now) {
		return nil, next
	}
	p.lists.take(now)
	p.listedAt, p.listInFlight = now, true
	return []task{{kind: taskListJobs}}, time.Time{}
}

// planEach polls each job at its own time. Where there are too many, those that were due first are polled first.
func (p *poller) planEach(jobs []*polledJob, now time.Time) (due []task, next time.Time) {
	var dueJobs []*polledJob
	for _, j := range jobs {
		switch at := p.nextPoll(j, j.polledAt); {
		case j.inFlight:
		case at.After(now):
			next = earlier(next, at)
		default:
			dueJobs = append(dueJobs, j)
		}
	}
	slices.SortStableFunc(dueJobs, func(a, b *polledJob) int {
		return p.nextPoll(a, a.polledAt).Compare(p.nextPoll(b, b.polledAt))
	})
	for _, j := range dueJobs {
		if p.interval == 0 && p.queries.next().After(now) {
			return due, p.queries.next()
		}
		p.queries.take(now)
		due = append(due, j.query(now))
	}
	if p.interval == 0 && !next.IsZero() {
		next = later(next, p.queries.next())
	}
	return due, next
}

// planRound polls many jobs in rounds.
func (p *poller) planRound(jobs []*polledJob, now time.Time) (due []task, next time.Time) {
	if p.nextRound.After(now) {
		return nil, p.nextRound
	}
	p.nextRound = now.Add(roundInterval)
	for _, j := range nextRound(jobs) {
		if !j.inFlight {
			due = append(due, j.query(now))
		}
	}
	return due, p.nextRound
}

// nextPoll returns when a job is due after its last poll.
func (p *poller) nextPoll(j *polledJob, last time.Time) time.Time {
	if p.interval > 0 {
		return last.Add(p.interval)
	}
	return last.Add(pollInterval(last.Sub(j.addedAt), len(p.jobs)))
}

// query returns the request of the job itself.
func (j *polledJob) query(now time.Time) task {
	j.polledAt, j.queriedAt, j.inFlight = now, now, true
	return task{taskPollJob, j.target}
}

// oldest returns when the first of the jobs was created, on Tableau's clock; zero when there are none.
func (p *poller) oldest() time.Time {
	if len(p.jobs) == 0 {
		return time.Time{}
	}
	return p.jobs[0].createdAt
}
