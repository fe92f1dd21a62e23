package refresh

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// poller decides when jobs are polled. Many jobs are polled with one list. Jobs that the list does not show are queried one by
// one, and so are all jobs if they are few or the list is not available.
type poller struct {
	interval time.Duration // between two polls; zero chooses it for each job
	beganAt  time.Time     // replaces an unknown creation time of a job, on Tableau's clock
	jobs     []*polledJob  // in the order in which Tableau probably runs them
	// listPausedUntil is when the list can be requested again after a failure.
	listPausedUntil time.Time
	listedAt        time.Time // when the list was last requested
	listInFlight    bool
	nextRound       time.Time
	// queries and lists limit the requests if new jobs, each of which is polled often, are added all the time.
	queries, lists limiter
}

// The rates at which all jobs together are polled in the long run, because Tableau Cloud limits the requests per day. The
// bursts suffice for the first minutes of twenty jobs.
const (
	queryInterval, queryBurst = 900 * time.Millisecond, 450
	listInterval, listBurst   = 4 * time.Second, 20
)

// Up to listThreshold jobs, each is queried, even if a list is available. Without a list, more than roundThreshold jobs are
// queried in rounds, and ten rounds query each job at least once.
const (
	listThreshold  = 5
	roundThreshold = 20
	roundInterval  = 30 * time.Second
	roundsPerTurn  = 10
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
	// createdAt is on Tableau's clock, all other times are local. acceptedAt is zero for a job that the step did not start.
	createdAt, acceptedAt time.Time
	// bridge is true if a success in the list might only mean that the job was handed to Tableau Bridge.
	bridge bool
	// addedAt is when polling began, polledAt when the job was last listed or queried, and queriedAt when it was last queried.
	addedAt, polledAt, queriedAt time.Time
	unlisted                     bool // in the last list
	inFlight                     bool // a query
}

// add starts polling a job for its target. Jobs are sorted by creation time, which has no fractions of a second, and then by
// target, because the response to a start can be late.
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

// polled records that the target's job was polled, and stops polling if it has ended.
func (p *poller) polled(t *targetState, ended bool) {
	t.job.inFlight = false
	if ended {
		i, _ := slices.BinarySearchFunc(p.jobs, t.job, compareJobs)
		p.jobs = slices.Delete(p.jobs, i, i+1)
		t.job = nil
	}
}

// takeDue returns the polls that are due, and when to call it again if nothing happens before; zero means never.
func (p *poller) takeDue(now time.Time) (due []call, next time.Time) {
	jobs := p.jobs
	if len(p.jobs) > listThreshold && !now.Before(p.listPausedUntil) {
		jobs = slices.DeleteFunc(slices.Clone(jobs), func(j *polledJob) bool { return !j.unlisted })
		if !p.listInFlight {
			due, next = p.takeList(now)
		}
	}
	takeQueries := p.takeEach
	if len(jobs) > roundThreshold && p.interval == 0 {
		takeQueries = p.takeRound
	} else {
		p.nextRound = now.Add(roundInterval)
	}
	queries, nextQuery := takeQueries(jobs, now)
	return append(due, queries...), earlier(next, nextQuery)
}

func (p *poller) takeList(now time.Time) (due []call, next time.Time) {
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
	return []call{{kind: callListJobs, since: p.jobs[0].createdAt}}, time.Time{}
}

