package refresh

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

var beganAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// pollerOf returns a poller of n jobs that were created at the same time.
func pollerOf(n int) *poller {
	p := newPoller(0, beganAt)
	for i := range n {
		addJob(&p, i, beganAt)
	}
	return &p
}

func addJob(p *poller, index int, now time.Time) {
	p.add(&polledJob{target: &targetState{index: index}, id: fmt.Sprintf("JOB-%d", index), createdAt: beganAt}, now)
}

// inProgress is a list of these jobs, all of them in progress.
func inProgress(indexes ...int) map[string]tableau.ListedJob {
	rows := map[string]tableau.ListedJob{}
	for _, i := range indexes {
		rows[fmt.Sprintf("job-%d", i)] = tableau.ListedJob{Conclusive: true}
	}
	return rows
}

func indexRange(from, to int) []int {
	var indexes []int
	for i := from; i < to; i++ {
		indexes = append(indexes, i)
	}
	return indexes
}

const list = -1

// describe returns the indexes of the targets whose jobs are queried, and [list] for a list.
func describe(tasks []call) []int {
	var indexes []int
	for _, k := range tasks {
		if k.kind == callListJobs {
			indexes = append(indexes, list)
		} else {
			indexes = append(indexes, k.target.index)
		}
	}
	return indexes
}

func TestPoller_takeDue(t *testing.T) {
	t.Parallel()

	refused := func(p *poller) { p.pauseList(tableau.ErrJobListDenied, beganAt) }
	cases := []struct {
		name string
		jobs int
		// before changes the poller.
		before func(*poller)
		after  time.Duration
		want   []int
		// next is the time until the next call; 0 is never.
		next time.Duration
	}{
		{"no_jobs", 0, nil, time.Hour, nil, 0},
		{"not_due_yet", 5, nil, 299 * time.Millisecond, nil, time.Millisecond},
		{"more_are_not_due_yet", 6, nil, 999 * time.Millisecond, nil, time.Millisecond},
		{"few_are_queried", 5, nil, 300 * time.Millisecond, indexRange(0, 5), 0},
		{"more_are_listed", 6, nil, time.Second, []int{list}, 0},
		{"many_are_listed", 500, nil, time.Second, []int{list}, 0},
		{"list_not_due_yet", 6, nil, 0, nil, time.Second},
		{"list_in_flight", 6, func(p *poller) { p.listInFlight = true }, time.Hour, nil, 0},
		{"fixed_interval", 3, func(p *poller) { p.interval = 7 * time.Second }, 5 * time.Second, nil, 2 * time.Second},
		{"fixed_interval_of_lists", 6, func(p *poller) { p.interval = 7 * time.Second }, 7 * time.Second, []int{list}, 0},
		{"fixed_interval_without_list", 30, func(p *poller) { p.interval = 7 * time.Second; refused(p) }, 7 * time.Second, indexRange(0, 30), 0},
		{"list_refused", 20, refused, time.Second, indexRange(0, 20), 0},
		{"list_refused_before_a_round", 25, func(p *poller) { refused(p); p.takeDue(beganAt) }, time.Second, nil, 29 * time.Second},
		{"list_refused_in_a_round", 25, func(p *poller) { refused(p); p.nextRound = beganAt }, 30 * time.Second, indexRange(0, 21), 30 * time.Second},
		{"list_failed", 6, func(p *poller) { p.pauseList(errors.New("unavailable"), beganAt) }, time.Second, indexRange(0, 6), 0},
		{"list_failed_a_while_ago", 6, func(p *poller) { p.pauseList(errors.New("unavailable"), beganAt) }, 5 * time.Minute, []int{list}, 0},
		{"list_refused_long_ago", 6, refused, 24 * time.Hour, indexRange(0, 6), 0},
		{"list_throttled_long_ago", 6, func(p *poller) { p.pauseList(&rest.StatusError{Status: http.StatusTooManyRequests}, beganAt) }, 24 * time.Hour, indexRange(0, 6), 0},
		{"list_shows_some", 8, func(p *poller) { p.read(inProgress(0, 1, 2, 3, 4, 5), beganAt) }, time.Second, []int{list, 6, 7}, 0},
		{"list_shows_all", 8, func(p *poller) { p.read(nil, beganAt); p.read(inProgress(indexRange(0, 8)...), beganAt) }, time.Second, []int{list}, 0},
		{"query_in_flight", 3, func(p *poller) { p.jobs[1].query(beganAt) }, time.Second, []int{0, 2}, 0},
		{"query_in_flight_in_a_round", 25, func(p *poller) { refused(p); p.nextRound = beganAt; p.jobs[0].query(beganAt) }, 30 * time.Second, indexRange(1, 21), 30 * time.Second},
		{"limit_of_queries", 3, func(p *poller) { p.queries.fullAt = beganAt.Add(2*time.Second + (queryBurst-1)*queryInterval) }, 0, nil, 2 * time.Second},
		{"limit_of_lists", 6, func(p *poller) { p.lists.fullAt = beganAt.Add(3*time.Second + (listBurst-1)*listInterval) }, time.Second, nil, 2 * time.Second},
		{
			name: "youngest_job_decides", jobs: 6, after: 10 * time.Second, want: nil, next: time.Second,
			before: func(p *poller) {
				addJob(p, 6, beganAt.Add(10*time.Second))
				p.listedAt = beganAt.Add(10 * time.Second)
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := pollerOf(tc.jobs)
			if tc.before != nil {
				tc.before(p)
			}
			now := beganAt.Add(tc.after)
			due, next := p.takeDue(now)
			if diff := cmp.Diff(tc.want, describe(due)); diff != "" {
				t.Errorf("polls (-want +got):\n%s", diff)
			}
			want := now.Add(tc.next)
			if tc.next == 0 {
				want = time.Time{}
			}
			if !next.Equal(want) {
				t.Errorf("next is %s, want %s", next, want)
			}
			if again, _ := p.takeDue(now); len(again) > 0 {
				t.Errorf("polled twice at once: %v", describe(again))
			}
		})
	}
}

