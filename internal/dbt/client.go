package dbt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	// longLogs is true once a run's steps did not fit into an answer.
	longLogs atomic.Bool
}

// New makes a client for the account at the address in options, of which Base is only scheme and host. The token is a
// service token or a personal access token.
func New(options rest.Options, token string, account int64) (*Client, error) {
	options.Service = "dbt"
	options.Explain = explain
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
	Data   T      `json:"data"`
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
	var answer envelope[T]
	r.Path = append([]string{"api", "v2", "accounts", strconv.FormatInt(c.account, 10)}, path...)
	r.Slash = true
	r.Accept = "application/json"
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	r.Decode = func(body []byte) error {
		answer = envelope[T]{}
		return decode(body, &answer, &answer.Status)
	}
	if _, err := c.rest.Do(ctx, r); err != nil {
		return answer.Data, c.cure(err)
	}
	return answer.Data, nil
}

// identified is a resource that must have an ID: without one the answer is somebody else's.
type identified interface{ identity() int64 }

func decode[T any](body []byte, answer *envelope[T], status *status) error {
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("failed to decode: %w", err)
	}
	if status.IsSuccess != nil && !*status.IsSuccess {
		return &rest.StatusError{Status: status.Code, Message: status.UserMessage}
	}
	if one, ok := any(answer.Data).(identified); ok && one.identity() == 0 {
		return errors.New("it has no id")
	}
	return nil
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
