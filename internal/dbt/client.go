// Package dbt is a client of the dbt Administrative API, version 2.
//
// It takes IDs, filters, and start requests. It returns runs, jobs, and artifacts as the API does, and errors with a fix. It
// adds a marker to the cause of a run, because the API has no idempotency keys: if the start gets no response, the run is found by
// its marker. It must never send a start again without a search for its run, and never retry any other request, because package
// rest does.
//
// API reference: https://docs.getdbt.com/dbt-cloud/api-v2
package dbt

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// Client sends requests about one account of the dbt platform. It is safe for concurrent use.
type Client struct {
	rest      *rest.Client
	token     string
	accountID int64
	// logsLarge is true once a run with its logs is too large for each poll, logsTooLong once it exceeds the limit of package rest.
	logsLarge, logsTooLong atomic.Bool
	// reached is true after the first response of dbt: then dbt-url is correct.
	reached atomic.Bool
	// clockOffset is dbt's time minus local time in nanoseconds, or up to a second less, as of the last response.
	clockOffset atomic.Int64
}

// New returns a client for an account, and sends nothing. options.Base has only a scheme and a host. The token is a service
// token or a personal access token.
func New(options rest.Options, token string, accountID int64) (*Client, error) {
	options.Service = "dbt"
	options.ParseError = parseError
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	return &Client{rest: client, token: token, accountID: accountID}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.rest.Close() }

// Now returns the time on dbt's clock, or up to a second before. Times that dbt returns must only be compared with this clock.
func (c *Client) Now() time.Time { return time.Now().Add(time.Duration(c.clockOffset.Load())) }

// path returns the path of a resource of the account. Its segments are strings and IDs.
func (c *Client) path(segments ...any) []string {
	path := []string{"api", "v2", "accounts", fmt.Sprint(c.accountID)}
	for _, segment := range segments {
		path = append(path, fmt.Sprint(segment))
	}
	return path
}

// pageURL returns the URL of a page of the account in dbt's user interface; kind is "jobs" or "runs".
func (c *Client) pageURL(projectID int64, kind string, id int64) string {
	return c.rest.Base().JoinPath(fmt.Sprintf("deploy/%d/projects/%d/%s/%d", c.accountID, projectID, kind, id)).String()
}

// resource is data with an ID.
type resource interface{ id() int64 }

// call sends a request for a resource of the account, unless r has a path, and returns the data of its response. A response
// about another resource is malformed, so the request is retried. r.Decode, if any, only receives the body first.
func call[T any](ctx context.Context, c *Client, r rest.Request, segments ...any) (data T, err error) {
	if r.Path == nil {
		r.Path = c.path(segments...)
	}
	r.TrailingSlash = true // without it, dbt redirects, and a POST would become a GET
	r.Accept = "application/json"
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}}
	r.Method = cmp.Or(r.Method, http.MethodGet)
	r.RetryPages = r.Method == http.MethodGet && r.Retry == rest.Polling
	inspect := r.Decode
	r.Decode = func(body []byte) (err error) {
		if inspect != nil {
			_ = inspect(body)
		}
		if data, err = decode[T](body); err != nil {
			return err
		}
		if found, ok := any(data).(resource); ok && len(segments) == 2 && segments[1] != found.id() {
			return fmt.Errorf("it contains the ID %d", found.id())
		}
		return nil
	}
	header, err := c.rest.Do(ctx, r)
	if err != nil {
		return data, c.withHint(err)
	}
	c.reached.Store(true)
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		c.clockOffset.Store(int64(time.Until(date)))
	}
	return data, nil
}

// envelope is the JSON object around every response. https://docs.getdbt.com/dbt-cloud/api-v2
type envelope[T any] struct {
	Status *envelopeStatus `json:"status"`
	Data   *T              `json:"data"`
	// Detail is an error of dbt's web framework, which returns neither Status nor Data.
	Detail string `json:"detail"`
}

type envelopeStatus struct {
	Code        int    `json:"code"`
	IsSuccess   *bool  `json:"is_success"`
	UserMessage string `json:"user_message"`
}

