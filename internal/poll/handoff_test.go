package poll_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/poll"
)

// job is a simulated dbt job: how long its runs take.
type job struct {
	length time.Duration
	// noise is the usual deviation of a run, as a part of its length; drift is how much longer each run takes.
	noise, drift float64
}

// jobs are from 2 s to 3 h, each length steady and erratic, and with a drift.
func jobs(noise float64) []job {
	var all []job
	for length := 2 * time.Second; length <= 3*time.Hour; length = length * 3 / 2 {
		for _, drift := range []float64{0, 0.002} {
			all = append(all, job{length, noise, drift})
		}
	}
	return all
}

func (j job) run(number int, random *rand.Rand) time.Duration {
	factor := (1 + j.noise*random.NormFloat64()) * math.Pow(1+j.drift, float64(number))
	return max(time.Duration(float64(j.length)*factor), 500*time.Millisecond)
}

const historyLength = 20

// handOff plays one run: how late its end is noticed, and how many looks that takes.
func handOff(length time.Duration, history []time.Duration) (late time.Duration, looks int) {
	for elapsed := time.Duration(0); ; {
		elapsed += poll.Run(elapsed, history)
		looks++
		if elapsed >= length {
			return elapsed - length, looks
		}
	}
}

type tally struct {
	late  []time.Duration
	looks int
	// every5 is how many looks polling every 5 s takes.
	every5 int
}

// simulate plays many runs of each job.
func simulate(noise float64, withHistory bool) tally {
	random := rand.New(rand.NewPCG(1, 2))
	var all tally
	for _, j := range jobs(noise) {
		for range 20 {
			var history []time.Duration
			for n := range historyLength {
				history = append(history, j.run(n, random))
			}
			length := j.run(historyLength, random)
			if !withHistory {
				history = nil
			}
			late, looks := handOff(length, history)
			all.late = append(all.late, late)
			all.looks += looks
			all.every5 += int((length + 5*time.Second - 1) / (5 * time.Second))
		}
	}
	slices.Sort(all.late)
	return all
}

func (t tally) at(part float64) time.Duration { return t.late[int(part*float64(len(t.late)-1))] }

// TestRun_steady holds the promise for jobs with a steady history.
func TestRun_steady(t *testing.T) {
	t.Parallel()
	got := simulate(0.01, true)
	if median := got.at(0.5); median > time.Second {
		t.Errorf("median hand-off %s, want at most 1s", median)
	}
	if late := got.at(0.95); late > 3*time.Second {
		t.Errorf("95th percentile of the hand-off %s, want at most 3s", late)
	}
	erratic := simulate(0.25, true)
	if looks, every5 := got.looks+erratic.looks, got.every5+erratic.every5; looks*3 > every5 {
		t.Errorf("%d looks over steady and erratic jobs, want at most a third of the %d that every 5 s takes", looks, every5)
	}
}

// TestRun_without_a_history: late by 3 % of the run, or by a second.
func TestRun_without_a_history(t *testing.T) {
	t.Parallel()
	for length := 500 * time.Millisecond; length <= 6*time.Hour; length += length/7 + time.Millisecond {
		late, _ := handOff(length, nil)
		if most := max(length*3/100, time.Second); late > most {
			t.Errorf("a run of %s is noticed %s late, want at most %s", length, late, most)
		}
	}
}

// TestRun_bounds: whatever the history, never under a second and never over half a minute.
func TestRun_bounds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		history := make([]time.Duration, random.IntN(25))
		for i := range history {
			history[i] = time.Duration(random.Int64N(int64(5 * time.Hour)))
		}
		elapsed := time.Duration(random.Int64N(int64(8 * time.Hour)))
		if got := poll.Run(elapsed, history); got < time.Second || got > 30*time.Second {
			t.Fatalf("Run(%s, %v) = %s", elapsed, history, got)
		}
	}
}

// TestRun_short: a run of 3 s is handed off within 1.5 s, whatever is known of it.
func TestRun_short(t *testing.T) {
	t.Parallel()
	steady := slices.Repeat([]time.Duration{3 * time.Second}, 10)
	for _, history := range [][]time.Duration{nil, steady} {
		for length := 2500 * time.Millisecond; length < 3500*time.Millisecond; length += 50 * time.Millisecond {
			if late, _ := handOff(length, history); late > 1500*time.Millisecond {
				t.Errorf("a run of %s with history %v is noticed %s late", length, history, late)
			}
		}
	}
}

// BenchmarkHandOff is how late the end of a run is noticed, over the simulated jobs, and how many requests that takes
// next to polling every 5 s.
func BenchmarkHandOff(b *testing.B) {
	cases := []struct {
		name    string
		noise   float64
		history bool
	}{
		{"steady_history", 0.01, true},
		{"erratic_history", 0.25, true},
		{"no_history", 0.01, false},
	}
	for _, bc := range cases {
		b.Run(bc.name, func(b *testing.B) {
			var got tally
			for b.Loop() {
				got = simulate(bc.noise, bc.history)
			}
			b.ReportMetric(0, "ns/op") // no figure of the action
			b.ReportMetric(got.at(0.5).Seconds(), "s-late-median")
			b.ReportMetric(got.at(0.95).Seconds(), "s-late-p95")
			b.ReportMetric(float64(got.looks)/float64(got.every5), "requests-vs-every-5s")
		})
	}
	b.Run("steady_and_erratic_history", func(b *testing.B) {
		var steady, erratic tally
		for b.Loop() {
			steady, erratic = simulate(0.01, true), simulate(0.25, true)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(steady.looks+erratic.looks)/float64(steady.every5+erratic.every5), "requests-vs-every-5s")
	})
	b.Run("no_history_any_length", func(b *testing.B) {
		var worst float64
		for b.Loop() {
			for length := time.Second; length <= 6*time.Hour; length += length/7 + time.Millisecond {
				late, _ := handOff(length, nil)
				worst = max(worst, float64(late)/float64(max(length*3/100, time.Second)))
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(worst, "late-vs-3%-or-1s-worst")
	})
	b.Run("runs_of_about_3s", func(b *testing.B) {
		var worst time.Duration
		for b.Loop() {
			for length := 2500 * time.Millisecond; length < 3500*time.Millisecond; length += 50 * time.Millisecond {
				late, _ := handOff(length, nil)
				worst = max(worst, late)
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(worst.Seconds(), "s-late-worst")
	})
}
