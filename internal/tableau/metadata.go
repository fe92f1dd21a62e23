package tableau

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// batchQuery is a GraphQL query for many values, which is sent for batches of values, and whose results are read in pages.
// The query has one top-level field and the variable $values, and unless it is unpaged, the variables $first and $after.
type batchQuery struct {
	client    *Client
	retry     rest.RetryTimes
	operation string
	graphQL   string
	// maxValues and maxNodes are the largest batch and page. Tableau allows pages of 1,000 nodes, but also counts the objects
	// below them against its node limit.
	maxValues, maxNodes int
	unpaged             bool
	// smallest is true if nothing less can be requested. Only then, a failure of the server is retried.
	smallest bool
	// warn is called with each warning in a complete response.
	warn func(responseError)
}

// collect sends the query for all values and calls add with each node, sometimes twice: a batch whose response is truncated
// is restarted with half of its values. After a batch that fits, the next ones grow again, because usually a single value
// causes the truncation. Each time that this was too early, twice as many batches have to fit first.
func collect[N any](ctx context.Context, query batchQuery, values []string, add func(N)) error {
	batchSize, pageSize, after := query.maxValues, query.maxNodes, ""
	seen := map[string]bool{} // cursors of the current batch
	fits, growAfter, grown := 0, 1, false
	for len(values) > 0 {
		batch := values[:min(batchSize, len(values))]
		query.smallest = len(batch) == 1 && (pageSize == 1 || query.unpaged)
		page, err := runQuery[N](ctx, query, query.variables(batch, pageSize, after))
		isTruncated := errors.Is(err, errTruncated)
		if isTruncated && grown {
			fits, growAfter, grown = 0, 2*growAfter, false
		}
		switch {
		case isTruncated && len(batch) > 1:
			batchSize, pageSize, after = len(batch)/2, max(1, pageSize/2), ""
			clear(seen)
			continue
		case isTruncated && !query.smallest:
			pageSize /= 2
			continue
		case err != nil:
			return err
		}
		for _, node := range page.Nodes {
			add(node)
		}
		if next := page.PageInfo.EndCursor; page.PageInfo.HasNextPage == BoolTrue {
			if next == "" || seen[next] || len(seen) == maxPages {
				return fmt.Errorf("failed to %s: the Metadata API returned no valid cursor for the next page", query.operation)
			}
			after, seen[next] = next, true
			continue
		}
		clear(seen)
		values, after, fits = values[len(batch):], "", fits+1
		if grown = fits >= growAfter; grown {
			batchSize, pageSize, fits = min(2*batchSize, query.maxValues), min(2*pageSize, query.maxNodes), 0
		}
	}
	return nil
}

func (q batchQuery) variables(values []string, first int, after string) map[string]any {
	variables := map[string]any{"values": values}
	if !q.unpaged {
		variables["first"], variables["after"] = first, nil // the first page
	}
	if after != "" {
		variables["after"] = after
	}
	return variables
}

// nodePage is a page of a GraphQL connection.
type nodePage[N any] struct {
	Nodes    []N `json:"nodes"`
	PageInfo struct {
		HasNextPage OptionalBool `json:"hasNextPage"`
		EndCursor   string       `json:"endCursor"`
	} `json:"pageInfo"`
}

// UnmarshalJSON also decodes a plain list, which has a single page.
func (p *nodePage[N]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, &p.Nodes)
	}
	type plain nodePage[N]
	return json.Unmarshal(data, (*plain)(p))
}

// queryResponse can contain both errors, with HTTP status 200, and a part of the data.
type queryResponse[N any] struct {
	// Data has the single top-level field of the query, or none.
	Data   map[string]*nodePage[N] `json:"data"`
	Errors []responseError         `json:"errors"`
}

func (r queryResponse[N]) page() *nodePage[N] {
	for _, page := range r.Data {
		return page
	}
	return nil
}

// responseError is an error or a warning.
// https://help.tableau.com/current/api/metadata_api/en-us/docs/meta_api_errors.html
type responseError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code     string `json:"code"`
		Severity string `json:"severity"`
	} `json:"extensions"`
}

const (
	codeRateExceeded    = "RATE_EXCEEDED"
	codeBackfillRunning = "BACKFILL_RUNNING"
)

// isTruncation reports whether the response omits nodes because of a limit. A limit has the severity of a warning, but the
// cursor of the page would skip the omitted nodes.
func (e responseError) isTruncation() bool {
	return slices.Contains([]string{"NODE_LIMIT_EXCEEDED", "TIME_LIMIT_EXCEEDED"}, e.Extensions.Code) || e.isServerFailure()
}

// isWarning reports whether the error does not affect the data. The severity of some codes differs between versions.
func (e responseError) isWarning() bool {
	return e.Extensions.Severity == "WARNING" ||
		slices.Contains([]string{codeBackfillRunning, "PERMISSIONS_MODE_SWITCHED", "MAX_PAGE_SIZE_EXCEEDED"}, e.Extensions.Code)
}

// isServerFailure reports whether the server could not complete a query, for which these errors have neither a code nor a
// severity: its time limits of 5 s and 30 s, and internal errors. Most of them do not recur with a smaller query.
func (e responseError) isServerFailure() bool {
	return e.Extensions.Code == "" && e.Extensions.Severity == "" && !slices.ContainsFunc(invalidQueryTexts, func(text string) bool {
		return strings.Contains(strings.ToLower(e.Message), text)
	})
}

