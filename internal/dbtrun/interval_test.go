package dbtrun

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func Example_pollInterval() {
	for _, elapsed := range []time.Duration{0, 10 * time.Second, 5 * time.Minute, 3 * time.Hour} {
		fmt.Println(elapsed, pollInterval(elapsed, nil))
	}
	// Output:
	// 0s 1s
	// 10s 1s
	// 5m0s 9s
	// 3h0m0s 30s
}

// simulatedJob is a dbt job whose runs differ in duration.
type simulatedJob struct {
	duration time.Duration
	// noise is the standard deviation of a run, drift how much longer each run takes, both relative to the duration.
	noise, drift float64
}

// simulatedJobs returns jobs from 2 s to 3 h, with and without a drift.
func simulatedJobs(noise float64) []simulatedJob {
	var jobs []simulatedJob
	for duration := 2 * time.Second; duration <= 3*time.Hour; duration = duration * 3 / 2 {
		for _, drift := range []float64{0, 0.002} {
			jobs = append(jobs, simulatedJob{duration, noise, drift})
		}
	}
	return jobs
}

func (j simulatedJob) run(number int, random *rand.Rand) time.Duration {
	factor := (1 + j.noise*random.NormFloat64()) * math.Pow(1+j.drift, float64(number))
	return max(time.Duration(float64(j.duration)*factor), 500*time.Millisecond)
}

// pollUntilEnd returns how late the end of a run is noticed, and how many polls that takes.
func pollUntilEnd(duration time.Duration, history []time.Duration) (delay time.Duration, polls int) {
	for elapsed := time.Duration(0); ; {
		elapsed += pollInterval(elapsed, history)
		polls++
		if elapsed >= duration {
			return elapsed - duration, polls
		}
	}
}

type simulation struct {
	delays []time.Duration // sorted
	polls  int
	// fixedPolls is how many polls an interval of 5 s takes.
	fixedPolls int
}

// simulate polls many runs of each job.
func simulate(noise float64, withHistory bool) simulation {
	const historyLength = 20
	random := rand.New(rand.NewPCG(1, 2))
	var result simulation
	for _, job := range simulatedJobs(noise) {
		for range 20 {
			var history []time.Duration
			for n := range historyLength {
				history = append(history, job.run(n, random))
			}
			duration := job.run(historyLength, random)
			if !withHistory {
				history = nil
			}
			delay, polls := pollUntilEnd(duration, history)
			result.delays = append(result.delays, delay)
			result.polls += polls
			result.fixedPolls += int((duration + 5*time.Second - 1) / (5 * time.Second))
		}
	}
	slices.Sort(result.delays)
	return result
}

func (s simulation) percentile(part float64) time.Duration {
	return s.delays[int(part*float64(len(s.delays)-1))]
}

func TestPollInterval_regular_history(t *testing.T) {
	t.Parallel()
	regular := simulate(0.01, true)
	if median := regular.percentile(0.5); median > time.Second {
		t.Errorf("median delay is %s, want at most 1s", median)
	}
	if p95 := regular.percentile(0.95); p95 > 3*time.Second {
		t.Errorf("95th percentile of the delay is %s, want at most 3s", p95)
	}
	irregular := simulate(0.25, true)
	if polls, fixed := regular.polls+irregular.polls, regular.fixedPolls+irregular.fixedPolls; polls*3 > fixed {
		t.Errorf("%d polls of regular and irregular jobs, want at most a third of the %d that an interval of 5 s takes", polls, fixed)
	}
}

// TestPollInterval_no_history: the delay is at most 3 % of the duration, or 1 s.
func TestPollInterval_no_history(t *testing.T) {
	t.Parallel()
	for duration := 500 * time.Millisecond; duration <= 6*time.Hour; duration += duration/7 + time.Millisecond {
		delay, _ := pollUntilEnd(duration, nil)
		if limit := max(duration*3/100, time.Second); delay > limit {
			t.Errorf("the end of a run of %s is noticed %s late, want at most %s", duration, delay, limit)
		}
	}
}

