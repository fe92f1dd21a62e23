package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/selector"
)

// TestConfig_pasted_values: values that people paste from YAML, from JSON, and from web pages work.
func TestConfig_pasted_values(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name   string
		values map[string]string
		get    func(*Config) any
		want   any
	}{
		{
			name:   "steps_as_a_yaml_list",
			values: map[string]string{"dbt-steps-override": "- dbt seed\n-  dbt build\n"},
			get:    func(c *Config) any { return c.DBT.Overrides.Steps },
			want:   []string{"dbt seed", "dbt build"},
		},
		{
			name:   "steps_as_a_json_array",
			values: map[string]string{"dbt-steps-override": `["dbt seed", "dbt build --select \"a\""]`},
			get:    func(c *Config) any { return c.DBT.Overrides.Steps },
			want:   []string{"dbt seed", `dbt build --select "a"`},
		},
		{
			name:   "steps_as_a_json_array_of_several_lines",
			values: map[string]string{"dbt-steps-override": "[\n  \"dbt seed\",\n  \" \",\n  \"dbt build\"\n]"},
			get:    func(c *Config) any { return c.DBT.Overrides.Steps },
			want:   []string{"dbt seed", "dbt build"},
		},
		{
			name:   "workbooks_as_lists",
			values: map[string]string{"tableau-workbooks": "- Report\n[\"a\", \"# b\"]\n\\- c\n\\# d\n[Old] e\nnull"},
			get:    func(c *Config) any { return selectorTexts(c.Tableau.Workbooks) },
			want:   []string{"Report", "a", "# b", "- c", "# d", "[Old] e", "null"},
		},
		{
			name:   "zero_width_characters",
			values: map[string]string{"tableau-workbooks": "\u200bReport\n\ufeff" + luid, "tableau-url": "https://10ay.online.tableau.com\u200b", "dbt-job-id": "\u206042"},
			get: func(c *Config) any {
				return append(selectorTexts(c.Tableau.Workbooks), c.Tableau.URL.Host, time.Duration(c.DBT.JobID).String())
			},
			want: []string{"Report", luid, "10ay.online.tableau.com", "42ns"},
		},
		{
			name:   "discover_and_artifacts_with_commas",
			values: map[string]string{"tableau-discover": "lineage, exposures", "dbt-artifacts": "manifest.json,run_results.json\n[\"manifest.json\"]"},
			get:    func(c *Config) any { return []any{c.Tableau.Discover, c.DBT.Artifacts} },
			want:   []any{Discover{Exposures: true, Lineage: true}, []string{"manifest.json", "run_results.json"}},
		},
		{
			name:   "durations",
			values: map[string]string{"timeout": "1h 30m", "dbt-timeout": "2d", "tableau-timeout": "1d12h 5m", "tableau-poll-interval": "90"},
			get: func(c *Config) any {
				return []time.Duration{c.Timeout, c.DBT.Timeout, c.Tableau.Timeout, c.Tableau.PollInterval}
			},
			want: []time.Duration{90 * time.Minute, 48 * time.Hour, 36*time.Hour + 5*time.Minute, 90 * time.Second},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			c, err := Load(getenv(override(dbtAndTableau(), tc.values)))
			if err != nil {
				t.Fatalf("Load failed: %v", err)
			}
			if diff := cmp.Diff(tc.want, tc.get(c)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func selectorTexts(selectors []selector.Selector) []string {
	var texts []string
	for _, s := range selectors {
		texts = append(texts, s.String())
	}
	return texts
}

// TestConfig_mistakes: the error of a common mistake states the fix.
func TestConfig_mistakes(t *testing.T) {
	t.Parallel()

	const (
		duration = "must be a duration such as 90s, 45m, 2h30m, or 2d"
		noSecret = "is required; the input is not set, or its secret is empty or undefined"
		notJobID = "must be a job ID or the URL of the job's page, such as https://HOST/deploy/ACCOUNT/projects/PROJECT/jobs/ID"
	)
	checkInvalid(t, dbtAndTableau(), []invalidCase{
		{
			name:   "units_in_words",
			values: map[string]string{"timeout": "90 Minutes", "dbt-timeout": "2 hours 30 min", "tableau-timeout": "1 day", "tableau-poll-interval": "30 sec"},
			want: []string{
				"input dbt-timeout: " + duration + `: write 2h30m (got "2 hours 30 min")`,
				"input tableau-poll-interval: " + duration + `: write 30s (got "30 sec")`,
				"input tableau-timeout: " + duration + `: write 1d (got "1 day")`,
				"input timeout: " + duration + `: write 90m (got "90 Minutes")`,
			},
		},
		{
			name:   "parts_without_a_unit",
			values: map[string]string{"timeout": "1 30m", "dbt-timeout": "1d 6"},
			want:   []string{"input dbt-timeout: " + duration + ` (got "1d 6")`, "input timeout: " + duration + ` (got "1 30m")`},
		},
		{
			name:   "days_that_are_too_many",
			values: map[string]string{"timeout": "29d 25h", "dbt-timeout": "99999d"},
			want:   []string{"input dbt-timeout: " + duration + ` (got "99999d")`, `input timeout: must be at most 30 days (got "29d 25h")`},
		},
		{
			name:   "scheme_of_a_header",
			values: map[string]string{"dbt-token": "Bearer dbtc_secret", "tableau-token-value": "token pat-secret"},
			want: []string{
				`input dbt-token: starts with "Bearer". Store only the token that follows it`,
				`input tableau-token-value: starts with "token". Store only the token that follows it`,
			},
		},
		{
			name:   "secret_that_is_not_defined",
			values: map[string]string{"dbt-token": ""},
			want:   []string{"input dbt-token: " + noSecret},
		},
		{
			name:   "secret_for_dependabot",
			values: map[string]string{"dbt-token": "", "GITHUB_EVENT_NAME": "push", "GITHUB_ACTOR": "dependabot[bot]"},
			want:   []string{"input dbt-token: " + noSecret + ". GitHub does not pass secrets to pull requests from forks or from Dependabot"},
		},
		{
			name:   "name_of_a_job",
			values: map[string]string{"dbt-job-id": "Nightly build"},
			want:   []string{"input dbt-job-id: " + notJobID + ` (got "Nightly build")`},
		},
		{
			name:   "name_of_a_job_with_a_slash",
			values: map[string]string{"dbt-job-id": "Nightly / prod"},
			want:   []string{"input dbt-job-id: " + notJobID + ` (got "Nightly / prod")`},
		},
		{
			name:   "steps_as_a_yaml_flow_list",
			values: map[string]string{"dbt-steps-override": "['dbt seed', 'dbt build']"},
			want:   []string{`input dbt-steps-override: must be one dbt command per line, or a JSON array of strings, such as ["dbt seed", "dbt build"] (got "['dbt seed', 'dbt build']")`},
		},
		{
			name:   "url_of_a_project",
			values: map[string]string{"tableau-workbooks": "https://10ay.online.tableau.com/#/site/MarketingTeam/projects/12"},
			want: []string{"input tableau-workbooks: write Project/* for everything in a project, or Project/** to include its subprojects. A project can't be selected by its URL" +
				` (got "https://10ay.online.tableau.com/#/site/MarketingTeam/projects/12")`},
		},
		{
			name:   "display_name_of_a_site",
			values: map[string]string{"tableau-site": "Marketing Team"},
			want:   []string{`input tableau-site: must be the content URL (the part after /site/ in a page URL), not the display name (got "Marketing Team")`},
		},
	})
}

// TestLoad_mistyped_inputs: only names that are close to those of inputs are errors, because the environment can contain other variables.
func TestLoad_mistyped_inputs(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		environ []string
		want    []string
	}{
		{name: "letter_missing", environ: []string{"INPUT_TABLEAU-WORKBOOK=x"}, want: []string{"input tableau-workbook: is not an input; did you mean tableau-workbooks?"}},
		{name: "other_dashes", environ: []string{"INPUT_DBT_TOKEN=x", "INPUT_DRYRUN="}, want: []string{"input dbt_token: is not an input; did you mean dbt-token?", "input dryrun: is not an input; did you mean dry-run?"}},
		{name: "two_words", environ: []string{"INPUT_TABLEAU-DATA-SOURCES=a=b"}, want: []string{"input tableau-data-sources: is not an input; did you mean tableau-datasources?"}},
		{name: "inputs", environ: []string{"INPUT_DBT-TOKEN=x", "INPUT_TIMEOUT="}},
		{name: "other_names", environ: []string{"INPUT_ARGS=x", "INPUT_ENTRYPOINT=x", "INPUT_TOKEN=x", "TABLEAU-WORKBOOK=x", "INPUT_", "INPUT_" + strings.Repeat("X", 5000)}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			_, err := Load(getenv(dbtAndTableau()), tc.environ...)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}
