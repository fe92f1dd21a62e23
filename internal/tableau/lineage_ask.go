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
type pageAnswer[N any] graphAnswer[map[string]*nodePage[N]]

func (a pageAnswer[N]) page() *nodePage[N] {
	for _, page := range a.Data {
		return page
	}
	return nil
}

func (a pageAnswer[N]) problem() error { return graphAnswer[map[string]*nodePage[N]](a).problem() }

// ask sends one query, in the session. A page comes whole or not at all.
func ask[N any](ctx context.Context, s survey, variables map[string]any) (nodePage[N], error) {
	body, err := json.Marshal(map[string]any{"query": s.query, "variables": variables})
	if err != nil {
		return nodePage[N]{}, fmt.Errorf("failed to encode the query to %s: %w", s.operation, err)
	}
	for {
		identity := s.client.session.current()
		answer, err := exchange[N](ctx, s, body, identity.token)
		if err == nil {
			return judge(s, answer)
		}
		if !isUnauthorized(err) {
			return nodePage[N]{}, s.explain(err)
		}
		if err := s.client.renew(ctx, identity.token, ScopeContent, err); err != nil {
			return nodePage[N]{}, err
		}
	}
}

// queryTimeout is for one attempt. Tableau ends a query by its own limit long before.
const queryTimeout = time.Minute

func exchange[N any](ctx context.Context, s survey, body []byte, token string) (pageAnswer[N], error) {
	var answer pageAnswer[N]
	_, err := s.client.rest.Do(ctx, rest.Request{
		Operation:      s.operation,
		Method:         http.MethodPost,
		Path:           []string{"api", "metadata", "graphql"},
		Header:         http.Header{"X-Tableau-Auth": {token}},
		Accept:         "application/json",
		Body:           body,
		ContentType:    "application/json",
		Timeout:        queryTimeout,
		Retry:          s.patience,
		TooLongIsFinal: true,
		Decode: func(body []byte) error {
			answer = pageAnswer[N]{} // a broken answer must not leave half of itself to the next
			if err := json.Unmarshal(body, &answer); err != nil {
				return err
			}
			return checkAnswer(answer)
		},
	})
	return answer, err
}

// checkAnswer finds what only time cures. An answer without data and without errors must not pass for one that found nothing.
func checkAnswer[N any](answer pageAnswer[N]) error {
	for _, e := range answer.Errors {
		if e.Extensions.Code == codeRateExceeded {
			return &rest.StatusError{Status: http.StatusTooManyRequests, Code: codeRateExceeded, Message: e.Message}
		}
	}
	if page := answer.page(); (page == nil || page.Nodes == nil) && len(answer.Errors) == 0 {
		return errors.New("it has no data")
	}
	return nil
}

// judge tells what the errors beside the data are worth. Tableau's severity of a limit is that of a warning, but what is cut
// off is behind the cursor of the page, and would be lost. It tells the end of its time also without a code and a severity,
// beside a part of the data.
func judge[N any](s survey, answer pageAnswer[N]) (nodePage[N], error) {
	page := answer.page()
	var warnings []string
	limited, refused := false, page == nil
	for _, e := range answer.Errors {
		code, severity := e.Extensions.Code, e.Extensions.Severity
		switch {
		case slices.Contains(limitCodes, code):
			limited = true
		case severity == severityWarning || slices.Contains(warningCodes, code):
			warnings = append(warnings, e.Message)
		case code == "" && severity == "" && page != nil:
			limited = true
		default:
			refused = true
		}
	}
	switch {
	case limited:
		return nodePage[N]{}, &MetadataLimitError{Operation: s.operation, Err: answer.problem()}
	case refused:
		return nodePage[N]{}, fmt.Errorf("failed to %s: %w", s.operation, refusal(answer.problem()))
	}
	for _, text := range warnings {
		s.warn(text)
	}
	return *page, nil
}
