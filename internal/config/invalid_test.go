package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// invalidCase is a change to a set of valid inputs, and all errors that it results in.
type invalidCase struct {
	name   string
	values map[string]string
	want   []string
}

func checkInvalid(t *testing.T, base map[string]string, cases []invalidCase) {
	t.Helper()

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			l := newLoader(getenv(override(base, tc.values)))
			l.config()
			var got []string
			if err := l.err(); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfig_invalid_durations(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "timeout_without_a_unit",
			values: map[string]string{"timeout": "90"},
			want:   []string{`input timeout: needs a unit: write 90s for seconds or 90m for minutes (got "90")`},
		},
		{
			name:   "timeout_of_zero",
			values: map[string]string{"dbt-timeout": "0", "timeout": "0s"},
			want: []string{
				`input dbt-timeout: must be more than zero (got "0")`,
				`input timeout: must be more than zero (got "0s")`,
			},
		},
		{
			name:   "timeout_that_is_not_a_duration",
			values: map[string]string{"timeout": "two hours"},
			want:   []string{`input timeout: must be a duration such as 90s, 45m, 2h30m, or 2d (got "two hours")`},
		},
		{
			name:   "timeout_too_large",
			values: map[string]string{"timeout": "9999999h"},
			want:   []string{`input timeout: must be a duration such as 90s, 45m, 2h30m, or 2d (got "9999999h")`},
		},
		{
			name:   "interval_below_a_second",
			values: map[string]string{"dbt-poll-interval": "500ms"},
			want:   []string{`input dbt-poll-interval: must be at least 1s (got "500ms")`},
		},
		{
			name:   "interval_of_zero_seconds",
			values: map[string]string{"dbt-poll-interval": "0"},
			want:   []string{`input dbt-poll-interval: must be an integer of at least 1 (got "0")`},
		},
		{
			name:   "interval_too_large",
			values: map[string]string{"dbt-poll-interval": "9223372037"},
			want:   []string{`input dbt-poll-interval: must be at most 9223372036 (got "9223372037")`},
		},
	})
}

func TestConfig_invalid_values(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "other_booleans",
			values: map[string]string{"dbt-wait": "yes", "cancel-dbt-run": "1", "dbt-generate-docs-override": "tRUE"},
			want: []string{
				`input dbt-wait: must be true or false (got "yes")`,
				`input dbt-generate-docs-override: must be true or false (got "tRUE")`,
				`input cancel-dbt-run: must be true or false (got "1")`,
			},
		},
		{
			name: "numbers",
			values: map[string]string{
				"dbt-account-id":             "0",
				"dbt-job-id":                 "12a",
				"dbt-retries":                "-1",
				"dbt-threads-override":       "0",
				"dbt-github-pull-request-id": "99999999999999999999",
			},
			want: []string{
				`input dbt-account-id: must be an integer of at least 1 (got "0")`,
				`input dbt-job-id: must be a job ID or the URL of the job's page, such as https://HOST/deploy/ACCOUNT/projects/PROJECT/jobs/ID (got "12a")`,
				`input dbt-retries: must be an integer of at least 0 (got "-1")`,
				`input dbt-threads-override: must be an integer of at least 1 (got "0")`,
				`input dbt-github-pull-request-id: must be an integer of at least 1 (got "99999999999999999999")`,
			},
		},
		{
			name:   "line_break_in_a_line",
			values: map[string]string{"dbt-git-branch": "main\n::error::x"},
			want:   []string{`input dbt-git-branch: must be a single line without control characters (got "main\n::error::x")`},
		},
		{
			name:   "dash_without_a_command",
			values: map[string]string{"dbt-steps-override": "- dbt build\n- "},
			want:   []string{`input dbt-steps-override: must be one dbt command per line, or a JSON array of strings, such as ["dbt seed", "dbt build"] (got "-")`},
		},
		{
			name: "paths_outside_the_folder",
			values: map[string]string{
				"dbt-artifacts":      "run_results.json\n/etc/passwd\na/../b",
				"dbt-artifacts-path": "../target",
			},
			want: []string{
				`input dbt-artifacts: must be the path of an artifact, without a leading / and without .. (got "/etc/passwd")`,
				`input dbt-artifacts: must be the path of an artifact, without a leading / and without .. (got "a/../b")`,
				`input dbt-artifacts-path: must be a relative path inside the workspace, without .. (got "../target")`,
			},
		},
		{
			name:   "long_value",
			values: map[string]string{"dbt-wait": strings.Repeat("ä", 81)},
			want:   []string{`input dbt-wait: must be true or false (got "` + strings.Repeat("ä", 79) + `…")`},
		},
	})
}