// TestPollInterval_growth: without a history, the interval never becomes shorter.
func TestPollInterval_growth(t *testing.T) {
	t.Parallel()
	if got := pollInterval(-time.Hour, nil); got != minInterval {
		t.Errorf("after the clock was set back: %s, want %s", got, minInterval)
	}
	if got := pollInterval(1000*time.Hour, nil); got != maxInterval {
		t.Errorf("after 1000 hours: %s, want %s", got, maxInterval)
	}
	previous := time.Duration(0)
	for elapsed := time.Duration(0); elapsed < 2*time.Hour; elapsed += previous {
		got := pollInterval(elapsed, nil)
		if got < previous {
			t.Fatalf("after %s: %s, after %s before", elapsed, got, previous)
		}
		previous = got
	}
}

// TestPollInterval_bounds: any history leads to an interval from 1 s to 30 s.
func TestPollInterval_bounds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		history := make([]time.Duration, random.IntN(25))
		for i := range history {
			history[i] = time.Duration(random.Int64N(int64(5 * time.Hour)))
		}
		elapsed := time.Duration(random.Int64N(int64(8 * time.Hour)))
		if got := pollInterval(elapsed, history); got < time.Second || got > 30*time.Second {
			t.Fatalf("pollInterval(%s, %v) = %s", elapsed, history, got)
		}
	}
}

// TestPollInterval_short_run: the end of a run of about 3 s is noticed within 1.5 s, with and without a history.
func TestPollInterval_short_run(t *testing.T) {
	t.Parallel()
	regular := slices.Repeat([]time.Duration{3 * time.Second}, 10)
	for _, history := range [][]time.Duration{nil, regular} {
		for duration := 2500 * time.Millisecond; duration < 3500*time.Millisecond; duration += 50 * time.Millisecond {
			if delay, _ := pollUntilEnd(duration, history); delay > 1500*time.Millisecond {
				t.Errorf("the end of a run of %s with history %v is noticed %s late", duration, history, delay)
			}
		}
	}
}

// BenchmarkHandOff measures how late the end of a run is noticed over the simulated jobs, and how many requests that takes,
// relative to an interval of 5 s.
func BenchmarkHandOff(b *testing.B) {
	cases := []struct {
		name        string
		noise       float64
		withHistory bool
	}{
		{"regular_history", 0.01, true},
		{"irregular_history", 0.25, true},
		{"no_history", 0.01, false},
	}
	for _, bc := range cases {
		b.Run(bc.name, func(b *testing.B) {
			var got simulation
			for b.Loop() {
				got = simulate(bc.noise, bc.withHistory)
			}
			b.ReportMetric(0, "ns/op") // irrelevant: only the simulation takes time
			b.ReportMetric(got.percentile(0.5).Seconds(), "s-delay-median")
			b.ReportMetric(got.percentile(0.95).Seconds(), "s-delay-p95")
			b.ReportMetric(float64(got.polls)/float64(got.fixedPolls), "requests-vs-every-5s")
		})
	}
	b.Run("regular_and_irregular_history", func(b *testing.B) {
		var regular, irregular simulation
		for b.Loop() {
			regular, irregular = simulate(0.01, true), simulate(0.25, true)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(regular.polls+irregular.polls)/float64(regular.fixedPolls+irregular.fixedPolls), "requests-vs-every-5s")
	})
	b.Run("no_history_any_duration", func(b *testing.B) {
		var worst float64
		for b.Loop() {
			for duration := time.Second; duration <= 6*time.Hour; duration += duration/7 + time.Millisecond {
				delay, _ := pollUntilEnd(duration, nil)
				worst = max(worst, float64(delay)/float64(max(duration*3/100, time.Second)))
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(worst, "delay-vs-3%-or-1s-worst")
	})
	b.Run("runs_of_about_3s", func(b *testing.B) {
		var worst time.Duration
		for b.Loop() {
			for duration := 2500 * time.Millisecond; duration < 3500*time.Millisecond; duration += 50 * time.Millisecond {
				delay, _ := pollUntilEnd(duration, nil)
				worst = max(worst, delay)
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(worst.Seconds(), "s-delay-worst")
	})
}
