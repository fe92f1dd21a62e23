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

// TestSignIn is each way to sign in, through the whole action.
func TestSignIn(t *testing.T) {
	t.Parallel()
	user := map[string]string{"tableau-token-name": "", "tableau-token-value": "", "tableau-username": success(t).Tableau.Username, "tableau-password": "sandbox-tableau-password"}
	short := func(s *sandbox.Scenario) { s.Tableau.IdleLimit = 3 * time.Minute } // the session ends while dbt runs
	tell(t, []tale{
		{
			name: "user_and_password", scenario: "success", inputs: user, change: short, want: "success", requests: map[string]int{"sign-in": 2},
			check: masked("sandbox-tableau-password"),
		},
		{
			name: "wrong_password", scenario: "success", inputs: with(user, "tableau-password", "mistyped"), want: "preflight-failed",
			says: []string{"check tableau-username and tableau-password", "second factor"}, requests: map[string]int{"sign-in": 1},
		},
		{name: "connected_app", scenario: "connected-app", want: "success", requests: map[string]int{"sign-in": 1}, check: tokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read")},
		{name: "connected_app_renewed", scenario: "connected-app", change: short, want: "success", check: tokens(2, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read")},
		{
			name: "connected_app_not_waiting", scenario: "connected-app", inputs: map[string]string{"tableau-wait": "false"}, want: "started",
			check: tokens(1, "tableau:content:read", "tableau:tasks:run"),
		},
		{
			name: "connected_app_dry", scenario: "connected-app", inputs: map[string]string{"dry-run": "true"}, want: "checked", check: tokens(1, "tableau:content:read"),
		},
		{
			name: "connected_app_with_tasks", scenario: "connected-app", change: withTasks, want: "success", inputs: tasksOnly(task(1), ""),
			check: tokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read", "tableau:tasks:read"),
		},
		{
			name: "connected_app_incremental", scenario: "connected-app", want: "success", inputs: map[string]string{"tableau-incremental": "true"},
			check: tokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read"),
		},
		{
			name: "connected_app_incremental_on_an_old_server", scenario: "connected-app", want: "started",
			change: func(s *sandbox.Scenario) {
				s.Tableau.APIVersion, s.Tableau.Tasks = "3.24", []sandbox.Task{{LUID: task(1), Target: weeklyRevenue, Incremental: true}}
			},
			inputs: with(only(weeklyRevenue), "tableau-incremental", "true", "tableau-wait", "false"), requests: map[string]int{"list-tasks": 1, "run-task": 1},
			check: tokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:tasks:read"),
		},
		{
			name: "connected_app_incremental_by_an_old_version", scenario: "connected-app", want: "started",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue, Incremental: true}}
			},
			inputs: with(only(weeklyRevenue), "tableau-incremental", "true", "tableau-wait", "false", "tableau-api-version", "3.24"),
			check:  tokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:tasks:read"),
		},
		{
			name: "connected_app_with_a_wrong_secret", scenario: "connected-app", inputs: map[string]string{"tableau-connected-app-secret-value": "mistyped"}, want: "preflight-failed",
			says: []string{"check the tableau-connected-app inputs and tableau-username"},
		},
		{
			name: "connected_app_on_an_old_server", scenario: "connected-app", change: version("3.24"), want: "preflight-failed", requests: map[string]int{"sign-in": 0},
			says: []string{"below REST API 3.25 a connected app may not ask how a refresh job is going", "REST API is 3.24"},
		},
		{
			name: "connected_app_on_an_old_server_not_waiting", scenario: "connected-app", change: version("3.24"), inputs: map[string]string{"tableau-wait": "false"}, want: "started",
			requests: map[string]int{"refresh-workbook": 3, "get-job": 1}, // that of dbt
		},
		{
			name: "connected_app_on_an_old_server_with_sources_first", scenario: "connected-app", change: version("3.24"), want: "preflight-failed",
			inputs: map[string]string{"tableau-wait": "false", "tableau-include-datasources": "true"}, says: []string{"below REST API 3.25"},
		},
		{
			// Without the scope the job list would answer as if the session had ended.
			name: "connected_app_not_waiting_meets_a_conflict", scenario: "connected-app", want: "started", inputs: with(only(weeklyRevenue), "tableau-wait", "false"),
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{*running()} },
			rows:   []string{"workbook Weekly revenue: started"}, requests: map[string]int{"list-jobs": 0, "sign-in": 1},
		},
		{
			name: "a_scope_is_missing", scenario: "connected-app", want: "error", faults: []sandbox.Fault{{Service: "tableau", Operation: "get-job", Kind: sandbox.Unauthorized}},
			says: []string{"it needs the scope tableau:jobs:read"},
		},
	})
}

