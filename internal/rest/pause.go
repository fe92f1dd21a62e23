package rest

import (
	"context"
	"sync"
	"time"
)

// pause holds back every request of a client while the service wants to be left alone. The zero value holds back none.
type pause struct {
	mu  sync.Mutex
	end time.Time
}

// until lengthens the pause to the given time; it never shortens it.
func (p *pause) until(end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end.After(p.end) {
		p.end = end
	}
}

// wait returns when the pause is over, or with the cause of ctx's end.
func (p *pause) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		left := time.Until(p.end)
		p.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := Sleep(ctx, left); err != nil {
			return err
		}
	}
}