// decode returns the data of a response. It parses the body once, because a run with the logs of its steps is large and
// polled often. A field of an unexpected type stays empty, because most fields are only shown.
func decode[T any](body []byte) (data T, err error) {
	var response envelope[T]
	if err := json.Unmarshal(body, &response); err != nil {
		typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err)
		if !ok {
			return data, fmt.Errorf("it is not valid JSON: %w", err)
		}
		if typeErr.Field == "" || typeErr.Field == "data" {
			return data, fmt.Errorf("it contains a JSON %s instead of the requested data", typeErr.Value)
		}
	}
	if status := response.Status; status != nil && status.IsSuccess != nil && !*status.IsSuccess {
		if status.Code < http.StatusBadRequest {
			return data, fmt.Errorf("it reports a failure: %s", status.UserMessage)
		}
		return data, &rest.StatusError{Status: status.Code, Message: status.UserMessage, Body: body}
	}
	// A missing list is not an empty one.
	if v := reflect.ValueOf(response.Data); v.IsNil() || v.Elem().Kind() == reflect.Slice && v.Elem().IsNil() {
		return data, errors.New("it contains no data")
	}
	if found, ok := any(*response.Data).(resource); ok && found.id() == 0 {
		return data, errors.New("it contains no ID")
	}
	return *response.Data, nil
}

// rateLimitPause is how long dbt refuses every request once its rate limit is exceeded. The response does not contain it.
// https://docs.getdbt.com/docs/dbt-apis/rate-limits
const rateLimitPause = 5 * time.Minute

// parseError reads dbt's explanation of an error status: from its envelope, or from the format of its web framework.
func parseError(e *rest.StatusError) {
	var body envelope[json.RawMessage]
	if json.Unmarshal(e.Body, &body) == nil {
		messages := []string{cmp.Or(body.Status, &envelopeStatus{}).UserMessage, body.Detail, validationMessage(body.Data)}
		messages = slices.DeleteFunc(messages, func(text string) bool { return text == "" })
		e.Message = strings.TrimRight(strings.Join(messages, " "), ". ")
	} else {
		e.Message, _, _ = strings.Cut(strings.TrimSpace(string(e.Body)), "\n")
	}
	if e.Status == http.StatusTooManyRequests && e.RetryAfter == 0 {
		e.RetryAfter = rateLimitPause
	}
}

// validationMessage returns the explanation of a status 400 that is in data; "" if there is none.
func validationMessage(data *json.RawMessage) (text string) {
	if data == nil || json.Unmarshal(*data, &text) == nil {
		return text
	}
	if text = string(*data); text == "{}" || text == "[]" {
		return ""
	}
	return text
}

// withHint adds sentences to an error: how to fix it, or its possible cause.
func (c *Client) withHint(err error) error {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok {
		status = &rest.StatusError{}
	}
	transport, isTransport := errors.AsType[*rest.TransportError](err)
	var body envelope[json.RawMessage]
	isFromDBT := json.Unmarshal(status.Body, &body) == nil && (body.Status != nil || body.Detail != "")
	hint := ""
	switch {
	case status.Status == http.StatusTooManyRequests:
		hint = "The account's limit is 5,000 requests per minute, and another client is using it up"
	case status.Status/100 == 3:
		hint = "Set dbt-url to the account's access URL"
	case !c.reached.Load() && status.Status < http.StatusInternalServerError && !isFromDBT, isTransport && !transport.Sent:
		return c.rest.WithURLHint(err, "dbt-url", "the account's access URL, such as https://ab123.us1.dbt.com")
	case status.Status == http.StatusUnauthorized:
		hint = "Check dbt-token. It might be wrong or expired, or belong to another region or account than " + c.rest.Host() +
			". dbt also returns 401 if IP restrictions block this runner"
	case status.Status == http.StatusForbidden:
		hint = "Check the permissions of dbt-token"
	case status.Status == http.StatusNotFound:
		hint = "Check dbt-account-id, dbt-job-id, or dbt-run-id. dbt also returns 404 if the token has no access"
	default:
		return err
	}
	return fmt.Errorf("%w. %s", err, hint)
}
