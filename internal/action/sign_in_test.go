package action_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/action"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestSignIn tests all sign-in methods.
func TestSignIn(t *testing.T) {
	t.Parallel()
	userAndPassword := map[string]string{"tableau-token-name": "", "tableau-token-value": "", "tableau-username": successScenario(t).Tableau.Username, "tableau-password": "sandbox-tableau-password"}
	shortSession := func(s *sandbox.Scenario) { s.Tableau.IdleLimit = 3 * time.Minute } // so that the session ends while dbt runs
	runTests(t, []scenarioTest{
		{
			name: "user_and_password", scenario: "success", inputs: userAndPassword, change: shortSession, want: "success", wantRequests: map[string]int{"sign-in": 2},
			check: checkMasked("sandbox-tableau-password"),
		},
		{
			name: "wrong_password", scenario: "success", inputs: withInputs(userAndPassword, "tableau-password", "mistyped"), want: "preflight-failed",
			wantLog: []string{"Check tableau-username and tableau-password", "multi-factor authentication"}, wantRequests: map[string]int{"sign-in": 1},
		},
		{name: "connected_app", scenario: "connected-app", want: "success", wantRequests: map[string]int{"sign-in": 1}, check: checkTokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read")},
		{name: "connected_app_renewed", scenario: "connected-app", change: shortSession, want: "success", check: checkTokens(2, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read")},
		{
			name: "connected_app_not_waiting", scenario: "connected-app", inputs: map[string]string{"tableau-wait": "false"}, want: "started",
			check: checkTokens(1, "tableau:content:read", "tableau:tasks:run"),
		},
		{
			name: "connected_app_dry_run", scenario: "connected-app", inputs: map[string]string{"dry-run": "true"}, want: "checked", check: checkTokens(1, "tableau:content:read"),
		},
		{
			name: "connected_app_with_tasks", scenario: "connected-app", change: addTask, want: "success", inputs: onlyTasks(taskLUID(1), ""),
			check: checkTokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read", "tableau:tasks:read"),
		},
		{
			name: "connected_app_incremental", scenario: "connected-app", want: "success", inputs: map[string]string{"tableau-incremental": "true"},
			check: checkTokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read"),
		},
		{
			name: "connected_app_incremental_on_an_old_server", scenario: "connected-app", want: "started",
			change: func(s *sandbox.Scenario) {
				s.Tableau.APIVersion, s.Tableau.Tasks = "3.24", []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID, Incremental: true}}
			},
			inputs: withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-incremental", "true", "tableau-wait", "false"), wantRequests: map[string]int{"list-tasks": 1, "run-task": 1},
			check: checkTokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:tasks:read"),
		},
		{
			name: "connected_app_incremental_by_an_old_version", scenario: "connected-app", want: "started",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID, Incremental: true}}
			},
			inputs: withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-incremental", "true", "tableau-wait", "false", "tableau-api-version", "3.24"),
			check:  checkTokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:tasks:read"),
		},
		{
			name: "connected_app_with_a_wrong_secret", scenario: "connected-app", inputs: map[string]string{"tableau-connected-app-secret-value": "mistyped"}, want: "preflight-failed",
			wantLog: []string{"Check the tableau-connected-app inputs and tableau-username"},
		},
		{
			name: "connected_app_on_an_old_server", scenario: "connected-app", change: apiVersion("3.24"), want: "preflight-failed", wantRequests: map[string]int{"sign-in": 0},
			wantLog: []string{"a connected app can't query refresh jobs before REST API 3.25", "The REST API version in use is 3.24"},
		},
		{
			name: "connected_app_below_3.17", scenario: "connected-app", change: apiVersion("3.16"), inputs: map[string]string{"tableau-wait": "false"},
			want: "preflight-failed", wantRequests: map[string]int{"sign-in": 0},
			wantLog: []string{"use another sign-in method: connected apps require REST API 3.17 (Tableau 2022.3). The REST API version in use is 3.16"},
		},
		{
			name: "token_below_3.6", scenario: "success", change: apiVersion("3.5"), want: "preflight-failed", wantRequests: map[string]int{"sign-in": 0},
			wantLog: []string{"use another sign-in method: personal access tokens require REST API 3.6 (Tableau 2019.4). The REST API version in use is 3.5"},
		},
		{name: "password_below_3.6", scenario: "success", change: apiVersion("3.5"), inputs: userAndPassword, want: "success"},
		{
			name: "version_refused", scenario: "success", faults: versionRefused(sandbox.Unauthorized), want: "success",
			inputs: map[string]string{"tableau-api-version": "3.20"}, wantRequests: map[string]int{"server-info": 1, "sign-in": 1},
			wantLog: []string{"failed to get the Tableau version: Tableau returned 401 Unauthorized"},
		},
		{
			name: "version_redirected", scenario: "success", faults: versionRefused(sandbox.Redirect), want: "success",
			inputs: map[string]string{"tableau-api-version": "3.20"},
		},
		{name: "version_refused_and_not_set", scenario: "success", faults: versionRefused(sandbox.Forbidden), want: "preflight-failed", wantRequests: map[string]int{"sign-in": 0}},
		{
			name: "version_unavailable", scenario: "success", faults: versionRefused(sandbox.BadGateway), want: "preflight-failed",
			inputs: map[string]string{"tableau-api-version": "3.20"}, wantRequests: map[string]int{"sign-in": 0},
		},
		{
			name: "connected_app_on_an_old_server_not_waiting", scenario: "connected-app", change: apiVersion("3.24"), inputs: map[string]string{"tableau-wait": "false"}, want: "started",
			wantRequests: map[string]int{"refresh-workbook": 3, "get-job": 1}, // of dbt
		},
		{
			name: "connected_app_on_an_old_server_with_sources_first", scenario: "connected-app", change: apiVersion("3.24"), want: "preflight-failed",
			inputs: map[string]string{"tableau-wait": "false", "tableau-include-datasources": "true"}, wantLog: []string{"before REST API 3.25"},
		},
		{
			// Without the scope, the job list would respond as if the session had ended.
			name: "connected_app_not_waiting_with_a_conflict", scenario: "connected-app", want: "started", inputs: withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-wait", "false"),
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{*runningRefresh()}
			},
			wantTargets: []string{"workbook Weekly revenue: started"}, wantRequests: map[string]int{"list-jobs": 0, "sign-in": 1},
		},
		{
			name: "missing_scope", scenario: "connected-app", want: "error", faults: []sandbox.Fault{{Service: "tableau", Operation: "get-job", Kind: sandbox.Unauthorized}},
			wantLog: []string{"The connected app needs the scope tableau:jobs:read"},
		},
	})
}

