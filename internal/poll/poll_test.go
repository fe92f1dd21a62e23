package poll_test

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/poll"
)

func ExampleJob() {
	for _, waited := range []time.Duration{0, 3 * time.Second, 20 * time.Second, 2 * time.Hour} {
		fmt.Println(waited, poll.Job(waited))
	}
	// Output:
	// 0s 1s
	// 3s 1s
	// 20s 4s
	// 2h0m0s 1m0s
}

func ExampleLine() {
	unasked := make([]time.Duration, 25)
	unasked[23] = 4 * time.Minute
	fmt.Println(poll.Line(unasked))
	// Output:
	// [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 23]
}
