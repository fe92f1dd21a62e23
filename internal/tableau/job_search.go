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
const maxCandidateJobs = 200

// find looks among the jobs that match the filter for one that works on the target's item, the newest first, except for some.
// The zero Job means that there is none.
func (c *Client) findJob(ctx context.Context, target Target, filter string, except ...string) (Job, error) {
	contentType, luid := target.item()
	jobs, err := c.listNewestJobs(ctx, filter)
	if err != nil {
		return Job{}, err
	}
	requested := 0
	for _, row := range jobs {
		if !row.mayBeFor(contentType) || c.jobItems.hasOtherItem(row.ID, luid) || containsFold(except, row.ID) {
			continue
		}
		if requested++; requested > maxCandidateJobs {
			break
		}
		job, err := c.candidateJob(ctx, row.ID)
		if isRefusal(err) {
			continue
		}
		if err != nil {
			return Job{}, err
		}
		if job.isFor(contentType, luid) {
			return job, nil
		}
	}
	return Job{}, nil
}

func containsFold(luids []string, luid string) bool {
	return slices.ContainsFunc(luids, func(other string) bool { return strings.EqualFold(other, luid) })
}

// candidate asks for a job, once for all who look for theirs at the same time.
func (c *Client) candidateJob(ctx context.Context, id string) (Job, error) {
	job, err, _ := c.jobItems.requests.Do(id, func() (any, error) {
		job, err := c.Job(ctx, id, time.Time{})
		if err == nil {
			c.jobItems.record(job)
		}
		return job, err
	})
	return job.(Job), err
}

// worked is what jobs work on. That never changes, and no list tells it: who looks for many jobs needs to ask only once.
type jobItems struct {
	requests singleflight.Group

	mu        sync.Mutex
	itemByJob map[string]string // the LUIDs of items by those of jobs, all in lower case
}

func (w *jobItems) record(job Job) {
	item := cmp.Or(job.Refresh.Workbook.ID, job.Refresh.Datasource.ID, job.FlowRun.Flow.ID)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.itemByJob == nil {
		w.itemByJob = map[string]string{}
	}
	w.itemByJob[strings.ToLower(job.ID)] = strings.ToLower(item)
}

// elsewhere reports whether a job is known to work on something else than the item.
func (w *jobItems) hasOtherItem(job, item string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	on := w.itemByJob[strings.ToLower(job)]
	return on != "" && on != strings.ToLower(item)
}

// Active finds the job that is queued or running for the target's item; the zero Job means that there is none. The error
// may be [ErrNoJobList].
func (c *Client) ActiveJob(ctx context.Context, target Target) (Job, error) {
	return c.findJob(ctx, target, "status:in:[Pending,InProgress]")
}

// newest finds a job for the target's item that was made at the given time of Tableau's clock or later, and is not known.
func (c *Client) findCreatedSince(ctx context.Context, target Target, since time.Time, known []string) (Job, error) {
	return c.findJob(ctx, target, createdSinceFilter(since), known...)
}
