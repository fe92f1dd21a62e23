package tableau

import (
	"net/http"
	"sync"
	"time"
)

// clock is Tableau's own, as far as its answers tell. Times of jobs are only ever compared with it.
type clock struct {
	mu     sync.Mutex
	offset time.Duration // Tableau's time less ours, or up to a second less
}

// set learns from the header of an answer, whose date counts whole seconds.
func (c *clock) set(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = time.Until(date)
}

func (c *clock) get() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Now is the time on Tableau's clock, or up to a second before.
func (c *Client) ServerTime() time.Time { return time.Now().Add(c.clock.get()).UTC() }

// foreign is a time of ours on Tableau's clock; the zero time stays what it is.
func (c *Client) toServerTime(local time.Time) time.Time {
	if local.IsZero() {
		return local
	}
	return local.Add(c.clock.get())
}

// alike is how far two clocks may be apart that nobody would call different: Tableau tells its own to the second.
const negligibleOffset = 2 * time.Second

// Local is a time of Tableau's as our clock had it; the zero time stays what it is.
func (c *Client) LocalTime(serverTime time.Time) time.Time {
	offset := c.clock.get()
	if serverTime.IsZero() || offset.Abs() < negligibleOffset {
		return serverTime
	}
	return serverTime.Add(-offset)
}
