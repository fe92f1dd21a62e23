package tableau

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// refreshPatience is for refreshes that were not received, or refused for now. Tableau throttles for up to an hour.
var refreshPatience = rest.Waiting

// startTimeout leaves a busy server time to answer: giving up early only makes the outcome unknown.
const startTimeout = time.Minute

// Refresh starts a full extract refresh. An error that is a [rest.UnknownError] means that there may be a job.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm
func (c *Client) Refresh(ctx context.Context, kind Kind, luid string) (Job, error) {
	return c.start(ctx, fmt.Sprintf("refresh %s %s", kind.noun(), luid), c.refreshBody(), kind.collection(), luid, "refresh")
}

// refreshBody says what to refresh how. Before 3.25 there was nothing to say.
func (c *Client) refreshBody() []byte {
	if c.version.AtLeast(3, 25) {
		return []byte("<tsRequest><extractRefresh/></tsRequest>")
	}
	return []byte("<tsRequest/>")
}

// start sends what makes a job.
func (c *Client) start(ctx context.Context, operation string, body []byte, path ...string) (Job, error) {
	var answer struct {
		Job Job `xml:"job"`
	}
	err := c.call(ctx, rest.Request{
		Operation: operation,
		Method:    http.MethodPost,
		Body:      body,
		Timeout:   startTimeout,
		Patience:  refreshPatience,
		Once:      true,
	}, &answer, path...)
	return answer.Job, err
}
