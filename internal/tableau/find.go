package tableau

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// maxCandidates bounds the jobs that are looked at one by one to find the one of an item. Those of which it is known what they
// work on don't count.
const maxCandidates = 200

// find looks among the jobs that match the filter for one that works on the target's item, the newest first, except for some.
// The zero Job means that there is none.
func (c *Client) find(ctx context.Context, t Target, filter string, except ...string) (Job, error) {
	kind, luid := t.works()
	jobs, err := c.jobs(ctx, filter)
	if err != nil {
		return Job{}, err
	}
	asked := 0
	for _, candidate := range jobs {
		if !candidate.fits(kind) || c.worked.elsewhere(candidate.ID, luid) || contains(except, candidate.ID) {
			continue
		}
		if asked++; asked > maxCandidates {
			break
		}
		job, err := c.candidate(ctx, candidate.ID)
		if isRefusal(err) {
			continue
		}
		if err != nil {
			return Job{}, err
		}
		if job.worksOn(kind, luid) {
			return job, nil
		}
	}
	return Job{}, nil
}

func contains(luids []string, luid string) bool {
	return slices.ContainsFunc(luids, func(l string) bool { return strings.EqualFold(l, luid) })
}

// candidate asks for a job, once for all who look for theirs at the same time.
func (c *Client) candidate(ctx context.Context, id string) (Job, error) {
	found, err, _ := c.worked.flight.Do(id, func() (any, error) {
		job, err := c.Job(ctx, id, time.Time{})
		if err == nil {
			c.worked.learn(job)
		}
		return job, err
	})
	return found.(Job), err
}

// worked is what jobs work on. That never changes, and no list tells it: who looks for many jobs needs to ask only once.
type worked struct {
	flight singleflight.Group

	mu sync.Mutex
	on map[string]string // the LUIDs of items by those of jobs, all in lower case
}

func (w *worked) learn(job Job) {
	item := cmp.Or(job.Refresh.Workbook.ID, job.Refresh.Datasource.ID, job.FlowRun.Flow.ID)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on == nil {
		w.on = map[string]string{}
	}
	w.on[strings.ToLower(job.ID)] = strings.ToLower(item)
}

// elsewhere reports whether a job is known to work on something else than the item.
func (w *worked) elsewhere(job, item string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	on := w.on[strings.ToLower(job)]
	return on != "" && on != strings.ToLower(item)
}

// Active finds the job that is queued or running for the target's item; the zero Job means that there is none. The error
// may be [ErrNoJobList].
func (c *Client) ActiveJob(ctx context.Context, t Target) (Job, error) {
	return c.find(ctx, t, "status:in:[Pending,InProgress]")
}

// newest finds a job for the target's item that was made at the given time of Tableau's clock or later, and is not known.
func (c *Client) newest(ctx context.Context, t Target, since time.Time, known []string) (Job, error) {
	return c.find(ctx, t, madeSince(since), known...)
}
