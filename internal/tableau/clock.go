package tableau

import (
	"net/http"
	"sync"
	"time"
)

// clock tracks Tableau's clock by its responses. The times of jobs must only be compared with this clock.
type clock struct {
	mu     sync.Mutex
	known  bool
	offset time.Duration // Tableau's time minus local time, or up to a second less
}

// set updates the offset from the Date header of a response, which has a resolution of one second. An error might come from a
// proxy with another clock: it only counts as long as the offset is unknown.
func (c *clock) set(header http.Header, ok bool) {
	date, err := http.ParseTime(header.Get("Date"))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && (ok || !c.known) {
		c.known, c.offset = true, time.Until(date)
	}
}

func (c *clock) get() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// ServerTime returns the time on Tableau's clock in UTC, or up to a second before.
func (c *Client) ServerTime() time.Time { return time.Now().Add(c.clock.get()).UTC() }

// toServerTime converts a local time to Tableau's clock; the zero time stays zero.
func (c *Client) toServerTime(local time.Time) time.Time {
	if local.IsZero() {
		return local
	}
	return local.Add(c.clock.get())
}

// negligibleOffset is the offset below which the two clocks count as equal, because the Date header has whole seconds.
const negligibleOffset = 2 * time.Second

// LocalTime converts a time on Tableau's clock to local time; the zero time stays zero.
func (c *Client) LocalTime(serverTime time.Time) time.Time {
	offset := c.clock.get()
	if serverTime.IsZero() || offset.Abs() < negligibleOffset {
		return serverTime
	}
	return serverTime.Add(-offset)
}
