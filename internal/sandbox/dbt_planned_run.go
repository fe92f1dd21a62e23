package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// plannedRun is a run that a client does not start.
type plannedRun struct {
	job   int
	other OtherRun
}

func plannedRuns(account Account) []plannedRun {
	var planned []plannedRun
	for i, job := range account.Jobs {
		for _, other := range job.OtherRuns {
			planned = append(planned, plannedRun{i, other})
		}
	}
	slices.SortStableFunc(planned, func(a, b plannedRun) int { return cmp.Compare(a.other.At, b.other.At) })
	return planned
}

// advance creates the planned runs that are due.
func (c *dbtCloud) advance(now time.Time) {
	for len(c.plannedRuns) > 0 && !c.start.Add(c.plannedRuns[0].other.At).After(now) {
		c.addPlannedRun(c.plannedRuns[0])
		c.plannedRuns = c.plannedRuns[1:]
	}
}

func (c *dbtCloud) addPlannedRun(p plannedRun) {
	job := &c.account.Jobs[p.job]
	r := &run{
		job:     job,
		created: c.start.Add(p.other.At),
		trigger: trigger{Cause: p.other.Cause, category: p.other.Category},
		steps:   scaleDurations(slices.Concat(job.Setup, job.Steps), p.other.DurationFactor),
		outcome: p.other.Outcome,
	}
	if id := p.other.PullRequestID; id > 0 {
		r.trigger.GithubPullRequestID, r.concurrent = &id, true
	}
	if after := p.other.Outcome.CancelAfter; after > 0 {
		r.canceledAt = r.created.Add(after)
	}
	c.add(r)
}

func scaleDurations(steps []Step, pace float64) []Step {
	if pace == 0 {
		return steps
	}
	for i := range steps {
		steps[i].Duration = time.Duration(float64(steps[i].Duration) * pace)
	}
	return steps
}

// add assigns IDs to a run, and computes when it is queued, starts, and ends.
func (c *dbtCloud) add(r *run) {
	r.id = firstRunID + 7*int64(len(c.runs))
	r.triggerID = r.id + 1000000
	c.runs = append(c.runs, r)
	c.computeTimelines()
}
