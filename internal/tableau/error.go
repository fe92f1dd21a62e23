package tableau

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// Tableau's error codes that need special handling. The texts beside them are localized, so they must not be compared.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_errors.htm
const (
	codeAlreadyQueued  = "409093" // a refresh of the same item is queued or in progress
	codeNoExtract      = "409090"
	codeJobUnreadable  = "400031" // the job exists, but can't be queried
	codeUnknownVersion = "404001" // of the REST API
	codeInvalidPage    = "400006" // after the last page
	codeUnknownPath    = "404003" // a resource that this server does not have
)

func statusError(err error) rest.StatusError {
	if status, ok := errors.AsType[*rest.StatusError](err); ok {
		return *status
	}
	return rest.StatusError{}
}

func hasCode(err error, code string) bool { return statusError(err).Code == code }

func hasStatus(err error, status int) bool { return statusError(err).Status == status }

// IsNoExtractError reports whether err means that an item has no extract to refresh.
func IsNoExtractError(err error) bool { return hasCode(err, codeNoExtract) }

// IsItemError reports whether err is a rejection (HTTP status 4xx) that concerns one item, so that the others can continue.
// A lost session, throttling, and redirects concern all items.
func IsItemError(err error) bool { return rejectionStatus(err)/100 == 4 }

// isRejected reports whether Tableau rejected or redirected a single request, so that an optional request can be skipped.
func isRejected(err error) bool { return rejectionStatus(err) != 0 }

// rejectionStatus returns the HTTP status of a rejected request; 0 for a lost session, throttling, and all other errors.
func rejectionStatus(err error) int {
	status := statusError(err).Status
	_, isSession := errors.AsType[*SessionError](err)
	if isSession || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return 0
	}
	return status
}

// parseError sets the code, message, and wait time of an error from Tableau's response. Other bodies become the message.
func parseError(e *rest.StatusError) {
	var response struct {
		Error struct {
			Code    string `xml:"code,attr"`
			Summary string `xml:"summary"`
			Detail  string `xml:"detail"`
		} `xml:"error"`
	}
	if newDecoder(e.Body).Decode(&response) != nil {
		e.Message, _, _ = strings.Cut(strings.TrimSpace(string(e.Body)), "\n")
		return
	}
	e.Code = response.Error.Code
	e.Message = strings.TrimRight(strings.Trim(response.Error.Summary+": "+response.Error.Detail, ": "), ". ")
	if e.Status == http.StatusTooManyRequests && e.RetryAfter == 0 {
		e.RetryAfter = retryAfter(response.Error.Detail)
	}
}

// maxRetryMinutes limits the wait if a text ends in another number.
const maxRetryMinutes = 60

// retryAfter returns the wait time in "Please retry after 29 minutes." in any language: the last number of the text.
func retryAfter(text string) time.Duration {
	numbers := strings.FieldsFunc(text, func(char rune) bool { return char < '0' || char > '9' })
	if len(numbers) == 0 {
		return 0
	}
	minutes, err := strconv.Atoi(numbers[len(numbers)-1])
	if err != nil {
		return 0
	}
	return time.Duration(min(minutes, maxRetryMinutes)) * time.Minute
}

func (c *Client) withHint(err error) error {
	signedIn := c.session.current().token != ""
	if _, ok := errors.AsType[*rest.StatusError](err); !ok {
		if transport, ok := errors.AsType[*rest.TransportError](err); signedIn && (!ok || transport.Sent) {
			return err
		}
		return c.withURLHint(err)
	}
	hint := ""
	switch status := statusError(err); {
	case status.Code == codeUnknownVersion:
		hint = "Remove tableau-api-version to use the server's own version"
	case status.Code == codeUnknownPath && !signedIn:
		hint = "Upgrade Tableau Server, because this server is too old: personal access tokens require 2019.4 or later"
	case status.Code == codeNoExtract:
		hint = "It has no extract. List the published data sources that it uses, or remove it if its connection is live"
	case status.Status/100 == 3:
		hint = "Correct tableau-url"
	case !signedIn && status.Code == "" && status.Status/100 == 4 && status.Status != http.StatusTooManyRequests:
		return c.withURLHint(err)
	case status.Status == http.StatusForbidden && !signedIn:
		hint = "Tableau, or a proxy in front of it, denies access to this user or this runner"
	case status.Status == http.StatusForbidden:
		hint = "The signed-in user lacks permission"
	case status.Status == http.StatusNotFound:
		hint = "Tableau also returns 404 without view permission"
	default:
		return err
	}
	return fmt.Errorf("%w. %s", err, hint)
}

func (c *Client) withURLHint(err error) error {
	return c.rest.WithURLHint(err, "tableau-url", "the URL of Tableau itself, such as https://10ay.online.tableau.com")
}
