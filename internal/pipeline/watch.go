package pipeline

import (
	"cmp"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/poll"
)

// watch knows the jobs that are waited for, and decides what is looked at when. Where there are many, one list of jobs serves
// them all. What the list does not show, and everything where there is none, is asked for one by one.
type watch struct {
	// fixed is the time between two looks; 0 leaves it to the watch.
	fixed time.Duration
	// jobs are in the order in which Tableau will most likely take them.
	jobs []watched
	// noList is until when the list is not asked for.
	noList time.Time
	// listed is when the list was last asked for; listing is true while its answer is out.
	listed  time.Time
	listing bool
	// round is when the next round of many jobs is due.
	round time.Time
	// looks and lists keep new jobs, of which each is looked at closely, from adding up.
	looks, lists pace
}

// How often all jobs of a step together are looked at in the long run, for Tableau Cloud counts the requests of a day. The first
// minutes of twenty jobs are not held up: a burst is as much as they need.
const (
	lookEvery, lookBurst = 900 * time.Millisecond, 450
	listEvery, listBurst = 4 * time.Second, 20
)

// watched is a job that is waited for. There is one for a target at the most.
type watched struct {
	errand
	id   string
	made time.Time // on Tableau's clock
	// bridge is true when a success in the list may only mean that Tableau Bridge was given the job.
	bridge bool
	// since is when it was first known of; asked is when it was last looked at, alone when not in a list. Before the first
	// look they are all the same.
	since, asked, alone time.Time
	// unlisted is true when the last list did not show it.
	unlisted bool
	// flying is true while the answer to a look at it alone is out.
	flying bool
}

// handful is how many jobs are looked at one by one where a list of all could be had.
const handful = 5

// add waits for one more job. Its place is by when it was made, to the second, and then by when it was asked for: an answer
// may have been slow.
func (w *watch) add(j watched, now time.Time) {
	j.since, j.asked, j.alone = now, now, now
	place, _ := slices.BinarySearchFunc(w.jobs, j, func(a, b watched) int {
		return cmp.Or(a.made.Compare(b.made), cmp.Compare(a.index, b.index))
	})
	w.jobs = slices.Insert(w.jobs, place, j)
}

// looked takes note of an answer: the job has ended, or is to be looked at again.
func (w *watch) looked(index int, ended bool) {
	i := slices.IndexFunc(w.jobs, func(j watched) bool { return j.index == index })
	if i < 0 {
		return
	}
	if w.jobs[i].flying = false; ended {
		w.jobs = slices.Delete(w.jobs, i, i+1)
	}
}

// plan says what to look at now, and when to plan again if nothing happens before; the zero time is never.
func (w *watch) plan(now time.Time) (looks []errand, next time.Time) {
	lists := len(w.jobs) > handful && !now.Before(w.noList)
	if lists && !w.listing {
		if next = w.listDue(); !next.After(now) {
			w.lists.spend(now, listEvery)
			w.listed, w.listing, next = now, true, time.Time{}
			looks = append(looks, errand{task: lookAll})
		}
	}
	var alone []*watched
	for i := range w.jobs {
		if j := &w.jobs[i]; !lists || j.unlisted {
			alone = append(alone, j)
		}
	}
	plan := w.planEach
	if len(alone) > poll.Few && w.fixed == 0 {
		plan = w.planRound
	} else {
		w.round = now.Add(poll.Round)
	}
	more, soonest := plan(alone, now)
	return append(looks, more...), earlier(next, soonest)
}

// listDue is when the first of the jobs is due to be seen in the list.
func (w *watch) listDue() time.Time {
	var first time.Time
	for i := range w.jobs {
		j := &w.jobs[i]
		last := j.since
		if w.listed.After(last) {
			last = w.listed
		}
		first = earlier(first, w.due(j, last))
	}
	if w.fixed == 0 {
		first = later(first, w.lists.free(listEvery, listBurst))
	}
	return first
}

// due is when the next look at a job is due after the last one.
func (w *watch) due(j *watched, last time.Time) time.Time {
	if w.fixed > 0 {
		return last.Add(w.fixed)
	}
	return last.Add(poll.Job(last.Sub(j.since)))
}

// planEach gives each job its own time. Where that is too much, those that are due the longest come first.
func (w *watch) planEach(jobs []*watched, now time.Time) (looks []errand, next time.Time) {
	due := func(j *watched) time.Time { return w.due(j, j.asked) }
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(j *watched) bool { return j.flying })
	slices.SortStableFunc(jobs, func(a, b *watched) int { return due(a).Compare(due(b)) })
	for _, j := range jobs {
		at := due(j)
		if w.fixed == 0 {
			at = later(at, w.looks.free(lookEvery, lookBurst))
		}
		if at.After(now) {
			return looks, at
		}
		w.looks.spend(now, lookEvery)
		looks = append(looks, j.ask(now))
	}
	return looks, time.Time{}
}

// planRound lets many jobs take turns.
func (w *watch) planRound(jobs []*watched, now time.Time) (looks []errand, next time.Time) {
	if w.round.After(now) {
		return nil, w.round
	}
	w.round = now.Add(poll.Round)
	unasked := make([]time.Duration, len(jobs))
	for i, j := range jobs {
		unasked[i] = now.Sub(j.asked)
	}
	for _, i := range poll.Line(unasked) {
		if !jobs[i].flying {
			looks = append(looks, jobs[i].ask(now))
		}
	}
	return looks, w.round
}

// oldest is when the first of the jobs was made, on Tableau's clock; the zero time when there is none.
func (w *watch) oldest() time.Time {
	if len(w.jobs) == 0 {
		return time.Time{}
	}
	return w.jobs[0].made
}

// pace bounds how often something is done, save for a burst. Its zero value has done nothing yet.
type pace struct {
	// paid is when all that was done would be paid for at the pace.
	paid time.Time
}

// free is when it may be done again.
func (p pace) free(every time.Duration, burst int) time.Time {
	return p.paid.Add(-every * time.Duration(burst-1))
}

func (p *pace) spend(now time.Time, every time.Duration) { p.paid = later(p.paid, now).Add(every) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier is the earlier one of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
