package refresh

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func Example_pollInterval() {
	for _, waited := range []time.Duration{0, time.Second, 3 * time.Second, 20 * time.Second, 2 * time.Hour} {
		fmt.Println(waited, pollInterval(waited, 5), pollInterval(waited, 6))
	}
	// Output:
	// 0s 300ms 1s
	// 1s 500ms 1s
	// 3s 1s 1s
	// 20s 4s 4s
	// 2h0m0s 1m0s 1m0s
}

// TestPollInterval checks that no interval is shorter than the one before, and that all are within their bounds.
func TestPollInterval(t *testing.T) {
	t.Parallel()

	for jobs, first := range map[int]time.Duration{1: 300 * time.Millisecond, 5: 300 * time.Millisecond, 6: time.Second, 500: time.Second} {
		if got := pollInterval(-time.Hour, jobs); got != first {
			t.Errorf("%d jobs, after a clock that was set back: %s, want %s", jobs, got, first)
		}
		before := first
		for waited := time.Duration(0); waited < 2*time.Hour; waited += pollInterval(waited, jobs) {
			got := pollInterval(waited, jobs)
			if got < before || got > time.Minute {
				t.Fatalf("%d jobs, after %s: %s, after %s before", jobs, waited, got, before)
			}
			before = got
		}
		if before != time.Minute {
			t.Errorf("%d jobs, in the end: %s, want 1m", jobs, before)
		}
	}
}

// TestPollInterval_short checks that the end of a short refresh is noticed soon, with few polls.
func TestPollInterval_short(t *testing.T) {
	t.Parallel()

	cases := []struct {
		duration, noticedWithin time.Duration
		maxPolls                int
	}{
		{100 * time.Millisecond, 300 * time.Millisecond, 1},
		{time.Second, 1400 * time.Millisecond, 4},
		{5 * time.Second, 6 * time.Second, 12},
	}
	for _, tc := range cases {
		waited, polls := time.Duration(0), 0
		for waited < tc.duration {
			waited += pollInterval(waited, 1)
			polls++
		}
		if waited > tc.noticedWithin || polls > tc.maxPolls {
			t.Errorf("a job of %s: %d polls, noticed after %s", tc.duration, polls, waited)
		}
	}
}

// jobsPolled returns jobs that were last polled so long ago.
func jobsPolled(ago ...time.Duration) []*polledJob {
	var jobs []*polledJob
	for i, d := range ago {
		jobs = append(jobs, &polledJob{target: &targetState{index: i}, polledAt: beganAt.Add(-d)})
	}
	return jobs
}

func TestNextRound(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		ago  []time.Duration
		want []int
	}{
		{"none", nil, nil},
		{"fewer_than_twenty", make([]time.Duration, 3), indexRange(0, 3)},
		{"one_more", make([]time.Duration, 21), indexRange(0, 21)},
		{"a_tenth_of_the_others", make([]time.Duration, 120), indexRange(0, 30)},
		{"a_tenth_rounded_up", make([]time.Duration, 121), indexRange(0, 31)},
		{"longest_not_polled", append(make([]time.Duration, 25), time.Second, time.Minute, time.Second), append(indexRange(0, 20), 26)},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []int
			for _, j := range nextRound(jobsPolled(tc.ago...)) {
				got = append(got, j.target.index)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("round (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNextRound_turn: however many jobs there are, each is polled at least every five minutes.
func TestNextRound_turn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{21, 29, 30, 31, 500, 10_000} {
		jobs := jobsPolled(make([]time.Duration, n)...)
		now := beganAt
		for range 100 {
			now = now.Add(roundInterval)
			for _, j := range nextRound(jobs) {
				j.polledAt = now
			}
			oldest := slices.MinFunc(jobs, func(a, b *polledJob) int { return a.polledAt.Compare(b.polledAt) })
			if longest := now.Sub(oldest.polledAt); longest > 5*time.Minute {
				t.Fatalf("one of %d jobs was not polled for %s", n, longest)
			}
		}
	}
}

// TestLimiter: a burst is possible at once, and then one token each interval.
func TestLimiter(t *testing.T) {
	t.Parallel()

	l := limiter{interval: 10 * time.Second, burst: 3}
	now := beganAt
	var waits []time.Duration
	for range 6 {
		at := later(now, l.next())
		waits = append(waits, at.Sub(now))
		now = at
		l.take(now)
	}
	want := []time.Duration{0, 0, 0, 10 * time.Second, 10 * time.Second, 10 * time.Second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	now = now.Add(20 * time.Second)
	l.take(now)
	if got := l.next(); got.After(now) {
		t.Errorf("after two intervals only one token is back")
	}
}