func versionRefused(kind sandbox.FaultKind) []sandbox.Fault {
	return []sandbox.Fault{{Service: "tableau", Operation: "server-info", Kind: kind}}
}

func apiVersion(v string) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) { s.Tableau.APIVersion = v }
}

func addTask(s *sandbox.Scenario) {
	s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}}
}

// checkTokens returns a check that each sign-in sent its own token with these scopes, valid for at most ten minutes, and
// masked it before.
func checkTokens(signIns int, scopes ...string) func(*testing.T, outcome) {
	return func(t *testing.T, step outcome) {
		seen := map[string]bool{}
		for _, request := range step.services.Requests() {
			if request.Operation != "sign-in" {
				continue
			}
			signed, claims, err := readToken(request)
			if err != nil {
				t.Fatal(err)
			}
			seen[claims.ID] = true
			if life := claims.ExpiresAt.Sub(request.Time); life <= 0 || life > 10*time.Minute {
				t.Errorf("the token is valid for %s", life)
			}
			if diff := cmp.Diff(scopes, claims.Scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
			checkMasked(signed)(t, step)
		}
		if len(seen) != signIns {
			t.Errorf("%d different tokens, want %d", len(seen), signIns)
		}
	}
}

// checkMasked returns a check that a secret is only on the line that masks it.
func checkMasked(secret string) func(*testing.T, outcome) {
	return func(t *testing.T, step outcome) {
		if strings.Count(step.log, secret) != 1 || !strings.Contains(step.log, "::add-mask::"+secret+"\n") || strings.Contains(step.summary, secret) {
			t.Error("a secret is not masked, or visible")
		}
	}
}

type claims struct {
	jwt.RegisteredClaims
	Scopes []string `json:"scp"`
}

func readToken(request sandbox.Request) (signed string, c claims, err error) {
	var body struct {
		Credentials struct {
			JWT string `xml:"jwt,attr"`
		} `xml:"credentials"`
	}
	if request.Method != http.MethodPost {
		return "", c, errors.New("a sign-in is a POST")
	}
	if err := xml.Unmarshal([]byte(request.Body), &body); err != nil {
		return "", c, err
	}
	_, _, err = jwt.NewParser().ParseUnverified(body.Credentials.JWT, &c)
	return body.Credentials.JWT, c, err
}

// TestSignIn_redirect asserts that a sign-in follows the redirect of Tableau Cloud to another host, which then receives all
// requests.
func TestSignIn_redirect(t *testing.T) {
	t.Parallel()
	scenario, _ := sandbox.Find("cloud")
	synctest.Test(t, func(t *testing.T) {
		services, network := sandbox.New(scenario), sandbox.NewNetwork()
		authority, err := sandbox.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		dbtURL, tableauURL, stop, err := services.ServeTLS(network, authority)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		const page = "#/site/nordlys/workbooks/"
		e := execution{services: services, inputs: map[string]string{
			"ca-certificate": string(authority.PEM()), "tableau-datasources": "", "tableau-tasks": taskLUID(3),
			"tableau-workbooks": tableauURL + "/" + page + "265605\nhttps://" + scenario.Tableau.PodHost + "/" + page + "265618",
		}}
		env := e.environment(t.TempDir(), dbtURL, tableauURL)
		var log bytes.Buffer
		code := action.Main(t.Context(), []string{"/x"}, func(key string) string { return env[key] }, &log, action.WithDial(network.DialContext), action.WithoutJitter())
		step := outcome{exitCode: code, log: log.String(), services: services, outputs: readFileCommands(t, env["GITHUB_OUTPUT"])}
		scenarioTest{
			want: "success", wantTargets: []string{"workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success", "task Orders: success"},
			wantRequests: map[string]int{"sign-in": 2},
		}.verify(t, step)
		for _, request := range services.Requests() {
			if session := request.Header.Get("X-Tableau-Auth"); session != "" && request.Status == http.StatusUnauthorized {
				t.Errorf("%s was sent to the host without sessions", request.Path)
			}
		}
	})
}
