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

// nodePage is a page of a connection, which is GraphQL's term for a list with cursors.
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

type responseError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code     string `json:"code"`
		Severity string `json:"severity"`
	} `json:"extensions"`
}

// isServerFailure reports whether the server could not complete a query, for which these errors have neither a code nor a
// severity: its time limits of 5 s and 30 s, and internal errors. Most of them do not recur with a smaller query.
func (e responseError) isServerFailure() bool {
	return e.Extensions.Code == "" && e.Extensions.Severity == "" && !slices.ContainsFunc(invalidQueryTexts, func(text string) bool {
		return strings.Contains(strings.ToLower(e.Message), text)
	})
}

// invalidQueryTexts are parts of the errors of a query that GraphQL rejects, which have no code either.
var invalidQueryTexts = []string{"cannot query", "validation error", "invalid syntax", "syntax error", "unknown argument", "unknown type", "variable "}

// page returns nil if the response has no data.
func (r queryResponse[N]) page() *nodePage[N] {
	for _, page := range r.Data {
		return page
	}
	return nil
}

// err returns all errors of the response as a [MetadataError]. The response must have at least one.
func (r queryResponse[N]) err() error {
	var err MetadataError
	var messages []string
	for _, e := range r.Errors {
		err.Codes = append(err.Codes, e.Extensions.Code)
		messages = append(messages, e.Message)
	}
	err.Message = strings.Join(slices.Compact(messages), "; ")
	return &err
}

// runQuery sends one query in the session. It returns a complete page or an error.
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

// queryTimeout is the limit of one attempt. Tableau's own limit ends a query long before.
const queryTimeout = time.Minute

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
			response = queryResponse[N]{} // a response that breaks off must not leave its fields to the next attempt
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
		return errors.New("it has no data")
	}
	return nil
}

// checkErrors returns the page, unless the errors of the response mean that it failed or is truncated. A limit has the
// severity of a warning, but the nodes that it omits would be skipped by the cursor of the page.
func checkErrors[N any](query batchQuery, response queryResponse[N]) (nodePage[N], error) {
	page := response.page()
	var warnings []responseError
	truncated, failed := false, page == nil
	for _, e := range response.Errors {
		code, severity := e.Extensions.Code, e.Extensions.Severity
		switch {
		case slices.Contains(limitCodes, code), e.isServerFailure():
			truncated = true
		case severity == severityWarning || slices.Contains(warningCodes, code):
			warnings = append(warnings, e)
		default:
			failed = true
		}
	}
	switch {
	case truncated:
		return nodePage[N]{}, &MetadataLimitError{Operation: query.operation, Err: response.err()}
	case failed:
		return nodePage[N]{}, fmt.Errorf("failed to %s: %w", query.operation, unavailableError(response.err()))
	}
	for _, warning := range warnings {
		query.warn(warning)
	}
	return *page, nil
}

// queryError returns the error of a query that got no response from the Metadata API, or one that is too long.
func (q batchQuery) queryError(err error) error {
	if errors.Is(err, rest.ErrTooLong) {
		return &MetadataLimitError{Operation: q.operation, Err: rest.ErrTooLong}
	}
	if rest.IsNotFound(err) {
		return &MetadataUnavailableError{Err: err}
	}
	if hasStatus(err, http.StatusOK) {
		return fmt.Errorf("%w; if this persists, list what to refresh in tableau-workbooks and tableau-datasources", err)
	}
	return q.client.withHint(err)
}
