package dbt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// Client sends requests about one account of the dbt platform. It is safe for concurrent use.
type Client struct {
	rest      *rest.Client
	base      *url.URL
	token     string
	accountID int64
	// logsLarge is true once the logs of a run are too large for each poll, logsTooLong once they exceed what package rest
	// reads.
	logsTooLong, logsLarge atomic.Bool
	// reached is true once a response was one of dbt: then dbt-url is right.
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
	return &Client{rest: client, base: options.Base, token: token, accountID: accountID}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.rest.Close() }

// envelope is the JSON object around every response. https://docs.getdbt.com/dbt-cloud/api-v2
type envelope[T any] struct {
	Status envelopeStatus `json:"status"`
	Data   *T             `json:"data"`
}

type envelopeStatus struct {
	Code             int    `json:"code"`
	IsSuccess        *bool  `json:"is_success"`
	UserMessage      string `json:"user_message"`
	DeveloperMessage string `json:"developer_message"`
}

// call sends a request for a resource of the account, unless r has a path, and returns the data of its response. The path always ends in a slash:
// without one, dbt redirects, and a POST would become a GET.
func call[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	return callAndCheck(ctx, c, r, func(T) error { return nil }, path...)
}

// callAndCheck is call with a check of the data. A response that fails it is malformed, so the request is retried.
func callAndCheck[T any](ctx context.Context, c *Client, r rest.Request, check func(T) error, path ...string) (T, error) {
	var data T
	if r.Path == nil {
		r.Path = append([]string{"api", "v2", "accounts", strconv.FormatInt(c.accountID, 10)}, path...)
	}
	r.TrailingSlash = true
	r.Accept = "application/json"
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	inspect := r.Decode
	r.Decode = func(body []byte) (err error) {
		if inspect != nil {
			if err := inspect(body); err != nil {
				return err
			}
		}
		if data, err = decode[T](body); err == nil {
			err = check(data)
		}
		return err
	}
	r.RetryPages = r.Method == http.MethodGet && r.Retry == rest.Polling
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

// Now returns the time on dbt's clock, or up to a second before. Times that dbt returns must only be compared with this clock.
func (c *Client) Now() time.Time { return time.Now().Add(time.Duration(c.clockOffset.Load())) }

// hasID is a resource that must have an ID: without one, the response is not one of dbt.
type hasID interface{ id() int64 }

// decode returns the data of a response. It parses the body once, because a run with the logs of its steps is large and
// polled often. A field of an unexpected type stays empty, because most fields are only shown.
func decode[T any](body []byte) (data T, err error) {
	var response envelope[T]
	if err := json.Unmarshal(body, &response); err != nil && !isFieldTypeError(err) {
		return data, decodeError(err)
	}
	if status := response.Status; status.IsSuccess != nil && !*status.IsSuccess {
		if status.Code < http.StatusBadRequest {
			return data, fmt.Errorf("it says that it failed: %s", status.UserMessage)
		}
		return data, &rest.StatusError{Status: status.Code, Message: status.UserMessage, Body: body}
	}
	// A missing list is not an empty one.
	if response.Data == nil || isNilSlice(*response.Data) {
		return data, errors.New("it holds no data")
	}
	if resource, ok := any(*response.Data).(hasID); ok && resource.id() == 0 {
		return data, errors.New("it has no id")
	}
	return *response.Data, nil
}

// isNilSlice reports whether data is a list that the response does not contain.
func isNilSlice(data any) bool {
	v := reflect.ValueOf(data)
	return v.Kind() == reflect.Slice && v.IsNil()
}

// decodeError returns an error of encoding/json without the names of Go types.
func decodeError(err error) error {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("it holds a JSON %s, which is not what was asked for", typeErr.Value)
	}
	return fmt.Errorf("failed to decode: %w", err)
}

// isFieldTypeError reports whether err is about the type of a single field, and not of all data.
func isFieldTypeError(err error) bool {
	typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && typeErr.Field != "" && typeErr.Field != "data"
}

// includeRelated returns the query parameter include_related as a JSON array, the only form that every region accepts.
func includeRelated(names ...string) url.Values {
	text, _ := json.Marshal(names)
	return url.Values{"include_related": {string(text)}}
}

// pageURL returns the URL of a page of the account in dbt's user interface.
func (c *Client) pageURL(segments ...any) string {
	path := []string{"deploy", strconv.FormatInt(c.accountID, 10)}
	for _, segment := range segments {
		path = append(path, fmt.Sprint(segment))
	}
	return c.base.JoinPath(path...).String()
}
