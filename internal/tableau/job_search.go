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

// maxCandidateJobs limits the jobs that are queried to find the job of an item. Jobs of known items do not count.
const maxCandidateJobs = 200

// findJob returns the newest job for the target's item among the jobs that match the filter, without the excluded LUIDs. The
// zero Job means that there is none.
func (c *Client) findJob(ctx context.Context, target Target, filter string, excluded ...string) (Job, error) {
	contentType, luid := target.item()
	jobs, err := c.listNewestJobs(ctx, filter)
	if err != nil {
		return Job{}, err
	}
	requested := 0
	for _, row := range jobs {
		if !row.mayBeFor(contentType) || c.jobItems.hasOtherItem(row.ID, luid) || containsFold(excluded, row.ID) {
			continue
		}
		if requested++; requested > maxCandidateJobs {
			break
		}
		job, err := c.candidateJob(ctx, row.ID)
		if isRejected(err) {
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

// candidateJob requests a job and records its item. Concurrent searches share the request.
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

// jobItems caches the items of jobs, which never change and are not in the list of jobs.
type jobItems struct {
	requests singleflight.Group

	mu        sync.Mutex
	itemByJob map[string]string // item LUIDs by job LUID, all in lower case
}

func (j *jobItems) record(job Job) {
	item := cmp.Or(job.Refresh.Workbook.ID, job.Refresh.Datasource.ID, job.FlowRun.Flow.ID)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.itemByJob == nil {
		j.itemByJob = map[string]string{}
	}
	j.itemByJob[strings.ToLower(job.ID)] = strings.ToLower(item)
}

// hasOtherItem reports whether the job is known to be for another item.
func (j *jobItems) hasOtherItem(job, item string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	known := j.itemByJob[strings.ToLower(job)]
	return known != "" && known != strings.ToLower(item)
}

// ActiveJob returns the job that is queued or in progress for the target's item. The zero Job means that there is none. The
// error can be [ErrJobListDenied].
func (c *Client) ActiveJob(ctx context.Context, target Target) (Job, error) {
	return c.findJob(ctx, target, "status:in:[Pending,InProgress]")
}

// findCreatedSince returns an unknown job for the target's item, created at the given time on Tableau's clock or later.
func (c *Client) findCreatedSince(ctx context.Context, target Target, since time.Time, known []string) (Job, error) {
	return c.findJob(ctx, target, createdSinceFilter(since), known...)
}