// TestPoller_takeDue_limit: if the limit permits only one query at a time, the job that was due first is queried first.
func TestPoller_takeDue_limit(t *testing.T) {
	t.Parallel()

	p := pollerOf(3)
	p.jobs[2].polledAt = beganAt.Add(-time.Second)
	now := beganAt.Add(time.Second)
	p.queries.fullAt = now.Add((queryBurst - 1) * queryInterval) // one token is left
	for _, want := range []int{2, 0, 1} {
		due, next := p.takeDue(now)
		if diff := cmp.Diff([]int{want}, describe(due)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
		if want == 1 {
			break // the others are still in flight
		}
		if wait := next.Sub(now); wait != queryInterval {
			t.Errorf("the next query is due in %s, want %s", wait, queryInterval)
		}
		now = next
	}
}

// TestPoller_takeDue_new_jobs: new jobs, each of which is polled often, do not cause too many lists if they are added all the time.
func TestPoller_takeDue_new_jobs(t *testing.T) {
	t.Parallel()

	p := pollerOf(6)
	lists := 0
	for i := range 600 {
		now := beganAt.Add(time.Duration(i) * time.Second)
		addJob(p, 6+i, now)
		due, _ := p.takeDue(now)
		lists += len(due)
		p.listInFlight = false
	}
	if want := listBurst + 600/4; lists < want-1 || lists > want+1 {
		t.Errorf("%d lists in ten minutes, want %d", lists, want)
	}
}

func TestPoller_read(t *testing.T) {
	t.Parallel()

	ended := func(code string) tableau.Job {
		return tableau.Job{FinishCode: code, CompletedAt: tableau.Time{Time: beganAt}}
	}
	cases := []struct {
		name             string
		row              tableau.ListedJob
		bridge, inFlight bool
		after            time.Duration
		// conclusive is true if the list suffices, and queried if the job is queried.
		conclusive, queried bool
	}{
		{name: "in_progress", row: tableau.ListedJob{Conclusive: true}, conclusive: true},
		{name: "in_progress_for_long", row: tableau.ListedJob{Conclusive: true}, after: 29 * time.Minute, conclusive: true},
		{name: "in_progress_for_too_long", row: tableau.ListedJob{Conclusive: true}, after: 30 * time.Minute, queried: true},
		{name: "success", row: tableau.ListedJob{Conclusive: true, Job: ended("0")}, after: time.Hour, conclusive: true},
		{name: "success_of_bridge", row: tableau.ListedJob{Conclusive: true, Job: ended("0")}, bridge: true, queried: true},
		{name: "bridge_in_progress", row: tableau.ListedJob{Conclusive: true}, bridge: true, conclusive: true},
		{name: "failed", row: tableau.ListedJob{Job: ended("1")}, queried: true},
		{name: "unclear", row: tableau.ListedJob{}, queried: true},
		{name: "success_with_query_in_flight", row: tableau.ListedJob{Conclusive: true, Job: ended("0")}, inFlight: true},
		{name: "failed_with_query_in_flight", row: tableau.ListedJob{Job: ended("1")}, inFlight: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := pollerOf(1)
			p.jobs[0].bridge, p.jobs[0].inFlight = tc.bridge, tc.inFlight
			results, queries := p.read(map[string]tableau.ListedJob{"job-0": tc.row}, beganAt.Add(tc.after))
			if len(results) == 1 != tc.conclusive || len(queries) == 1 != tc.queried {
				t.Errorf("%d results and %d queries, want %t and %t", len(results), len(queries), tc.conclusive, tc.queried)
			}
		})
	}
}

