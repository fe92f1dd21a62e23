package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/progress"

	"github.com/google/go-cmp/cmp"
)

func TestRequestMade(t *testing.T) {
	t.Parallel()

	request := progress.RequestMade{
		Service: "dbt", Method: "GET", URL: "ab123.us1.dbt.com/api/v2/accounts/1/", Status: 200, Duration: 1234567 * time.Microsecond,
	}
	withID, rejected, withoutResponse := request, request, request
	withID.RequestID = "5f0c ::error::\n::error::no"
	rejected.Status, rejected.URL = 401, "ab123.us1.dbt.com/dbtc_secret/\r\n::error::no"
	withoutResponse.Status, withoutResponse.Err = 0, errors.New("no response within 30s")
	cases := []struct {
		name  string
		env   map[string]string
		event progress.RequestMade
		want  string
	}{
		{"off", map[string]string{"GITHUB_ACTIONS": "true"}, request, ""},
		{"not_1", map[string]string{"GITHUB_ACTIONS": "true", "RUNNER_DEBUG": "true"}, request, ""},
		{"on", debugEnv("true"), request, "::debug::00:00  dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ returned 200 in 1.235s\n"},
		{
			"request_id", debugEnv("true"), withID,
			"::debug::00:00  dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ returned 200 in 1.235s, request ID 5f0c ::error:: ::error::no\n",
		},
		{"rejected", debugEnv("true"), rejected, "::debug::00:00  dbt GET ab123.us1.dbt.com/***/ ::error::no returned 401 in 1.235s\n"},
		{"no_response", debugEnv("true"), withoutResponse, "::debug::00:00  dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ got no response in 1.235s: no response within 30s\n"},
		{"terminal", debugEnv("false"), request, "debug: 00:00  dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ returned 200 in 1.235s\n"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			var log strings.Builder
			r := New(&log, func(name string) string { return tc.env[name] })
			r.Mask("dbtc_secret")
			r.Observe(tc.event)
			got := strings.TrimPrefix(log.String(), "::add-mask::dbtc_secret\n")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// debugEnv returns an environment with debug logging, and GITHUB_ACTIONS.
func debugEnv(actions string) map[string]string {
	return map[string]string{"GITHUB_ACTIONS": actions, "RUNNER_DEBUG": "1"}
}
