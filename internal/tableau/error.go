package tableau

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// Tableau's error codes that need special handling. The texts beside them are localized, so they must not be compared.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_errors.htm
const (
	codeAlreadyQueued  = "409093" // a refresh of the same item is queued or running
	codeNoExtract      = "409090" // the item has no extract
	codeJobUnreadable  = "400031" // the job exists, but can't be queried
	codeUnknownVersion = "404001" // of the REST API
	codeInvalidPage    = "400006" // after the last page
	codeUnknownPath    = "404003" // a resource that this server does not have
)

// hasCode reports whether err is a rejection with this error code.
func hasCode(err error, code string) bool {
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Code == code
}

// IsNoExtractError reports whether err means that an item has no extract to refresh.
func IsNoExtractError(err error) bool { return hasCode(err, codeNoExtract) }

// IsItemError reports whether err is a rejection (HTTP status 4xx) that concerns one item, so that the others can continue.
// A lost session, throttling, and redirects concern all items.
func IsItemError(err error) bool { return rejectionStatus(err)/100 == 4 }

// isRejected reports whether Tableau rejected or redirected a single request, so that an optional request can be skipped.
func isRejected(err error) bool { return rejectionStatus(err) != 0 }

// rejectionStatus returns the HTTP status of a rejected request; 0 for a lost session, throttling, and all other errors.
func rejectionStatus(err error) int {
	if _, ok := errors.AsType[*SessionError](err); ok {
		return 0
	}
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || status.Status >= http.StatusInternalServerError || status.Status == http.StatusTooManyRequests {
		return 0
	}
	return status.Status
}

func hasStatus(err error, status int) bool {
	rejection, ok := errors.AsType[*rest.StatusError](err)
	return ok && rejection.Status == status
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
		line, _, _ := strings.Cut(strings.TrimSpace(string(e.Body)), "\n")
		e.Message = line
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

var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+`) })

// retryAfter returns the wait time in "Please retry after 29 minutes." in any language: the last number of the text.
func retryAfter(text string) time.Duration {
	numbers := digits().FindAllString(text, -1)
	if len(numbers) == 0 {
		return 0
	}
	n, err := strconv.Atoi(numbers[len(numbers)-1])
	if err != nil {
		return 0
	}
	return time.Duration(min(n, maxRetryMinutes)) * time.Minute
}

// withHint adds to an error what the user can do about it.
func (c *Client) withHint(err error) error {
	signedIn := c.session.current().token != ""
	if status, ok := errors.AsType[*rest.StatusError](err); ok {
		switch {
		case status.Code == codeUnknownVersion:
			return fmt.Errorf("%w; leave tableau-api-version empty to use the server's own version", err)
		case status.Code == codeNoExtract:
			return fmt.Errorf("%w; it has no extract of its own: name the published data sources that it reads instead", err)
		case status.Status/100 == 3:
			return fmt.Errorf("%w; correct tableau-url", err)
		case !signedIn && status.Code == "" && status.Status/100 == 4 && status.Status != http.StatusTooManyRequests:
			return c.withURLHint(err)
		case status.Status == http.StatusForbidden && !signedIn:
			return fmt.Errorf("%w; Tableau, or a proxy before it, lets neither this user nor this runner in", err)
		case status.Status == http.StatusForbidden:
			return fmt.Errorf("%w; the signed-in user lacks the permission for it", err)
		case status.Status == http.StatusNotFound:
			return fmt.Errorf("%w; Tableau answers so also for what the signed-in user may not see", err)
		}
		return err
	}
	transport, ok := errors.AsType[*rest.TransportError](err)
	if signedIn && (!ok || transport.Sent) {
		return err
	}
	return c.withURLHint(err)
}

func (c *Client) withURLHint(err error) error {
	return c.rest.WithURLHint(err, "tableau-url", "the URL of Tableau itself, such as https://10ay.online.tableau.com")
}
