package pipeline

import (
	"container/heap"
	"context"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

// parallelRequests is how many requests to Tableau are in flight at the most.
const parallelRequests = 10

// fanOut starts and follows many refreshes at once. One goroutine owns all that is known of them and decides what is next;
// a few others only wait for answers.
type fanOut struct {
	story   *story
	targets []target
	// starts and looks are what can be done now, in this order; due are starts that have to wait for their time.
	starts, looks []errand
	due           schedule
	// watch knows the jobs that are waited for; wake is when it wants to be asked again.
	watch   watch
	wake    time.Time
	answers chan answer
	flying  int
	// sending are the items of which a start is on its way, each with the starts that wait for its answer: without it nobody
	// could tell whose refresh is in the way of the other.
	sending map[string][]errand
	// open counts the refreshes that hold one of the places of tableau-max-parallel.
	open int
	told time.Time
	// known are the jobs of each item that came of our starts.
	known map[string][]string
	// begin is when the first refresh could be sent, on Tableau's clock: one that ran before may have read old data.
	begin time.Time
}

// target is what is known of a refresh beside its row in the result.
type target struct {
	accepted time.Time     // by our clock
	backoff  time.Duration // until the next try after a conflict
	failures int           // how often it was started again after a failure
	blocker  string        // the job that is waited out before ours is sent
	waitsFor int           // how many data sources have to be refreshed before
	holds    []int         // the workbooks that wait for this one
	ours     bool          // whether the job in its way may be ours, of which the answer was lost
	ended    time.Time     // on Tableau's clock
	begin    time.Time     // when all that it waits for had ended, on Tableau's clock
}

func newFanOut(s *story) *fanOut {
	n := len(s.selection.Entries)
	f := &fanOut{story: s, targets: make([]target, n), answers: make(chan answer, parallelRequests), sending: map[string][]errand{}, known: map[string][]string{}, begin: s.tableau.Now()}
	f.watch.fixed = s.config.Tableau.PollInterval
	f.order()
	for i := range n {
		if !s.result.Refreshes[i].Status.Ended() && f.targets[i].waitsFor == 0 {
			f.starts = append(f.starts, errand{i, start})
		}
	}
	return f
}

// run ends when every refresh has, or with the first error that is not about one refresh alone.
func (f *fanOut) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for {
		f.collect()
		f.launch(ctx)
		if f.flying+len(f.starts)+len(f.looks)+len(f.due)+len(f.watch.jobs) == 0 {
			return nil
		}
		if err := f.step(ctx); err != nil {
			cancel(err)
			f.drain()
			return err
		}
		f.tellWaiting()
	}
}

// step waits for the next answer, or for the next thing to become due.
func (f *fanOut) step(ctx context.Context) error {
	var alarm <-chan time.Time
	wake := f.wake
	if len(f.due) > 0 {
		wake = earlier(wake, f.due[0].at)
	}
	if f.flying < parallelRequests && !wake.IsZero() {
		timer := time.NewTimer(time.Until(wake))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case a := <-f.answers:
		f.flying--
		return f.handle(a)
	case <-alarm:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// drain takes the answers that are still out: what was accepted must not be forgotten.
func (f *fanOut) drain() {
	for ; f.flying > 0; f.flying-- {
		_ = f.handle(<-f.answers) // the error that ended the fan-out counts
	}
}

// collect puts what has become due into its line.
func (f *fanOut) collect() {
	now := time.Now()
	for len(f.due) > 0 && !f.due[0].at.After(now) {
		f.starts = append(f.starts, heap.Pop(&f.due).(appointment).errand)
	}
	var looks []errand
	looks, f.wake = f.watch.plan(now)
	f.looks = append(f.looks, looks...)
}

// launch sends what can be sent now, starts before looks.
func (f *fanOut) launch(ctx context.Context) {
	most := f.story.config.Tableau.MaxParallel
	for f.flying < parallelRequests && len(f.starts) > 0 && (most == 0 || f.open < most) {
		e := f.starts[0]
		f.starts = f.starts[1:]
		item := f.item(e)
		if waiting, taken := f.sending[item]; taken {
			f.sending[item] = append(waiting, e)
			continue
		}
		f.sending[item] = nil
		f.open++
		f.send(ctx, e)
	}
	for f.flying < parallelRequests && len(f.looks) > 0 {
		f.send(ctx, f.looks[0])
		f.looks = f.looks[1:]
	}
}

// item is what an errand is about, also when it is one of several tasks of the item.
func (f *fanOut) item(e errand) string { return f.story.selection.Entries[e.index].ItemLUID() }

// later makes an appointment for a start.
func (f *fanOut) later(wait time.Duration, i int) {
	heap.Push(&f.due, appointment{at: time.Now().Add(wait), errand: errand{i, start}})
}

// tellWaiting keeps the log alive.
func (f *fanOut) tellWaiting() {
	if time.Since(f.told) < time.Second {
		return
	}
	f.told = time.Now()
	var w progress.RefreshesWaiting
	for _, r := range f.story.result.Refreshes {
		switch {
		case r.Status.Ended():
			w.Ended++
		case r.Status == progress.StatusNotStarted:
			w.NotStarted++
		case r.Running.IsZero():
			w.Queued++
		default:
			w.Running++
		}
	}
	f.story.observe(w)
}

// schedule is a heap, the earliest first.
type schedule []appointment

type appointment struct {
	at time.Time
	errand
}

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].at.Before(s[j].at) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)        { *s = append(*s, x.(appointment)) }

func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