// takeEach polls each job at its own time. If there are too many, those that were due first are polled first.
func (p *poller) takeEach(jobs []*polledJob, now time.Time) (due []call, next time.Time) {
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

func (p *poller) takeRound(jobs []*polledJob, now time.Time) (due []call, next time.Time) {
	if p.nextRound.After(now) {
		return nil, p.nextRound
	}
	p.nextRound = now.Add(roundInterval)
	for _, j := range roundJobs(jobs) {
		if !j.inFlight {
			due = append(due, j.query(now))
		}
	}
	return due, p.nextRound
}

// roundJobs returns the jobs to poll in the next round. Tableau runs most jobs in their order: each round contains the first
// roundThreshold jobs, and those of the others that were not polled for the longest time.
func roundJobs(jobs []*polledJob) []*polledJob {
	if len(jobs) <= roundThreshold {
		return jobs
	}
	round := slices.Clone(jobs)
	others := round[roundThreshold:]
	slices.SortStableFunc(others, func(a, b *polledJob) int { return a.polledAt.Compare(b.polledAt) })
	return round[:roundThreshold+(len(others)+roundsPerTurn-1)/roundsPerTurn]
}

func (p *poller) nextPoll(j *polledJob, last time.Time) time.Time {
	if p.interval > 0 {
		return last.Add(p.interval)
	}
	return last.Add(pollInterval(last.Sub(j.addedAt), len(p.jobs)))
}

func (j *polledJob) query(now time.Time) call {
	j.polledAt, j.queriedAt, j.inFlight = now, now, true
	return call{kind: callPollJob, target: j.target}
}

// pauseList stops requesting the list for five minutes, or for the whole step if the list is refused or throttled.
func (p *poller) pauseList(err error, now time.Time) {
	pause := 5 * time.Minute
	status, ok := errors.AsType[*rest.StatusError](err)
	if errors.Is(err, tableau.ErrJobListDenied) || ok && status.Status == http.StatusTooManyRequests {
		pause = 365 * 24 * time.Hour
	}
	p.listPausedUntil = now.Add(pause)
}

// read returns the results that a list shows, and queries of the jobs for which it is not conclusive.
func (p *poller) read(listed map[string]tableau.ListedJob, now time.Time) (results []callResult, queries []call) {
	for _, j := range p.jobs {
		row, ok := listed[strings.ToLower(j.id)]
		if j.unlisted = !ok; !ok || j.inFlight {
			continue
		}
		j.polledAt = p.listedAt
		if j.conclusive(row, now) {
			results = append(results, callResult{call: call{kind: callPollJob, target: j.target}, job: row.Job})
		} else {
			queries = append(queries, j.query(now))
		}
	}
	return results, queries
}

// maxListAge is how long a job can be in progress in the list before it is queried, in case the list is not up to date.
const maxListAge = 30 * time.Minute

// conclusive reports whether the list suffices. Only the job itself contains the reason of a failure, and shows whether Tableau
// Bridge has refreshed the item.
func (j *polledJob) conclusive(row tableau.ListedJob, now time.Time) bool {
	switch {
	case !row.Conclusive:
		return false
	case row.Job.State() == tableau.JobSucceeded:
		return !j.bridge
	}
	return now.Sub(j.queriedAt) < maxListAge
}

const (
	firstInterval    = 300 * time.Millisecond // of a few jobs
	shortestInterval = time.Second            // of many jobs, or later
	longestInterval  = time.Minute
)

// pollInterval returns the time until the next poll of one of a number of jobs: a fifth of its time in progress, from 1 s to
// 60 s. The delay of a poll is thus in proportion to the duration of the refresh, with few of the requests that Tableau Cloud
// limits per day. A few jobs are polled earlier at first: after half of the time in progress, from 0.3 s to 1 s.
func pollInterval(waited time.Duration, jobs int) time.Duration {
	shortest := shortestInterval
	if jobs <= listThreshold {
		shortest = min(max(waited/2, firstInterval), shortestInterval)
	}
	return min(max(waited/5, shortest), longestInterval)
}

// limiter is a token bucket.
type limiter struct {
	interval time.Duration
	burst    int
	fullAt   time.Time // when all tokens are back
}

// next returns when a token can be taken.
func (l *limiter) next() time.Time { return l.fullAt.Add(-l.interval * time.Duration(l.burst-1)) }

func (l *limiter) take(now time.Time) { l.fullAt = later(l.fullAt, now).Add(l.interval) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier ignores zero times.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
