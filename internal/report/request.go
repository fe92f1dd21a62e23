package report

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// requestText returns one line about a request, such as
// "dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ answered 200 in 132ms, request id 5f…".
func requestText(e progress.RequestMade) string {
	text := fmt.Sprintf("%s %s %s ", e.Service, e.Method, sanitize.Truncate(e.Address, noteLimit))
	duration := e.Took.Round(time.Millisecond)
	if e.Err != nil {
		return text + fmt.Sprintf("was not answered in %s: %v", duration, e.Err)
	}
	text += fmt.Sprintf("answered %d in %s", e.Status, duration)
	if e.RequestID != "" {
		text += ", request id " + sanitize.Truncate(e.RequestID, nameLimit)
	}
	return text
}
