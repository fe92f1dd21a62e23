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

	"dbt-tableau-refresh/internal/rest"
)

// Client works on one account of the dbt platform. It is safe for concurrent use.
type Client struct {
	rest    *rest.Client
	base    *url.URL
	token   string
	account int64
	// longLogs is true once a run's steps did not fit into an answer, heavyLogs once they are too much for each look.
	longLogs, heavyLogs atomic.Bool
}

// New makes a client for the account at the address in options, of which Base is only scheme and host. The token is a
// service token or a personal access token.
func New(options rest.Options, token string, account int64) (*Client, error) {
	options.Service = "dbt"
	options.ParseError = explain
	client, err := rest.New(options)
	if err != nil {
		return nil, err
	}
	return &Client{rest: client, base: options.Base, token: token, account: account}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.rest.Close() }

// envelope is around every answer. https://docs.getdbt.com/dbt-cloud/api-v2
type envelope[T any] struct {
	Status status `json:"status"`
	Data   *T     `json:"data"`
}

type status struct {
	Code             int    `json:"code"`
	IsSuccess        *bool  `json:"is_success"`
	UserMessage      string `json:"user_message"`
	DeveloperMessage string `json:"developer_message"`
}

// call sends a request for something below the account; the path always ends in a slash, for without one the service
// redirects, and a POST becomes a GET on the way.
func call[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	return callFor(ctx, c, r, func(T) error { return nil }, path...)
}

// callFor also checks the answer: what is not as it should be is asked for again.
func callFor[T any](ctx context.Context, c *Client, r rest.Request, check func(T) error, path ...string) (T, error) {
	var answer T
	r.Path = append([]string{"api", "v2", "accounts", strconv.FormatInt(c.account, 10)}, path...)
	r.TrailingSlash = true
	r.Accept = "application/json"
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	look := r.Decode
	r.Decode = func(body []byte) (err error) {
		if look != nil {
			if err := look(body); err != nil {
				return err
			}
		}
		if answer, err = decode[T](body); err == nil {
			err = check(answer)
		}
		return err
	}
	if _, err := c.rest.Do(ctx, r); err != nil {
		return answer, c.cure(err)
	}
	return answer, nil
}

// identified is a resource that must have an ID: without one the answer is somebody else's.
type identified interface{ identity() int64 }

// decode reads the content of an answer, in one go: a run holds the logs of its steps, and is asked for again and again.
// Nobody has to die of a field that only decorates: where its type is not the one expected it stays empty.
func decode[T any](body []byte) (content T, err error) {
	var answer envelope[T]
	if err := json.Unmarshal(body, &answer); err != nil && !isWrongType(err) {
		return content, undecoded(err)
	}
	if status := answer.Status; status.IsSuccess != nil && !*status.IsSuccess {
		if status.Code < http.StatusBadRequest {
			return content, fmt.Errorf("it says that it failed: %s", status.UserMessage)
		}
		return content, &rest.StatusError{Status: status.Code, Message: status.UserMessage}
	}
	// A list that is not there must not pass for an empty one.
	if answer.Data == nil || isNoList(*answer.Data) {
		return content, errors.New("it holds no data")
	}
	if one, ok := any(*answer.Data).(identified); ok && one.identity() == 0 {
		return content, errors.New("it has no id")
	}
	return *answer.Data, nil
}

// isNoList reports whether a list has not been set at all.
func isNoList(content any) bool {
	v := reflect.ValueOf(content)
	return v.Kind() == reflect.Slice && v.IsNil()
}

// undecoded says what is wrong without the names of Go types.
func undecoded(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("it holds a JSON %s, which is not what was asked for", wrong.Value)
	}
	return fmt.Errorf("failed to decode: %w", err)
}

// isWrongType reports whether err is about a field, and not about the whole.
func isWrongType(err error) bool {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && wrong.Field != "" && wrong.Field != "data"
}

// related is the query parameter of that name: a JSON array, the only spelling that every tenancy takes.
func related(names ...string) url.Values {
	text, _ := json.Marshal(names)
	return url.Values{"include_related": {string(text)}}
}

// page is an address of the web site, below the account.
func (c *Client) page(parts ...any) string {
	path := []string{"deploy", strconv.FormatInt(c.account, 10)}
	for _, part := range parts {
		path = append(path, fmt.Sprint(part))
	}
	return c.base.JoinPath(path...).String()
}
