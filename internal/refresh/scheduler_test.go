package refresh

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestScheduler_phases checks the phases of targets over time. Each response takes a second.
func TestScheduler_phases(t *testing.T) {
	t.Parallel()

	type at struct {
		time   time.Duration
		phases []phase
	}
	one := func(d time.Duration, p ...phase) at { return at{d, p} }
	cases := []struct {
		name    string
		site    func(*sandbox.Site)
		targets []Target
		options Options
		want    []at
	}{
		{
			name: "refresh", targets: workbooks(1), options: Options{Wait: true},
			want: []at{one(500*time.Millisecond, phaseStarting), one(30*time.Second, phasePolling), one(90*time.Second, phaseDone)},
		},
		{
			name: "no_wait", targets: workbooks(1),
			want: []at{one(500*time.Millisecond, phaseStarting), one(1500*time.Millisecond, phaseDone)},
		},
		{
			name: "max_parallel", targets: workbooks(2), options: Options{Wait: true, MaxParallel: 1},
			want: []at{one(30*time.Second, phasePolling, phaseQueued), one(90*time.Second, phaseDone, phasePolling)},
		},
		{
			name: "source_first", targets: []Target{workbook(0, 0), source(0)},
			want: []at{one(30*time.Second, phaseWaiting, phasePolling), one(90*time.Second, phaseDone, phaseDone)},
		},
		{
			name: "source_failed", targets: []Target{workbook(0, 0), source(0)},
			site: func(s *sandbox.Site) { s.DataSources[0].Refreshes = []sandbox.Refresh{failed} },
			want: []at{one(30*time.Second, phaseWaiting, phasePolling), one(90*time.Second, phaseBlocked, phaseDone)},
		},
		{
			name: "tasks_of_one_item", targets: []Target{sourceTask(0), sourceTask(1)}, options: Options{Wait: true},
			site: func(s *sandbox.Site) { s.DataSources[0].QueueTime = time.Minute },
			want: []at{
				one(500*time.Millisecond, phaseStarting, phaseSameItemStarting), one(1500*time.Millisecond, phasePolling, phaseStarting),
				one(2500*time.Millisecond, phasePolling, phaseFindingBlocker), one(30*time.Second, phasePolling, phasePolling),
			},
		},
		{
			name: "blocker", targets: workbooks(1), options: Options{Wait: true}, site: func(s *sandbox.Site) { running(&s.Workbooks[0]) },
			want: []at{
				one(1500*time.Millisecond, phaseFindingBlocker), one(time.Minute, phaseAwaitingBlocker), one(4*time.Minute, phasePolling),
			},
		},
		{
			name: "blocker_without_list", targets: workbooks(2), options: Options{Wait: true},
			site: func(s *sandbox.Site) { noList(s); running(&s.Workbooks[0]) },
			want: []at{
				one(1500*time.Millisecond, phaseFindingBlocker, phasePolling), one(6500*time.Millisecond, phaseRetryLater, phasePolling),
				one(7500*time.Millisecond, phaseStarting, phasePolling),
			},
		},
		{
			name: "retry", targets: workbooks(1), options: Options{Wait: true, Retries: 1},
			site: func(s *sandbox.Site) { s.Workbooks[0].Refreshes = []sandbox.Refresh{failed, {}} },
			want: []at{one(30*time.Second, phasePolling), one(100*time.Second, phasePolling), one(200*time.Second, phaseDone)},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := newSite()
				if tc.site != nil {
					tc.site(&scenario.Tableau)
				}
				client := serve(t, sandbox.New(scenario), slow(time.Second))
				tc.options.Observer = &recorder{}
				s := newScheduler(client, tc.targets, tc.options)
				begin := time.Now()
				for _, want := range tc.want {
					for until := begin.Add(want.time); time.Now().Before(until); {
						wake := s.queueDue(time.Now())
						s.sendQueued(t.Context())
						if err := s.await(t.Context(), earlier(wake, until)); err != nil {
							t.Fatal(err)
						}
					}
					var got []phase
					counts := [phaseCount]int{}
					for _, target := range s.targets {
						got = append(got, target.phase)
						counts[target.phase]++
					}
					if diff := cmp.Diff(want.phases, got); diff != "" {
						t.Errorf("phases after %s (-want +got):\n%s", want.time, diff)
					}
					if counts != s.inPhase {
						t.Errorf("counts after %s are %v, want %v", want.time, s.inPhase, counts)
					}
				}
				if err := s.run(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestScheduler_retryStart: the backoff doubles from five seconds to five minutes.
func TestScheduler_retryStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scheduler{}
		target := &targetState{}
		var got []string
		for range 9 {
			s.retryStart(target)
			got = append(got, time.Until(target.retryAt).String())
		}
		want := []string{"5s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s", "5m0s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
	})
}

// TestScheduler_queueDue: starts and polls have separate queues, and nothing is queued before it is due.
func TestScheduler_queueDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scheduler{poller: newPoller(2*time.Second, time.Now())}
		for i := range 6 {
			s.targets = append(s.targets, &targetState{index: i})
		}
		for i, wait := range []time.Duration{3 * time.Second, time.Second, time.Minute} {
			s.targets[i].backoff = wait / 2
			s.retryStart(s.targets[i])
			s.targets[i].retryAt = time.Now().Add(wait)
		}
		s.poller.add(&polledJob{target: s.targets[3]}, time.Now())
		s.poller.add(&polledJob{target: s.targets[4]}, time.Now())
		time.Sleep(3 * time.Second)
		s.poller.add(&polledJob{target: s.targets[5]}, time.Now())
		wake := s.queueDue(time.Now())
		if diff := cmp.Diff([]*targetState{s.targets[1], s.targets[0]}, s.startQueue, cmp.Comparer(func(a, b *targetState) bool { return a == b })); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int{3, 4}, describe(s.callQueue)); diff != "" {
			t.Errorf("polls (-want +got):\n%s", diff)
		}
		if wait := time.Until(wake); wait != 2*time.Second {
			t.Errorf("the next poll is due in %s, want 2s", wait)
		}
		if wait := time.Until(s.queueRetries(time.Now())); wait != 57*time.Second {
			t.Errorf("the next start is due in %s, want 57s", wait)
		}
	})
}
