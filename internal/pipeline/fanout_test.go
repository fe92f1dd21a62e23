package pipeline

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSchedule: what is due first comes first, in whatever order it was noted.
func TestSchedule(t *testing.T) {
	t.Parallel()

	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var s schedule
	var want []int
	for _, i := range rand.Perm(100) {
		heap.Push(&s, appointment{at: begin.Add(time.Duration(i) * time.Second), errand: errand{index: i}})
	}
	for i := range 100 {
		want = append(want, i)
	}
	var got []int
	for len(s) > 0 {
		got = append(got, heap.Pop(&s).(appointment).index)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestCollect: starts and looks wait in lines of their own, and nothing is done before its time.
func TestCollect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fanOut{watch: watch{fixed: 2 * time.Second}}
		f.later(3*time.Second, 1)
		f.later(time.Second, 2)
		f.later(time.Minute, 3)
		f.watch.add(watched{errand: errand{4, look}, id: "a"}, time.Now())
		f.watch.add(watched{errand: errand{5, waitOut}, id: "b"}, time.Now())
		time.Sleep(3 * time.Second)
		f.watch.add(watched{errand: errand{6, look}, id: "c"}, time.Now())
		f.collect()
		want := [][]errand{{{2, start}, {1, start}}, {{4, look}, {5, waitOut}}}
		if diff := cmp.Diff(want, [][]errand{f.starts, f.looks}, cmp.AllowUnexported(errand{})); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		if len(f.due) != 1 {
			t.Errorf("%d appointments are left, want 1", len(f.due))
		}
		if wait := time.Until(f.wake); wait != 2*time.Second {
			t.Errorf("the next look is due in %s, want 2s", wait)
		}
	})
}

// TestAgain: the time until the next try doubles from five seconds to five minutes.
func TestAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fanOut{targets: make([]target, 1)}
		var got []string
		for range 9 {
			f.again(0)
			got = append(got, time.Until(heap.Pop(&f.due).(appointment).at).String())
		}
		want := []string{"5s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s", "5m0s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
	})
}
