package tableau

import (
	"encoding/xml"
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

// The codes that this program acts on. The texts beside them are localised, so nothing is ever decided on words.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_errors.htm
const (
	codeAlreadyQueued  = "409093" // a refresh of the same item is queued or running
	codeNoExtract      = "409090" // the item has no extract of its own
	codeJobUnreadable  = "400031" // the job is there, and can't be asked for
	codeUnknownVersion = "404001" // of the API
	codeInvalidPage    = "400006" // behind the last one
	codeUnknownPath    = "404003"
)

// hasCode reports whether err is a refusal with the given code of Tableau.
func hasCode(err error, code string) bool {
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Code == code
}

// IsLive reports whether err says that an item has no extract of its own to refresh.
func IsNoExtractError(err error) bool { return hasCode(err, codeNoExtract) }

// IsItemError reports whether err is a rejected request that concerns one item only, so that the others can continue. A lost
// session concerns all of them, and so does throttling.
func IsItemError(err error) bool {
	if _, ok := errors.AsType[*SessionError](err); ok {
		return false
	}
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Status/100 == 4 && status.Status != http.StatusTooManyRequests
}

// explain reads what Tableau says about a refusal.
func parseError(e *rest.StatusError) {
	var response struct {
		Error struct {
			Code    string `xml:"code,attr"`
			Summary string `xml:"summary"`
			Detail  string `xml:"detail"`
		} `xml:"error"`
	}
	if xml.Unmarshal(e.Body, &response) != nil {
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

// maxMinutes keeps another number in a text from putting a step to sleep for good.
const maxRetryMinutes = 60

var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+`) })

// minutes is the waiting time in "Please retry after 29 minutes.", in whatever language: the last number of the text.
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

// cure adds to an error what a reader can do about it.
func (c *Client) withHint(err error) error {
	if status, ok := errors.AsType[*rest.StatusError](err); ok {
		switch {
		case status.Code == codeUnknownVersion:
			return fmt.Errorf("%w; leave tableau-api-version empty to use the server's own version", err)
		case status.Code == codeNoExtract:
			return fmt.Errorf("%w; it has no extract of its own: name the published data sources that it reads instead", err)
		case status.Status == http.StatusForbidden && c.session.current().token == "":
			return fmt.Errorf("%w; Tableau, or a proxy before it, lets neither this user nor this runner in", err)
		case status.Status == http.StatusForbidden:
			return fmt.Errorf("%w; the signed-in user lacks the permission for it", err)
		case status.Status == http.StatusNotFound:
			return fmt.Errorf("%w; Tableau answers so also for what the signed-in user may not see", err)
		case status.Status/100 == 3:
			return fmt.Errorf("%w; correct tableau-url", err)
		}
		return err
	}
	if answer, ok := errors.AsType[*rest.ResponseError](err); ok && answer.Page {
		return fmt.Errorf("%w; check tableau-url: it should be the address of Tableau itself, such as https://10ay.online.tableau.com", err)
	}
	if transport, ok := errors.AsType[*rest.TransportError](err); ok && !transport.Sent {
		return fmt.Errorf("%w; check tableau-url, and that this runner may reach %s", err, c.rest.Host())
	}
	return err
}
