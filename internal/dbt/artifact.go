package dbt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// ArtifactPatience is for artifacts that nobody has to have.
var ArtifactRetry = rest.RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute}

// ArtifactRequest names an artifact of a run.
type ArtifactRequest struct {
	RunID int64
	// Path is its name, such as run_results.json.
	Path string
	// Step is the step that made it, counted from 1; 0 is the last one.
	Step int
	// Ended is when the run ended: a 404 in the first seconds after it is forgiven, for dbt stores artifacts a little later.
	// Zero forgives none.
	EndedAt time.Time
	Retry   rest.RetryTimes
}

// Artifact reads an artifact of a run as it comes; read is called again when it has to begin anew.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Run%20Artifact
func (c *Client) Artifact(ctx context.Context, a ArtifactRequest, read func(io.Reader) error) error {
	query := url.Values{}
	if a.Step > 0 {
		query.Set("step", strconv.Itoa(a.Step))
	}
	account, id := strconv.FormatInt(c.account, 10), strconv.FormatInt(a.RunID, 10)
	_, err := c.rest.Do(ctx, rest.Request{
		Operation: fmt.Sprintf("get %s of dbt run %d", a.Path, a.RunID),
		Method:    http.MethodGet,
		Path:      append([]string{"api", "v2", "accounts", account, "runs", id, "artifacts"}, strings.Split(a.Path, "/")...),
		Query:     query,
		Header:    http.Header{"Authorization": {"Bearer " + c.token}},
		Accept:    "*/*",
		Retry:     a.Retry,
		RetryAlso: late(a.EndedAt),
		Read:      read,
	})
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusNotFound {
		return fmt.Errorf("%w; the run has made no such artifact", err)
	}
	if err != nil {
		return c.cure(err)
	}
	return nil
}

// lateness is how long after the end of a run its artifacts may take to appear.
const lateness = 20 * time.Second

func late(ended time.Time) func(*rest.StatusError) bool {
	return func(e *rest.StatusError) bool {
		return e.Status == http.StatusNotFound && time.Since(ended) < lateness
	}
}