func version(v string) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) { s.Tableau.APIVersion = v }
}

func withTasks(s *sandbox.Scenario) {
	s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue}}
}

// tokens: each sign-in brought a token of its own, with these scopes, that ends within ten minutes, and was masked before.
func tokens(signIns int, scopes ...string) func(*testing.T, played) {
	return func(t *testing.T, done played) {
		seen := map[string]bool{}
		for _, request := range done.box.Requests() {
			if request.Operation != "sign-in" {
				continue
			}
			signed, claims, err := readToken(request)
			if err != nil {
				t.Fatal(err)
			}
			seen[claims.ID] = true
			if life := claims.ExpiresAt.Sub(request.Time); life <= 0 || life > 10*time.Minute {
				t.Errorf("the token is good for %s", life)
			}
			if diff := cmp.Diff(scopes, claims.Scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
			masked(signed)(t, done)
		}
		if len(seen) != signIns {
			t.Errorf("%d different tokens, want %d", len(seen), signIns)
		}
	}
}

// masked: a secret is said once, on the line that masks it.
func masked(secret string) func(*testing.T, played) {
	return func(t *testing.T, done played) {
		if strings.Count(done.log, secret) != 1 || !strings.Contains(done.log, "::add-mask::"+secret+"\n") || strings.Contains(done.summary, secret) {
			t.Error("a secret is not masked, or said")
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

// TestSignIn_moved: Tableau Cloud sends a sign-in on to another of its hosts, where the session is from then on.
func TestSignIn_moved(t *testing.T) {
	t.Parallel()
	scenario, _ := sandbox.Find("cloud")
	synctest.Test(t, func(t *testing.T) {
		box, network := sandbox.New(scenario), sandbox.NewNetwork()
		authority, err := sandbox.NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		dbtURL, tableauURL, stop, err := box.ServeTLS(network, authority)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		const page = "#/site/nordlys/workbooks/"
		p := play{box: box, inputs: map[string]string{
			"ca-certificate": string(authority.PEM()), "tableau-datasources": "", "tableau-tasks": task(3),
			"tableau-workbooks": tableauURL + "/" + page + "265605\nhttps://" + scenario.Tableau.PodHost + "/" + page + "265618",
		}}
		env := p.environment(t.TempDir(), dbtURL, tableauURL)
		var log bytes.Buffer
		code := action.Main(t.Context(), []string{"/x"}, func(key string) string { return env[key] }, &log, action.WithDial(network.DialContext), action.WithoutJitter())
		done := played{code: code, log: log.String(), box: box, outputs: readFileCommands(t, env["GITHUB_OUTPUT"])}
		tale{
			want: "success", rows: []string{"workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success", "task Orders: success"},
			requests: map[string]int{"sign-in": 2},
		}.verify(t, done)
		for _, request := range box.Requests() {
			if session := request.Header.Get("X-Tableau-Auth"); session != "" && request.Status == http.StatusUnauthorized {
				t.Errorf("%s went to the host that knows no session", request.Path)
			}
		}
	})
}
