package config

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
)

const (
	luid      = "6b7179ba-b82b-4f0f-91ed-812074ac5da6"
	otherLUID = "0f1b3f5c-8a0e-4f5f-a7e6-0d2c5b8c9d10"
)

// getenv returns a function that looks up inputs by their names, and variables that start with GITHUB_.
func getenv(values map[string]string) func(string) string {
	env := make(map[string]string)
	for name, value := range values {
		if strings.HasPrefix(name, "GITHUB_") {
			env[name] = value
		} else {
			env["INPUT_"+strings.ToUpper(name)] = value
		}
	}
	return func(name string) string { return env[name] }
}

// override returns a copy of base in which some values are replaced.
func override(base, replaced map[string]string) map[string]string {
	values := maps.Clone(base)
	maps.Copy(values, replaced)
	return values
}

func onlyDBT() map[string]string {
	return map[string]string{
		"dbt-url":        "https://ab123.us1.dbt.com",
		"dbt-token":      "dbtc_secret",
		"dbt-account-id": "12345",
		"dbt-job-id":     "67890",
	}
}

func dbtAndTableau() map[string]string {
	return override(onlyDBT(), map[string]string{
		"tableau-url":         "https://10ay.online.tableau.com",
		"tableau-site":        "MarketingTeam",
		"tableau-token-name":  "github-actions",
		"tableau-token-value": "pat-secret",
		"tableau-workbooks":   luid,
	})
}

func TestLoad_required_inputs(t *testing.T) {
	t.Parallel()

	got, err := Load(getenv(dbtAndTableau()))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}

	want := &Config{
		DBT: DBT{
			URL:           &url.URL{Scheme: "https", Host: "ab123.us1.dbt.com"},
			Token:         "dbtc_secret",
			AccountID:     12345,
			JobID:         67890,
			MaxAge:        6 * time.Hour,
			Wait:          true,
			Resume:        true,
			Cause:         "dbt-tableau-refresh",
			ArtifactsPath: "target",
		},
		Tableau: &Tableau{
			URL:        &url.URL{Scheme: "https", Host: "10ay.online.tableau.com"},
			Site:       "MarketingTeam",
			SignIn:     SignIn{Kind: SignInToken, TokenName: "github-actions", TokenValue: "pat-secret"},
			Workbooks:  []selector.Selector{{Kind: selector.LUID, LUID: luid}},
			Preflight:  PreflightFail,
			OnConflict: ConflictWait,
			Wait:       true,
		},
		Timeout:      5*time.Hour + 45*time.Minute,
		CancelDBTRun: true,
		Step:         Step{StepKey: got.Step.StepKey},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestLoad_only_dbt(t *testing.T) {
	t.Parallel()

	// The runner passes every input, with its default if it is not set.
	values := onlyDBT()
	for _, in := range inputs() {
		if _, ok := values[in.name]; !ok {
			values[in.name] = in.defaultValue
		}
	}
	got, err := Load(getenv(values))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}
	if got.Tableau != nil {
		t.Errorf("Tableau is %+v, want nil", got.Tableau)
	}
}

func TestLoad_no_targets_without_waiting(t *testing.T) {
	t.Parallel()

	got, err := Load(getenv(override(dbtAndTableau(), map[string]string{"dbt-wait": "False", "tableau-workbooks": ""})))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}
	if got.DBT.Wait {
		t.Error("Wait is true, want false")
	}
}

func allDBTInputs() map[string]string {
	return map[string]string{
		"dbt-url":                      " AB123.us1.dbt.com:443/ ",
		"dbt-token":                    "\ndbtc_secret\n",
		"dbt-job-id":                   "https://ab123.us1.dbt.com/deploy/12345/projects/7/jobs/67890/settings",
		"dbt-reuse-run":                "TRUE",
		"dbt-max-age":                  "36h",
		"dbt-resume":                   "false",
		"dbt-retries":                  "2",
		"dbt-cause":                    "Nightly build\r\n\r\nby dbt\n",
		"dbt-git-branch":               "feature/x",
		"dbt-git-sha":                  "abc123",
		"dbt-schema-override":          "ci",
		"dbt-target-name-override":     "prod",
		"dbt-version-override":         "1.9.0-latest",
		"dbt-threads-override":         "8",
		"dbt-timeout-seconds-override": "0",
		"dbt-github-pull-request-id":   "17",
		"dbt-generate-docs-override":   "false",
		"dbt-steps-override":           "- dbt build\r\n\r\n# not now\n  -  dbt docs generate",
		"dbt-poll-interval":            "45",
		"dbt-timeout":                  "2h30m",
		"dbt-artifacts":                "run_results.json\nmanifest.json\nrun_results.json",
		"dbt-artifacts-path":           "out/dbt",
		"timeout":                      "90s",
		"cancel-dbt-run":               "false",
		"dry-run":                      "true",
	}
}

