package pipeline

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/tableau"
)

var watchBegin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// watching is a watch over so many jobs that were all made at once.
func watching(n int) *watch {
	w := &watch{}
	for i := range n {
		w.add(watched{errand: errand{i, look}, id: fmt.Sprintf("job-%d", i), made: watchBegin}, watchBegin)
	}
	return w
}

// shows is a list with these jobs in it, all of them going.
func shows(indexes ...int) map[string]tableau.ListedJob {
	rows := map[string]tableau.ListedJob{}
	for _, i := range indexes {
		rows[fmt.Sprintf("job-%d", i)] = tableau.ListedJob{Conclusive: true}
	}
	return rows
}

func looksAt(indexes ...int) []errand {
	var all []errand
	for _, i := range indexes {
		all = append(all, errand{i, look})
	}
	return all
}

func count(from, to int) []int {
	var all []int
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

var aList = []errand{{task: lookAll}}

// TestWatch is what is looked at when.
func TestWatch(t *testing.T) {
	t.Parallel()

	refused := func(w *watch) { w.doWithout(tableau.ErrJobListDenied, watchBegin) }
	cases := []struct {
		name string
		jobs int
		// before is what has happened to the watch.
		before func(*watch)
		after  time.Duration
		want   []errand
		// next is how long until the next look.
		next time.Duration
	}{
		{"nothing", 0, nil, time.Hour, nil, 0},
		{"not_yet", 3, nil, 999 * time.Millisecond, nil, time.Millisecond},
		{"a_handful_one_by_one", 5, nil, time.Second, looksAt(count(0, 5)...), 0},
		{"more_by_the_list", 6, nil, time.Second, aList, 0},
		{"more_than_can_be_asked", 500, nil, time.Second, aList, 0},
		{"the_list_not_yet", 6, nil, 0, nil, time.Second},
		{"the_list_is_under_way", 6, func(w *watch) { w.listing = true }, time.Hour, nil, 0},
		{"fixed", 3, func(w *watch) { w.fixed = 7 * time.Second }, 5 * time.Second, nil, 2 * time.Second},
		{"fixed_by_the_list", 6, func(w *watch) { w.fixed = 7 * time.Second }, 7 * time.Second, aList, 0},
		{"fixed_and_refused", 30, func(w *watch) { w.fixed = 7 * time.Second; refused(w) }, 7 * time.Second, looksAt(count(0, 30)...), 0},
		{"refused", 20, refused, time.Second, looksAt(count(0, 20)...), 0},
		{"refused_and_many", 25, func(w *watch) { refused(w); w.plan(watchBegin) }, time.Second, nil, 29 * time.Second},
		{"refused_and_many_in_a_round", 25, func(w *watch) { refused(w); w.round = watchBegin }, 30 * time.Second, looksAt(count(0, 21)...), 30 * time.Second},
		{"failed", 6, func(w *watch) { w.doWithout(errors.New("away"), watchBegin) }, time.Second, looksAt(count(0, 6)...), 0},
		{"failed_a_while_ago", 6, func(w *watch) { w.doWithout(errors.New("away"), watchBegin) }, 5 * time.Minute, aList, 0},
		{"refused_long_ago", 6, refused, 24 * time.Hour, looksAt(count(0, 6)...), 0},
		{"the_list_shows_some", 8, func(w *watch) { w.read(shows(0, 1, 2, 3, 4, 5), watchBegin) }, time.Second, append(aList[:1:1], looksAt(6, 7)...), 0},
		{"the_list_shows_all", 8, func(w *watch) { w.read(nil, watchBegin); w.read(shows(count(0, 8)...), watchBegin) }, time.Second, aList, 0},
		{"who_is_asked_already", 3, func(w *watch) { w.jobs[1].ask(watchBegin) }, time.Second, looksAt(0, 2), 0},
		{
			name: "the_youngest_decides", jobs: 6, after: 10 * time.Second, want: nil, next: time.Second,
			before: func(w *watch) {
				w.listed = watchBegin.Add(5 * time.Second)
				w.add(watched{errand: errand{6, look}, id: "job-6", made: watchBegin}, watchBegin.Add(10*time.Second))
				w.listed = watchBegin.Add(10 * time.Second)
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := watching(tc.jobs)
			if tc.before != nil {
				tc.before(w)
			}
			now := watchBegin.Add(tc.after)
			got, next := w.plan(now)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(errand{})); diff != "" {
				t.Errorf("looks (-want +got):\n%s", diff)
			}
			want := now.Add(tc.next)
			if tc.next == 0 {
				want = time.Time{}
			}
			if !next.Equal(want) {
				t.Errorf("next is %s, want %s", next, want)
			}
			if again, _ := w.plan(now); len(again) > 0 {
				t.Errorf("asked twice at once: %v", again)
			}
		})
	}
}