// TestPoller_add: jobs are in Tableau's order, regardless of how late the response to a start was. A job that ends is removed.
func TestPoller_add(t *testing.T) {
	t.Parallel()

	p := newPoller(0, beganAt)
	targets := map[int]*targetState{}
	for _, j := range []*polledJob{
		{target: &targetState{index: 2}, createdAt: beganAt.Add(time.Second)}, {target: &targetState{index: 9}},
		{target: &targetState{index: 1}, createdAt: beganAt.Add(time.Second)}, {target: &targetState{index: 5}, createdAt: beganAt},
	} {
		targets[j.target.index] = j.target
		p.add(j, beganAt)
	}
	order := func() []int {
		var indexes []int
		for _, j := range p.jobs {
			indexes = append(indexes, j.target.index)
		}
		return indexes
	}
	if diff := cmp.Diff([]int{5, 9, 1, 2}, order()); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	p.polled(targets[9], false)
	p.polled(targets[1], true)
	if diff := cmp.Diff([]int{5, 9, 2}, order()); diff != "" {
		t.Errorf("jobs after an end (-want +got):\n%s", diff)
	}
	if targets[1].job != nil || targets[9].job == nil {
		t.Error("a target does not contain its polled job")
	}
}

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

// TestPollInterval checks that no interval is shorter than the previous one, and that all are within their limits.
func TestPollInterval(t *testing.T) {
	t.Parallel()

	for jobs, first := range map[int]time.Duration{1: 300 * time.Millisecond, 5: 300 * time.Millisecond, 6: time.Second, 500: time.Second} {
		if got := pollInterval(-time.Hour, jobs); got != first {
			t.Errorf("%d jobs, after the clock was set back: %s, want %s", jobs, got, first)
		}
		before := first
		for waited := time.Duration(0); waited < 2*time.Hour; waited += pollInterval(waited, jobs) {
			got := pollInterval(waited, jobs)
			if got < before || got > time.Minute {
				t.Fatalf("%d jobs, after %s: %s, previous interval %s", jobs, waited, got, before)
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

// jobsPolled returns jobs with the given times since their last poll.
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
			for _, j := range roundJobs(jobsPolled(tc.ago...)) {
				got = append(got, j.target.index)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("round (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNextRound_turn: each job is polled at least every five minutes, regardless of the number of jobs.
func TestNextRound_turn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{21, 29, 30, 31, 500, 10_000} {
		jobs := jobsPolled(make([]time.Duration, n)...)
		now := beganAt
		for range 100 {
			now = now.Add(roundInterval)
			for _, j := range roundJobs(jobs) {
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
		t.Errorf("only one token is back after two intervals")
	}
}