func TestConfig_all_dbt_inputs(t *testing.T) {
	t.Parallel()

	l := newLoader(getenv(allDBTInputs()))
	got := l.config()
	if err := l.err(); err != nil {
		t.Fatalf("config failed: %v", err)
	}

	want := &Config{
		DBT: DBT{
			URL:       &url.URL{Scheme: "https", Host: "ab123.us1.dbt.com"},
			Token:     "dbtc_secret",
			AccountID: 12345,
			JobID:     67890,
			MaxAge:    36 * time.Hour,
			Wait:      true,
			ReuseRun:  true,
			Retries:   2,
			Cause:     "Nightly build by dbt",
			Overrides: Overrides{
				GitBranch:           "feature/x",
				GitSHA:              "abc123",
				Schema:              "ci",
				TargetName:          "prod",
				DbtVersion:          "1.9.0-latest",
				Threads:             new(int64(8)),
				TimeoutSeconds:      new(int64(0)),
				GitHubPullRequestID: new(int64(17)),
				GenerateDocs:        new(false),
				Steps:               []string{"dbt build", "dbt docs generate"},
			},
			PollInterval:  45 * time.Second,
			Timeout:       2*time.Hour + 30*time.Minute,
			Artifacts:     []string{"run_results.json", "manifest.json"},
			ArtifactsPath: "out/dbt",
		},
		Timeout: 90 * time.Second,
		DryRun:  true,
		Step:    Step{StepKey: got.Step.StepKey},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func allTableauInputs() map[string]string {
	return override(onlyDBT(), map[string]string{
		"tableau-url":                        "http://Tableau.example.com:8000/#/site/Sales/home",
		"tableau-username":                   "svc dbt",
		"tableau-connected-app-client-id":    "client",
		"tableau-connected-app-secret-id":    "id",
		"tableau-connected-app-secret-value": "app-secret",
		"tableau-workbooks":                  luid + ", " + otherLUID + "\n" + luid + "\n\\#1 Revenue\n# comment",
		"tableau-datasources":                "http://tableau.example.com:8000/#/site/sales/datasources/12?x=1\ntag:dbt",
		"tableau-flows":                      "Prep/Orders",
		"tableau-tasks":                      luid + "\n" + luid + ", " + otherLUID,
		"tableau-schedules":                  "Nightly, all\nNightly, all",
		"tableau-discover":                   "lineage, unchanged,\nexposures",
		"tableau-exclude":                    "tag:frozen\nhttp://tableau.example.com:8000/#/site/Sales/flows/3",
		"tableau-include-datasources":        "true",
		"tableau-incremental":                "true",
		"tableau-preflight":                  "warn",
		"tableau-on-conflict":                "skip",
		"tableau-retries":                    "1",
		"tableau-max-parallel":               "4",
		"tableau-poll-interval":              "1m30s",
		"tableau-timeout":                    "1h",
		"tableau-api-version":                "3.19",
		"tableau-allow-http":                 "true",
	})
}

func TestConfig_all_tableau_inputs(t *testing.T) {
	t.Parallel()

	l := newLoader(getenv(allTableauInputs()))
	got := l.config().Tableau
	if err := l.err(); err != nil {
		t.Fatalf("config failed: %v", err)
	}

	want := &Tableau{
		URL:  &url.URL{Scheme: "http", Host: "tableau.example.com:8000"},
		Site: "Sales",
		SignIn: SignIn{
			Kind: SignInConnectedApp, Username: "svc dbt",
			ClientID: "client", SecretID: "id", SecretValue: "app-secret",
		},
		Workbooks: []selector.Selector{
			{Kind: selector.LUID, LUID: luid},
			{Kind: selector.LUID, LUID: otherLUID},
			{Kind: selector.Path, Path: []string{"#1 Revenue"}},
		},
		Datasources: []selector.Selector{
			{
				Kind: selector.URL, Scheme: "http", Host: "tableau.example.com:8000",
				Site: "sales", ContentType: content.Datasource, NumericID: "12",
			},
			{Kind: selector.Tag, Tag: "dbt"},
		},
		Flows: []selector.Selector{{Kind: selector.Path, Path: []string{"Prep", "Orders"}}},
		Exclude: []selector.Selector{
			{Kind: selector.Tag, Tag: "frozen"},
			{
				Kind: selector.URL, Scheme: "http", Host: "tableau.example.com:8000",
				Site: "Sales", ContentType: content.Flow, NumericID: "3",
			},
		},
		Tasks:              []string{luid, otherLUID},
		Schedules:          []string{"Nightly, all"},
		Discover:           Discover{Exposures: true, Lineage: true, Unchanged: true},
		IncludeDatasources: true,
		Incremental:        true,
		Preflight:          PreflightWarn,
		OnConflict:         ConflictSkip,
		Retries:            1,
		MaxParallel:        4,
		Wait:               true,
		PollInterval:       90 * time.Second,
		Timeout:            time.Hour,
		APIVersion:         "3.19",
		AllowHTTP:          true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	wantWarnings := []string{"tableau-url: credentials are sent to http://tableau.example.com:8000 unencrypted"}
	if diff := cmp.Diff(wantWarnings, l.warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
