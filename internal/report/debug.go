package report

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

// requestText is one request: "dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ answered 200 in 132ms, request id 5f…".
func requestText(e progress.RequestMade) string {
	text := fmt.Sprintf("%s %s %s ", e.Service, e.Method, cut(e.URL, noteLimit))
	took := e.Duration.Round(time.Millisecond)
	if e.Err != nil {
		return text + fmt.Sprintf("was not answered in %s: %v", took, e.Err)
	}
	text += fmt.Sprintf("answered %d in %s", e.Status, took)
	if e.RequestID != "" {
		text += ", request id " + cut(e.RequestID, nameLimit)
	}
	return text
}
