package action_test

import (
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestProxyResponse tests redirects and web pages of a proxy or a load balancer: before the first response of a service, the
// URL is wrong; afterwards, they are retried like an outage.
func TestProxyResponse(t *testing.T) {
	t.Parallel()
	faults := func(service, operation string, kinds ...sandbox.FaultKind) []sandbox.Fault {
		var all []sandbox.Fault
		for _, kind := range kinds {
			all = append(all, sandbox.Fault{Service: service, Operation: operation, Kind: kind, Times: 1})
		}
		return all
	}
	proxy := []sandbox.FaultKind{sandbox.Redirect, sandbox.TemporaryRedirect, sandbox.ForbiddenPage, sandbox.NotFoundPage}
	const wrongTableauURL, wrongDBTURL = "Check tableau-url: it should be the URL of Tableau itself", "Check dbt-url: it should be the account's access URL"
	tests := []scenarioTest{
		{name: "jobs", scenario: "success", faults: faults("tableau", "get-job", proxy...), want: "success", wantLog: []string{"redirects to elsewhere.example", "a web page (403 Forbidden)"}},
		{name: "items", scenario: "success", faults: faults("tableau", "get-workbook", proxy...), want: "success"},
		{name: "starts", scenario: "success", faults: faults("tableau", "refresh-workbook", proxy...), want: "success"},
		{name: "runs", scenario: "success", faults: faults("dbt", "get-run", proxy...), want: "success"},
	}
	for _, kind := range []sandbox.FaultKind{sandbox.UnauthorizedPage, sandbox.ForbiddenPage, sandbox.NotFoundPage, sandbox.EmptyBody, sandbox.OtherJSON, sandbox.WebPage} {
		permanent := func(service string, operations ...string) []sandbox.Fault {
			var all []sandbox.Fault
			for _, operation := range operations {
				all = append(all, sandbox.Fault{Service: service, Operation: operation, Kind: kind})
			}
			return all
		}
		tests = append(tests,
			scenarioTest{
				name: "wrong_tableau_url_" + string(kind), scenario: "success", faults: permanent("tableau", "server-info"), want: "preflight-failed",
				wantLog: []string{wrongTableauURL}, wantNoLog: []string{"signed-in user", "Check tableau-token"},
			},
			scenarioTest{
				name: "wrong_tableau_url_and_a_version_" + string(kind), scenario: "success", faults: permanent("tableau", "server-info", "sign-in"), want: "preflight-failed",
				inputs: map[string]string{"tableau-api-version": "3.20"}, wantLog: []string{wrongTableauURL}, wantNoLog: []string{"signed-in user", "Check tableau-token"},
			},
			scenarioTest{
				name: "wrong_dbt_url_" + string(kind), scenario: "dbt-only", faults: permanent("dbt", "get-job", "get-account", "list-runs"), want: "preflight-failed",
				wantLog: []string{wrongDBTURL}, wantNoLog: []string{"token has no access", "Check dbt-token"},
			})
	}
	runTests(t, tests)
}
