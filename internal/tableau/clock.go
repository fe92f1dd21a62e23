package tableau

import (
	"net/http"
	"sync"
	"time"
)

// clock is Tableau's own, as far as its answers tell. Times of jobs are only ever compared with it.
type clock struct {
	mu     sync.Mutex
	offset time.Duration // Tableau's time less ours
}

// set learns from the header of an answer, whose date counts whole seconds.
func (c *clock) set(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = date.Sub(time.Now().Truncate(time.Second))
}

// Now is the time on Tableau's clock, to the second.
func (c *Client) Now() time.Time {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	return time.Now().Add(c.clock.offset).UTC().Truncate(time.Second)
}
