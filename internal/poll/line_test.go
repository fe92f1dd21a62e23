package poll_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/poll"
)

// TestLine: the first twenty in each round, and of the others a tenth.
func TestLine(t *testing.T) {
	t.Parallel()

	first := func(n int) []int {
		var all []int
		for i := range n {
			all = append(all, i)
		}
		return all
	}
	cases := []struct {
		name    string
		unasked []time.Duration
		want    []int
	}{
		{"none", nil, []int{}},
		{"fewer_than_twenty", make([]time.Duration, 3), first(3)},
		{"one_other", make([]time.Duration, 21), first(21)},
		{"a_tenth_of_the_others", make([]time.Duration, 120), first(30)},
		{"a_tenth_rounded_up", make([]time.Duration, 121), first(31)},
		{"who_waited_longest", append(make([]time.Duration, 25), time.Second, time.Minute, time.Second), append(first(20), 26)},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, poll.Line(tc.unasked)); diff != "" {
				t.Errorf("Line() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLine_everybody: however many there are, each is asked at least every five minutes.
func TestLine_everybody(t *testing.T) {
	t.Parallel()
	for _, n := range []int{21, 29, 30, 31, 500, 10_000} {
		unasked := make([]time.Duration, n)
		for range 100 {
			for i := range unasked {
				unasked[i] += poll.Round
			}
			for _, i := range poll.Line(unasked) {
				unasked[i] = 0
			}
			if longest := slices.Max(unasked); longest > 5*time.Minute {
				t.Fatalf("of %d jobs one has not been asked for %s", n, longest)
			}
		}
	}
}
