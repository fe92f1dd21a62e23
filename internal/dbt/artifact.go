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

// artifactPatience is for artifacts, which dbt stores a moment after the end of a run.
var artifactPatience = rest.Patience{Fault: time.Minute, Garbage: time.Minute, Throttle: time.Minute}

// Artifact reads an artifact of a run, such as run_results.json, as it comes; read is called again when it has to begin
// anew. Step is the step that made it, counted from 1; 0 is the last one. A 404 in the first seconds after the end of the
// run is forgiven: dbt stores artifacts a little later.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Run%20Artifact
func (c *Client) Artifact(ctx context.Context, run int64, path string, step int, ended time.Time, read func(io.Reader) error) error {
	query := url.Values{}
	if step > 0 {
		query.Set("step", strconv.Itoa(step))
	}
	account, id := strconv.FormatInt(c.account, 10), strconv.FormatInt(run, 10)
	_, err := c.rest.Do(ctx, rest.Request{
		Operation: fmt.Sprintf("get %s of dbt run %d", path, run),
		Method:    http.MethodGet,
		Path:      append([]string{"api", "v2", "accounts", account, "runs", id, "artifacts"}, strings.Split(path, "/")...),
		Query:     query,
		Header:    http.Header{"Authorization": {"Bearer " + c.token}},
		Accept:    "*/*",
		Patience:  artifactPatience,
		Repeat:    late(ended),
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
