package rest

import (
	"net/http"
	"time"
)

const (
	// newcomer is how long a service may take to show what it has just made.
	newcomer = time.Minute
	// lasting is how long a 404 may come and go before it counts.
	lasting = 15 * time.Second
)

// RetryNotFound is for Request.RetryAlso: it forgives a 404 for something that was made at the given time and may not be visible
// everywhere yet, and one that does not last. A zero time stands for something old.
func RetryNotFound(made time.Time) func(*StatusError) bool {
	asked := time.Now()
	return func(e *StatusError) bool {
		return e.Status == http.StatusNotFound && (time.Since(made) < newcomer || time.Since(asked) < lasting)
	}
}
