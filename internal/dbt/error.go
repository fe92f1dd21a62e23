package dbt

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// coolDown is how long dbt refuses everything after its rate limit was passed. Its answer does not say so.
// https://docs.getdbt.com/docs/dbt-apis/rate-limits
const coolDown = 5 * time.Minute

// explain reads what dbt says about a refusal: in its envelope, or as its web framework words it.
func explain(e *rest.StatusError) {
	var body struct {
		Status status          `json:"status"`
		Data   json.RawMessage `json:"data"`
		Detail string          `json:"detail"`
	}
	if json.Unmarshal(e.Body, &body) == nil {
		said := []string{body.Status.UserMessage, body.Detail, validation(body.Data)}
		e.Message = strings.TrimRight(strings.Join(filled(said), " "), ". ")
	} else {
		e.Message = firstLine(string(e.Body))
	}
	if e.Status == http.StatusTooManyRequests && e.RetryAfter == 0 {
		e.RetryAfter = coolDown
	}
}

// validation is the text in data that explains status 400, where there is one.
func validation(data json.RawMessage) string {
	text := strings.TrimSpace(string(data))
	if text == "null" || text == "{}" || text == "[]" {
		return ""
	}
	var plain string
	if json.Unmarshal(data, &plain) == nil {
		return plain
	}
	return text
}

func filled(texts []string) []string {
	var some []string
	for _, text := range texts {
		if text != "" {
			some = append(some, text)
		}
	}
	return some
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// cure adds to an error what a reader can do about it.
func (c *Client) cure(err error) error {
	host := c.base.Host
	if status, ok := errors.AsType[*rest.StatusError](err); ok {
		switch {
		case status.Status == http.StatusUnauthorized:
			return fmt.Errorf("%w; check dbt-token: it may be wrong or expired, or belong to another region or account than %s; "+
				"dbt also answers so to an address that its IP restrictions do not allow", err, host)
		case status.Status == http.StatusForbidden:
			return fmt.Errorf("%w; the owner of dbt-token lacks a permission", err)
		case status.Status == http.StatusNotFound:
			return fmt.Errorf("%w; dbt answers so also for what the token may not see: check dbt-account-id, dbt-job-id "+
				"or dbt-run-id, and the permissions of dbt-token", err)
		case status.Status/100 == 3:
			return fmt.Errorf("%w; set dbt-url to the account's own access URL", err)
		case status.Status == http.StatusTooManyRequests:
			return fmt.Errorf("%w; the account's limit is 5,000 requests a minute: something else is using it up", err)
		}
		return err
	}
	if answer, ok := errors.AsType[*rest.ResponseError](err); ok && answer.Page {
		return fmt.Errorf("%w; check dbt-url: it should be the account's access URL, such as https://ab123.us1.dbt.com", err)
	}
	if transport, ok := errors.AsType[*rest.TransportError](err); ok && !transport.Sent {
		return fmt.Errorf("%w; check dbt-url, and that this runner may reach %s", err, host)
	}
	return err
}