// invalidQueryTexts are parts of the errors of a query that GraphQL rejects, which have no code either.
var invalidQueryTexts = []string{
	"cannot query", "validation error", "invalid syntax", "syntax error", "unknown argument", "unknown type", "variable ",
}

var errTruncated = errors.New("response is truncated even for a single name")

func (q batchQuery) truncatedError(err error) error {
	return fmt.Errorf("failed to %s. List the items in tableau-workbooks and tableau-datasources, or ask an administrator to raise the "+
		"Metadata API limits. The %w: %w", q.operation, errTruncated, err)
}

func (r queryResponse[N]) err() error {
	hint := ""
	var messages []string
	for _, e := range r.Errors {
		messages = append(messages, strings.TrimSuffix(e.Message, "."))
		switch e.Extensions.Code {
		case "FEATURE_DISABLED":
			hint = ". Ask the server administrator to enable it: tsm maintenance metadata-services enable"
		case "ACCESS_DENIED":
			hint = ". The signed-in user lacks permission for the Metadata API. A connected app needs the scope " + ScopeContent
		}
	}
	return fmt.Errorf("the Metadata API reported: %s%s", strings.Join(slices.Compact(messages), ", "), hint)
}

func runQuery[N any](ctx context.Context, query batchQuery, variables map[string]any) (nodePage[N], error) {
	body, err := json.Marshal(map[string]any{"query": query.graphQL, "variables": variables})
	if err != nil {
		return nodePage[N]{}, fmt.Errorf("failed to encode the query to %s: %w", query.operation, err)
	}
	for {
		identity := query.client.session.current()
		response, err := sendQuery[N](ctx, query, body, identity.token)
		if err == nil {
			return checkErrors(query, response)
		}
		if !hasStatus(err, http.StatusUnauthorized) {
			return nodePage[N]{}, query.queryError(err)
		}
		if err := query.client.renew(ctx, identity.token, ScopeContent, err); err != nil {
			return nodePage[N]{}, err
		}
	}
}

const queryTimeout = time.Minute // Tableau's own limit ends a query long before

func sendQuery[N any](ctx context.Context, query batchQuery, body []byte, token string) (queryResponse[N], error) {
	var response queryResponse[N]
	_, err := query.client.rest.Do(ctx, rest.Request{
		Operation:      query.operation,
		Method:         http.MethodPost,
		Path:           []string{"api", "metadata", "graphql"},
		Header:         http.Header{"X-Tableau-Auth": {token}},
		Accept:         "application/json",
		Body:           body,
		ContentType:    "application/json",
		Timeout:        queryTimeout,
		Retry:          query.retry,
		TooLongIsFinal: true,
		Decode: func(body []byte) error {
			response = queryResponse[N]{} // a truncated response must not leave its fields to the next attempt
			if err := json.Unmarshal(body, &response); err != nil {
				return err
			}
			return checkRetryable(query, response)
		},
		RetryAlso: func(e *rest.StatusError) bool { return e.Status == http.StatusOK },
	})
	return response, err
}

// checkRetryable returns an error for a response to retry: throttling, a failure of the server if nothing less can be
// requested, or neither errors nor a complete page, which is no empty result.
func checkRetryable[N any](query batchQuery, response queryResponse[N]) error {
	page := response.page()
	for _, e := range response.Errors {
		switch {
		case e.Extensions.Code == codeRateExceeded:
			return &rest.StatusError{Status: http.StatusTooManyRequests, Code: codeRateExceeded, Message: e.Message}
		case page == nil && query.smallest && e.isServerFailure():
			return &rest.StatusError{Status: http.StatusOK, Message: e.Message}
		}
	}
	if len(response.Errors) == 0 && (page == nil || page.Nodes == nil || !query.unpaged && page.PageInfo.HasNextPage == BoolUnknown) {
		return errors.New("the data is missing")
	}
	return nil
}

func checkErrors[N any](query batchQuery, response queryResponse[N]) (nodePage[N], error) {
	page := response.page()
	switch isFailure := func(e responseError) bool { return !e.isWarning() }; {
	case slices.ContainsFunc(response.Errors, responseError.isTruncation):
		return nodePage[N]{}, query.truncatedError(response.err())
	case page == nil || slices.ContainsFunc(response.Errors, isFailure):
		return nodePage[N]{}, fmt.Errorf("failed to %s: %w", query.operation, response.err())
	}
	for _, warning := range response.Errors {
		query.warn(warning)
	}
	return *page, nil
}

// queryError returns the error of a query that got no response from the Metadata API, or one that is too long.
func (q batchQuery) queryError(err error) error {
	switch {
	case errors.Is(err, rest.ErrTooLong):
		return q.truncatedError(rest.ErrTooLong)
	case rest.IsNotFound(err):
		return fmt.Errorf("%w. The Metadata API requires Tableau Cloud, or Tableau Server 2019.3 or later", err)
	case hasStatus(err, http.StatusOK):
		return fmt.Errorf("%w. If this persists, list the items in tableau-workbooks and tableau-datasources", err)
	}
	return q.client.withHint(err)
}
