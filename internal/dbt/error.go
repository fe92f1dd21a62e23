package dbt

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// rateLimitPause is how long dbt refuses every request once its rate limit is exceeded. The response does not contain it.
// https://docs.getdbt.com/docs/dbt-apis/rate-limits
const rateLimitPause = 5 * time.Minute

// errorBody is the body of a response with an error status.
type errorBody struct {
	Status *envelopeStatus `json:"status"`
	Data   json.RawMessage `json:"data"`
	Detail string          `json:"detail"`
}

// isFromDBT reports whether the response has dbt's format.
func isFromDBT(e *rest.StatusError) bool {
	var body errorBody
	return json.Unmarshal(e.Body, &body) == nil && (body.Status != nil || body.Detail != "")
}

// parseError reads dbt's explanation of an error status: from its envelope, or from the format of its web framework.
func parseError(e *rest.StatusError) {
	var body errorBody
	if json.Unmarshal(e.Body, &body) == nil {
		messages := []string{cmp.Or(body.Status, &envelopeStatus{}).UserMessage, body.Detail, validationMessage(body.Data)}
		messages = slices.DeleteFunc(messages, func(text string) bool { return text == "" })
		e.Message = strings.TrimRight(strings.Join(messages, " "), ". ")
	} else {
		e.Message = firstLine(string(e.Body))
	}
	if e.Status == http.StatusTooManyRequests && e.RetryAfter == 0 {
		e.RetryAfter = rateLimitPause
	}
}

// validationMessage returns the explanation of a status 400 that is in data; "" if there is none.
func validationMessage(data json.RawMessage) string {
	text := strings.TrimSpace(string(data))
	if text == "null" || text == "{}" || text == "[]" {
		return ""
	}
	var unquoted string
	if json.Unmarshal(data, &unquoted) == nil {
		return unquoted
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// withHint adds to an error what the user can do about it.
func (c *Client) withHint(err error) error {
	host, reached := c.base.Host, c.reached.Load()
	if status, ok := errors.AsType[*rest.StatusError](err); ok {
		switch {
		case status.Status == http.StatusTooManyRequests:
			return fmt.Errorf("%w; the account's limit is 5,000 requests a minute: something else is using it up", err)
		case status.Status/100 == 3:
			return fmt.Errorf("%w; set dbt-url to the account's own access URL", err)
		case !reached && status.Status < http.StatusInternalServerError && !isFromDBT(status):
			return c.withURLHint(err)
		case status.Status == http.StatusUnauthorized:
			return fmt.Errorf("%w; check dbt-token: it may be wrong or expired, or belong to another region or account than %s; "+
				"dbt also answers so to an address that its IP restrictions do not allow", err, host)
		case status.Status == http.StatusForbidden:
			return fmt.Errorf("%w; the owner of dbt-token lacks a permission", err)
		case status.Status == http.StatusNotFound:
			return fmt.Errorf("%w; dbt answers so also for what the token may not see: check dbt-account-id, dbt-job-id "+
				"or dbt-run-id, and the permissions of dbt-token", err)
		}
		return err
	}
	transport, ok := errors.AsType[*rest.TransportError](err)
	if reached && (!ok || transport.Sent) {
		return err
	}
	return c.withURLHint(err)
}

func (c *Client) withURLHint(err error) error {
	return c.rest.WithURLHint(err, "dbt-url", "the account's access URL, such as https://ab123.us1.dbt.com")
}