// TestWatch_read is what a list is good for.
func TestWatch_read(t *testing.T) {
	t.Parallel()

	ended := func(code string) tableau.Job {
		return tableau.Job{FinishCode: code, CompletedAt: tableau.Time{Time: watchBegin}}
	}
	cases := []struct {
		name   string
		row    tableau.ListedJob
		bridge bool
		flying bool
		after  time.Duration
		// told is true when the list is enough, asked when the job itself has to be looked at.
		told, asked bool
	}{
		{name: "going", row: tableau.ListedJob{Conclusive: true}, told: true},
		{name: "going_for_long", row: tableau.ListedJob{Conclusive: true}, after: 29 * time.Minute, told: true},
		{name: "going_for_too_long", row: tableau.ListedJob{Conclusive: true}, after: 30 * time.Minute, asked: true},
		{name: "success", row: tableau.ListedJob{Conclusive: true, Job: ended("0")}, after: time.Hour, told: true},
		{name: "success_of_bridge", row: tableau.ListedJob{Conclusive: true, Job: ended("0")}, bridge: true, asked: true},
		{name: "bridge_is_going", row: tableau.ListedJob{Conclusive: true}, bridge: true, told: true},
		{name: "failed", row: tableau.ListedJob{Job: ended("1")}, asked: true},
		{name: "unclear", row: tableau.ListedJob{}, asked: true},
		{name: "success_and_asked_already", row: tableau.ListedJob{Conclusive: true, Job: ended("0")}, flying: true},
		{name: "failed_and_asked_already", row: tableau.ListedJob{Job: ended("1")}, flying: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := watching(1)
			w.jobs[0].bridge, w.jobs[0].flying = tc.bridge, tc.flying
			told, looks := w.read(map[string]tableau.ListedJob{"job-0": tc.row}, watchBegin.Add(tc.after))
			if len(told) == 1 != tc.told || len(looks) == 1 != tc.asked {
				t.Errorf("told %d and looks %d, want %t and %t", len(told), len(looks), tc.told, tc.asked)
			}
		})
	}
}

// TestWatch_order: the order is Tableau's, however late an answer was.
func TestWatch_order(t *testing.T) {
	t.Parallel()
	w := &watch{}
	for _, j := range []watched{
		{errand: errand{index: 2}, made: watchBegin.Add(time.Second)}, {errand: errand{index: 9}, made: watchBegin},
		{errand: errand{index: 1}, made: watchBegin.Add(time.Second)}, {errand: errand{index: 5}, made: watchBegin},
	} {
		w.add(j, watchBegin)
	}
	var got []int
	for _, j := range w.jobs {
		got = append(got, j.index)
	}
	if diff := cmp.Diff([]int{5, 9, 1, 2}, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

// backgrounder is a Tableau that runs jobs in their order, so many at a time.
type backgrounder struct {
	ends []time.Time
}

func newBackgrounder(n, slots int, takes time.Duration) backgrounder {
	var b backgrounder
	for i := range n {
		b.ends = append(b.ends, watchBegin.Add(time.Duration(i/slots+1)*takes))
	}
	return b
}

func (b backgrounder) list(now time.Time) map[string]tableau.ListedJob {
	rows := map[string]tableau.ListedJob{}
	for i := range b.ends {
		row := tableau.ListedJob{Conclusive: true}
		if !now.Before(b.ends[i]) {
			row.Job = tableau.Job{FinishCode: "0", CompletedAt: tableau.Time{Time: b.ends[i]}}
		}
		rows[fmt.Sprintf("job-%d", i)] = row
	}
	return rows
}

// wait plays how the watch waits for all jobs of a backgrounder: how many looks that takes, and how late an end is seen.
func (b backgrounder) wait(w *watch) (looks int, latest time.Duration) {
	for now := watchBegin; len(w.jobs) > 0; {
		line, next := w.plan(now)
		if len(line) == 0 {
			now = next
		}
		for ; len(line) > 0; line = line[1:] {
			looks++
			seen := []answer{{errand: line[0]}}
			if line[0].task == lookAll {
				var more []errand
				w.listing = false
				seen, more = w.read(b.list(now), now)
				line = append(line, more...)
			}
			for _, s := range seen {
				ended := !now.Before(b.ends[s.index])
				if w.looked(s.index, ended); ended {
					latest = max(latest, now.Sub(b.ends[s.index]))
				}
			}
		}
	}
	return looks, latest
}

var crowds = []struct {
	name    string
	jobs    int
	takes   time.Duration
	mayList bool
	// most are the looks, latest is how late an end may be seen.
	most   int
	latest time.Duration
}{
	{"one", 1, time.Minute, true, 20, 12 * time.Second},
	{"few_listed", 20, time.Minute, true, 30, 24 * time.Second},
	{"few_one_by_one", 20, time.Minute, false, 450, 24 * time.Second},
	{"many_listed", 500, time.Minute, true, 980, time.Minute},
	{"many_one_by_one", 500, time.Minute, false, 4480, time.Minute},
	{"long_ones_listed", 100, time.Hour, true, 2_000, time.Minute},
	{"long_ones_one_by_one", 100, time.Hour, false, 26_000, time.Minute},
}

// TestWatch_crowds holds what waiting costs, and how late an end is seen.
func TestWatch_crowds(t *testing.T) {
	t.Parallel()
	for _, tc := range crowds {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := watching(tc.jobs)
			if !tc.mayList {
				w.doWithout(tableau.ErrJobListDenied, watchBegin)
			}
			looks, latest := newBackgrounder(tc.jobs, 10, tc.takes).wait(w)
			if looks > tc.most {
				t.Errorf("%d looks, want at most %d", looks, tc.most)
			}
			if latest > tc.latest {
				t.Errorf("an end is seen %s late, want at most %s", latest, tc.latest)
			}
		})
	}
}

// BenchmarkWatch prints what waiting costs beside the starts, and how late an end is seen.
func BenchmarkWatch(b *testing.B) {
	for _, bc := range crowds {
		b.Run(bc.name, func(b *testing.B) {
			var looks int
			var latest time.Duration
			for b.Loop() {
				w := watching(bc.jobs)
				if !bc.mayList {
					w.doWithout(tableau.ErrJobListDenied, watchBegin)
				}
				looks, latest = newBackgrounder(bc.jobs, 10, bc.takes).wait(w)
			}
			b.ReportMetric(float64(looks), "looks")
			b.ReportMetric(latest.Seconds(), "s_worst_notice")
		})
	}
}
