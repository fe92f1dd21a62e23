package action_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestUnknownHost tests a host name that does not exist, and a DNS server that does not work, after which a host name might
// exist.
func TestUnknownHost(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		inputs   map[string]string
		dnsFails bool
		wantLog  string
		duration time.Duration
	}{
		{"dbt", map[string]string{"dbt-url": "https://mistyped.example"}, false, "could not find host mistyped.example. Check dbt-url;", 15 * time.Second},
		{"tableau", map[string]string{"tableau-url": "https://mistyped.example"}, false, "could not find host mistyped.example. Check tableau-url;", 15 * time.Second},
		{
			"dns_server", map[string]string{"dbt-url": "https://dbt.example"}, true,
			"lookup dbt.example on 10.0.0.2:53: server misbehaving. Check dbt-url, and that this runner can reach dbt.example", 2 * time.Minute,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := execution{scenario: successScenario(t), inputs: tc.inputs}
				if tc.dnsFails {
					e.mount = func(network *sandbox.Network, _ *sandbox.Sandbox) func() {
						network.FailDNS(time.Hour)
						return func() {}
					}
				}
				step := e.run(t)
				if got := step.outputs["result"]; got != "preflight-failed" || !strings.Contains(step.log, tc.wantLog) {
					t.Errorf("result is %s, want preflight-failed with %q\n%s", got, tc.wantLog, step.log)
				}
				if step.duration != tc.duration {
					t.Errorf("took %s, want %s\n%s", step.duration, tc.duration, step.log)
				}
			})
		})
	}
}
