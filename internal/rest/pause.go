package rest

import (
	"context"
	"sync"
	"time"
)

// pause holds back all requests of a client for as long as the service asked. The zero value holds back none.
type pause struct {
	mu  sync.Mutex
	end time.Time
}

// extend lengthens the pause to the given time; it never shortens it.
func (p *pause) extend(end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end.After(p.end) {
		p.end = end
	}
}

// wait returns when the pause is over, or with the cause of the end of ctx.
func (p *pause) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		remaining := time.Until(p.end)
		p.mu.Unlock()
		if remaining <= 0 {
			return nil
		}
		if err := Sleep(ctx, remaining); err != nil {
			return err
		}
	}
}

// Sleep returns nil after d, or the cause of the end of ctx if that comes first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
