package dbt

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// ArtifactRetry is for optional artifacts.
var ArtifactRetry = rest.RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute}

// ArtifactRequest selects an artifact of a run.
type ArtifactRequest struct {
	RunID int64
	// Path is the artifact's path in the target folder, such as run_results.json.
	Path string
	// Step is the step that wrote it, counted from 1; 0 is the last one.
	Step int
	// EndedAt is when the run ended: a 404 in the first 20 seconds after it is retried, because dbt stores artifacts a little
	// later. The zero time retries none.
	EndedAt time.Time
	Retry   rest.RetryTimes
}

// Artifact passes an artifact of a run to read while it arrives. A retry calls read again, with the whole artifact.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Run%20Artifact
func (c *Client) Artifact(ctx context.Context, a ArtifactRequest, read func(io.Reader) error) error {
	query := url.Values{}
	if a.Step > 0 {
		query.Set("step", strconv.Itoa(a.Step))
	}
	accountID, runID := strconv.FormatInt(c.accountID, 10), strconv.FormatInt(a.RunID, 10)
	_, err := c.rest.Do(ctx, rest.Request{
		Operation: fmt.Sprintf("get %s of dbt run %d", a.Path, a.RunID),
		Method:    http.MethodGet,
		Path:      append([]string{"api", "v2", "accounts", accountID, "runs", runID, "artifacts"}, strings.Split(a.Path, "/")...),
		Query:     query,
		Header:    http.Header{"Authorization": {"Bearer " + c.token}},
		Accept:    "*/*",
		Retry:     a.Retry,
		RetryAlso: retryUntilStored(a.EndedAt),
		Read:      read,
	})
	if rest.IsNotFound(err) {
		return fmt.Errorf("%w; the run has made no such artifact", err)
	}
	if err != nil {
		return c.withHint(err)
	}
	return nil
}

// maxArtifactDelay is how long after the end of a run dbt may still store its artifacts.
const maxArtifactDelay = 20 * time.Second

func retryUntilStored(endedAt time.Time) func(*rest.StatusError) bool {
	return func(e *rest.StatusError) bool {
		return e.Status == http.StatusNotFound && time.Since(endedAt) < maxArtifactDelay
	}
}
