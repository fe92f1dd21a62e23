package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// itemKind is the kind of an item.
type itemKind string

const (
	kindWorkbook   itemKind = "workbook"
	kindDataSource itemKind = "datasource"
	kindFlow       itemKind = "flow"
)

// refreshJob is one refresh, or one run of a flow.
type refreshJob struct {
	luid        string
	kind        itemKind
	item        *Item
	task        string // LUID of the task that was run; empty: none
	incremental bool
	outcome     Refresh
	takes       time.Duration
	byClient    bool

	created time.Time
	// started and ended are zero until then.
	started, ended time.Time
	finish         Finish
	cancels        int
}

// queue is the site's queue: a limited number of refreshes run at a time, the others wait in order.
type queue struct {
	slots int
	now   time.Time
	jobs  []*refreshJob
	// planned are refreshes that clients do not start, in the order of their times.
	planned []*refreshJob
}

func newQueue(site Site, now time.Time) queue {
	q := queue{slots: site.MaxRefreshes}
	q.addPlanned(kindWorkbook, site.Workbooks, now)
	q.addPlanned(kindDataSource, site.DataSources, now)
	q.addPlanned(kindFlow, site.Flows, now)
	slices.SortStableFunc(q.planned, func(a, b *refreshJob) int { return a.created.Compare(b.created) })
	return q
}

func (q *queue) addPlanned(kind itemKind, items []Item, start time.Time) {
	for i := range items {
		for _, other := range items[i].OtherRefreshes {
			q.planned = append(q.planned, &refreshJob{
				kind: kind, item: &items[i], created: start.Add(other.At), takes: cmp.Or(other.Duration, items[i].Duration),
			})
		}
	}
}

// add appends a refresh to the queue.
func (q *queue) add(j *refreshJob) {
	j.luid = fmt.Sprintf("7e57ab1e-0000-4000-8000-%012d", len(q.jobs)+1)
	q.jobs = append(q.jobs, j)
}

// advance handles all events until now in their order.
func (q *queue) advance(now time.Time) {
	for {
		at, happen := q.next()
		if happen == nil || at.After(now) {
			q.now = now
			return
		}
		q.now = at
		happen()
	}
}

// next returns the next event. Ends come before starts, so that a slot can be reused at the same time.
func (q *queue) next() (at time.Time, happen func()) {
	consider := func(t time.Time, do func()) {
		if happen == nil || t.Before(at) {
			at, happen = t, do
		}
	}
	running := 0
	for _, j := range q.jobs {
		if j.running() {
			running++
			consider(j.started.Add(j.takes), j.complete)
		}
	}
	if len(q.planned) > 0 {
		consider(q.planned[0].created, q.startPlanned)
	}
	for _, j := range q.jobs {
		if running < q.slots && j.pending() {
			consider(laterOf(q.now, j.created.Add(j.item.QueueTime)), func() { j.started = q.now })
		}
	}
	return at, happen
}

// startPlanned adds a refresh that clients do not start, unless one for the same item is active.
func (q *queue) startPlanned() {
	other := q.planned[0]
	q.planned = q.planned[1:]
	if q.active(other.item) == nil {
		q.add(other)
	}
}

// active returns the queued or running refresh of an item, or nil.
func (q *queue) active(item *Item) *refreshJob {
	for _, j := range q.jobs {
		if j.item == item && j.ended.IsZero() {
			return j
		}
	}
	return nil
}

func (j *refreshJob) pending() bool { return j.started.IsZero() && j.ended.IsZero() }
func (j *refreshJob) running() bool { return !j.started.IsZero() && j.ended.IsZero() }

func (j *refreshJob) complete() {
	j.ended = j.started.Add(j.takes)
	j.finish = j.outcome.Finish
	if j.item.Bridge && j.finish == FinishSuccess {
		j.finish = FinishBridge
	}
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// advance advances the queue to now.
func (t *tableauServer) advance(now time.Time) { t.queue.advance(now) }
