package pipeline

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/poll"
	"dbt-tableau-refresh/internal/tableau"
)

// parallelRequests is how many requests to Tableau are in flight at the most.
const parallelRequests = 10

// fanOut starts and follows many refreshes at once. One goroutine owns all that is known of them and decides what is next;
// a few others only wait for answers.
type fanOut struct {
	story   *story
	waiting []int    // to be started, in this order
	looks   []int    // to be looked at, in this order
	due     schedule // to be looked at, or to be started, at a time
	answers chan answer
	flying  int
	// open counts the refreshes that hold one of the places of tableau-max-parallel.
	open    int
	targets []target
	told    time.Time
}

// target is what is known of a refresh beside its row in the result.
type target struct {
	accepted time.Time     // by our clock
	backoff  time.Duration // until the next try after a conflict
}

// answer is what came of a start or of a look.
type answer struct {
	index int
	start bool
	job   tableau.Job
	err   error
}

func newFanOut(s *story) *fanOut {
	n := len(s.result.Refreshes)
	f := &fanOut{story: s, answers: make(chan answer, parallelRequests), targets: make([]target, n)}
	for i := range n {
		f.waiting = append(f.waiting, i)
	}
	return f
}

// run ends when every refresh has, or with the first error that is not about one refresh alone.
func (f *fanOut) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for {
		f.launch(ctx)
		if f.flying == 0 && len(f.waiting)+len(f.looks)+len(f.due) == 0 {
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
	if f.flying < parallelRequests && len(f.due) > 0 {
		timer := time.NewTimer(time.Until(f.due[0].at))
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

// launch sends what can be sent now, starts before looks.
func (f *fanOut) launch(ctx context.Context) {
	f.collect()
	for f.flying < parallelRequests && len(f.waiting) > 0 && f.hasPlace() {
		f.send(ctx, f.waiting[0], true)
		f.waiting = f.waiting[1:]
	}
	for f.flying < parallelRequests && len(f.looks) > 0 {
		f.send(ctx, f.looks[0], false)
		f.looks = f.looks[1:]
	}
}

// collect puts what has become due into its line.
func (f *fanOut) collect() {
	now := time.Now()
	for len(f.due) > 0 && !f.due[0].at.After(now) {
		next := heap.Pop(&f.due).(entry)
		if next.start {
			f.waiting = append(f.waiting, next.index)
		} else {
			f.looks = append(f.looks, next.index)
		}
	}
}

func (f *fanOut) hasPlace() bool {
	most := f.story.config.Tableau.MaxParallel
	return most == 0 || f.open < most
}

func (f *fanOut) send(ctx context.Context, i int, start bool) {
	f.flying++
	r, made := f.story.result.Refreshes[i], f.targets[i].accepted
	if start {
		f.open++
	}
	go func() {
		a := answer{index: i, start: start}
		if start {
			a.job, a.err = f.story.tableau.Refresh(ctx, contents[r.Kind], r.ID)
		} else {
			a.job, a.err = f.story.tableau.Job(ctx, r.JobID, made)
		}
		f.answers <- a
	}()
}

// follow sets the time of the next look.
func (f *fanOut) follow(i int) {
	wait := f.story.config.Tableau.PollInterval
	if wait == 0 {
		wait = poll.Job(time.Since(f.targets[i].accepted))
	}
	heap.Push(&f.due, entry{at: time.Now().Add(wait), index: i})
}

// The times between tries while another refresh of the same item is queued or running.
const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// again sets the time of the next try to start.
func (f *fanOut) again(i int) {
	t := &f.targets[i]
	t.backoff = min(max(2*t.backoff, firstRetry), lastRetry)
	heap.Push(&f.due, entry{at: time.Now().Add(t.backoff), index: i, start: true})
}

// tellWaiting keeps the log alive.
func (f *fanOut) tellWaiting() {
	if time.Since(f.told) < time.Second {
		return
	}
	f.told = time.Now()
	var w RefreshesWaiting
	for _, r := range f.story.result.Refreshes {
		switch {
		case r.Status.Ended():
			w.Ended++
		case r.Status == StatusNotStarted:
			w.NotStarted++
		case r.Running.IsZero():
			w.Queued++
		default:
			w.Running++
		}
	}
	f.story.doing = fmt.Sprintf("refreshing Tableau: %d of %d ended, %d running, %d queued, %d not started",
		w.Ended, len(f.targets), w.Running, w.Queued, w.NotStarted)
	f.story.observe(w)
}

// schedule is a heap, the earliest first.
type schedule []entry

type entry struct {
	at    time.Time
	index int
	start bool
}

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].at.Before(s[j].at) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)        { *s = append(*s, x.(entry)) }

func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
