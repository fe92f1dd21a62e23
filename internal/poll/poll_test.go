package poll_test

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/poll"
)

func ExampleRun() {
	for _, elapsed := range []time.Duration{0, 10 * time.Second, 5 * time.Minute, 3 * time.Hour} {
		fmt.Println(elapsed, poll.Run(elapsed, nil))
	}
	// Output:
	// 0s 1s
	// 10s 1s
	// 5m0s 9s
	// 3h0m0s 30s
}
