package tableau

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// nodePage is a page of a connection, as GraphQL calls a list with cursors.
type nodePage[N any] struct {
	Nodes    []N `json:"nodes"`
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
}

// UnmarshalJSON also reads a plain list, which is the only page.
func (p *nodePage[N]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, &p.Nodes)
	}
	type plain nodePage[N]
	return json.Unmarshal(data, (*plain)(p))
}

// pageAnswer has one field, by the name that the query gives it; none where an answer has no data.
type pageResponse[N any] graphQLResponse[map[string]*nodePage[N]]

func (a pageResponse[N]) page() *nodePage[N] {
	for _, page := range a.Data {
		return page
	}
	return nil
}

func (a pageResponse[N]) err() error { return graphQLResponse[map[string]*nodePage[N]](a).err() }

// ask sends one query, in the session. A page comes whole or not at all.
func runQuery[N any](ctx context.Context, query batchQuery, variables map[string]any) (nodePage[N], error) {
	body, err := json.Marshal(map[string]any{"query": query.query, "variables": variables})
	if err != nil {
		return nodePage[N]{}, fmt.Errorf("failed to encode the query to %s: %w", query.operation, err)
	}
	for {
		identity := query.client.session.current()
		response, err := sendQuery[N](ctx, query, body, identity.token)
		if err == nil {
			return checkErrors(query, response)
		}
		if !isUnauthorized(err) {
			return nodePage[N]{}, query.queryError(err)
		}
		if err := query.client.renew(ctx, identity.token, ScopeContent, err); err != nil {
			return nodePage[N]{}, err
		}
	}
}

// queryTimeout is for one attempt. Tableau ends a query by its own limit long before.
const queryTimeout = time.Minute

func sendQuery[N any](ctx context.Context, query batchQuery, body []byte, token string) (pageResponse[N], error) {
	var response pageResponse[N]
	_, err := query.client.rest.Do(ctx, rest.Request{
		Operation:     query.operation,
		Method:        http.MethodPost,
		Path:          []string{"api", "metadata", "graphql"},
		Header:        http.Header{"X-Tableau-Auth": {token}},
		Accept:        "application/json",
		Body:          body,
		ContentType:   "application/json",
		Timeout:       queryTimeout,
		Retry:         query.retry,
		CanAskForLess: true,
		Decode: func(body []byte) error {
			response = pageResponse[N]{} // a broken answer must not leave half of itself to the next
			if err := json.Unmarshal(body, &response); err != nil {
				return err
			}
			return checkRetryable(response)
		},
	})
	return response, err
}

// checkAnswer finds what only time cures. An answer without data and without errors must not pass for one that found nothing.
func checkRetryable[N any](response pageResponse[N]) error {
	for _, e := range response.Errors {
		if e.Extensions.Code == codeRateExceeded {
			return &rest.StatusError{Status: http.StatusTooManyRequests, Code: codeRateExceeded, Message: e.Message}
		}
	}
	if page := response.page(); (page == nil || page.Nodes == nil) && len(response.Errors) == 0 {
		return errors.New("it has no data")
	}
	return nil
}

// judge tells what the errors beside the data are worth. Tableau's severity of a limit is that of a warning, but what is cut
// off is behind the cursor of the page, and would be lost. It tells the end of its time also without a code and a severity,
// beside a part of the data.
func checkErrors[N any](query batchQuery, response pageResponse[N]) (nodePage[N], error) {
	page := response.page()
	var warnings []string
	truncated, failed := false, page == nil
	for _, e := range response.Errors {
		code, severity := e.Extensions.Code, e.Extensions.Severity
		switch {
		case slices.Contains(limitCodes, code):
			truncated = true
		case severity == severityWarning || slices.Contains(warningCodes, code):
			warnings = append(warnings, e.Message)
		case code == "" && severity == "" && page != nil:
			truncated = true
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
	for _, text := range warnings {
		query.warn(text)
	}
	return *page, nil
}
