package config

import (
	"strings"
	"testing"
)

// jobURL is the URL of the job of onlyDBT.
const jobURL = "https://ab123.us1.dbt.com/deploy/12345/projects/7/jobs/67890"

func TestConfig_invalid_required_inputs(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "nothing_set",
			values: map[string]string{"dbt-url": "", "dbt-token": " ", "dbt-account-id": "", "dbt-job-id": ""},
			want: []string{
				`input dbt-url: is required (example: https://ab123.us1.dbt.com), unless dbt-job-id or dbt-run-id is a page URL`,
				`input dbt-token: is required; the input is not set, or its secret is empty or undefined`,
				`input dbt-account-id: is required, unless dbt-job-id or dbt-run-id is a page URL`,
				`input dbt-job-id: is required, unless dbt-run-id is the ID or the URL of a run`,
			},
		},
		{
			name:   "no_token_in_a_pull_request",
			values: map[string]string{"dbt-token": "", "GITHUB_EVENT_NAME": "pull_request"},
			want:   []string{`input dbt-token: is required; the input is not set, or its secret is empty or undefined. GitHub does not pass secrets to pull requests from forks or from Dependabot`},
		},
		{
			name:   "token_with_a_line_break",
			values: map[string]string{"dbt-token": "dbtc_one\ntwo"},
			want:   []string{`input dbt-token: contains spaces, line breaks, or invalid characters; paste only the token`},
		},
	})
}

func TestConfig_invalid_urls(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "http",
			values: map[string]string{"dbt-url": "http://ab123.us1.dbt.com"},
			want:   []string{`input dbt-url: must start with https://, so that the token is not sent unencrypted (got "http://ab123.us1.dbt.com")`},
		},
		{
			name:   "http_on_loopback",
			values: map[string]string{"dbt-url": "http://127.0.0.1:8080"},
		},
		{
			name:   "http_on_localhost",
			values: map[string]string{"dbt-url": "http://localhost:8080"},
		},
		{
			name:   "http_on_ipv6_loopback",
			values: map[string]string{"dbt-url": "http://[::1]:8080"},
		},
		{
			name:   "password_in_the_url",
			values: map[string]string{"dbt-url": "https://me:hunter2@ab123.us1.dbt.com"},
			want:   []string{`input dbt-url: must not contain a username or password`},
		},
		{
			name:   "password_in_an_invalid_url",
			values: map[string]string{"dbt-url": "https://me:hunter2@ab 123"},
			want:   []string{`input dbt-url: is not a URL; use the form https://HOST`},
		},
		{
			name:   "placeholder",
			values: map[string]string{"dbt-url": "https://<prefix>.us1.dbt.com"},
			want:   []string{`input dbt-url: contains no valid host; use the form https://HOST (got "https://<prefix>.us1.dbt.com")`},
		},
		{
			name:   "port_out_of_range",
			values: map[string]string{"dbt-url": "https://ab123.us1.dbt.com:70000"},
			want:   []string{`input dbt-url: contains no valid host; use the form https://HOST (got "https://ab123.us1.dbt.com:70000")`},
		},
		{
			name:   "other_scheme",
			values: map[string]string{"dbt-url": "ftp://ab123.us1.dbt.com"},
			want:   []string{`input dbt-url: must start with https:// (got "ftp://ab123.us1.dbt.com")`},
		},
	})
}

func TestConfig_invalid_page_urls(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "only_a_page_url",
			values: map[string]string{"dbt-url": "", "dbt-account-id": "", "dbt-job-id": jobURL},
		},
		{
			name:   "page_url_that_differs",
			values: map[string]string{"dbt-url": "cd456.us1.dbt.com", "dbt-account-id": "1", "dbt-job-id": jobURL},
			want: []string{
				`input dbt-job-id: contains https://ab123.us1.dbt.com, but dbt-url contains https://cd456.us1.dbt.com (got "` + jobURL + `")`,
				`input dbt-job-id: contains account 12345, but dbt-account-id contains account 1 (got "` + jobURL + `")`,
			},
		},
		{
			name:   "page_url_with_an_invalid_account",
			values: map[string]string{"dbt-account-id": "-5", "dbt-job-id": jobURL},
			want:   []string{`input dbt-account-id: must be an integer of at least 1 (got "-5")`},
		},
		{
			name:   "page_url_of_a_run",
			values: map[string]string{"dbt-url": "", "dbt-account-id": "", "dbt-job-id": strings.Replace(jobURL, "jobs", "runs", 1)},
			want: []string{
				`input dbt-job-id: must be a job ID or the URL of the job's page, such as https://HOST/deploy/ACCOUNT/projects/PROJECT/jobs/ID (got "` +
					strings.Replace(jobURL, "jobs", "runs", 1) + `")`,
			},
		},
		{
			name:   "page_url_with_http",
			values: map[string]string{"dbt-url": "", "dbt-job-id": "http://x.dbt.com/deploy/12345/projects/7/jobs/1/"},
			want:   []string{`input dbt-job-id: must start with https://, so that the token is not sent unencrypted (got "http://x.dbt.com/deploy/12345/projects/7/jobs/1/")`},
		},
		{
			name:   "page_url_with_a_number_too_large",
			values: map[string]string{"dbt-job-id": "https://ab123.us1.dbt.com/deploy/12345/projects/7/jobs/99999999999999999999"},
			want:   []string{`input dbt-job-id: must be a job ID or the URL of the job's page, such as https://HOST/deploy/ACCOUNT/projects/PROJECT/jobs/ID (got "https://ab123.us1.dbt.com/deploy/12345/projects/7/jobs/99999999999999999999")`},
		},
	})
}

func TestConfig_invalid_with_a_run(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "page_url_of_the_run",
			values: map[string]string{"dbt-url": "", "dbt-account-id": "", "dbt-job-id": "", "dbt-run-id": "https://ab123.us1.dbt.com/deploy/12345/projects/7/runs/5"},
		},
		{
			name: "run_and_job_that_differ",
			values: map[string]string{
				"dbt-url": "", "dbt-account-id": "", "dbt-job-id": jobURL,
				"dbt-run-id": "https://ab123.us1.dbt.com/deploy/2/projects/7/runs/5",
			},
			want: []string{`input dbt-run-id: contains account 2, but dbt-job-id contains account 12345 (got "https://ab123.us1.dbt.com/deploy/2/projects/7/runs/5")`},
		},
		{
			name:   "run_without_waiting",
			values: map[string]string{"dbt-run-id": "5", "dbt-wait": "false", "dbt-reuse-run": "true"},
			want:   []string{`input dbt-wait: can't be combined with dbt-run-id, because the step then does not start a run (got "false")`},
		},
		{
			name:   "ineffective_input_that_is_invalid",
			values: map[string]string{"dbt-run-id": "5", "dbt-retries": "twice"},
			want:   []string{`input dbt-retries: must be an integer of at least 0 (got "twice")`},
		},
		{
			name:   "latest",
			values: map[string]string{"dbt-run-id": "latest"},
		},
		{
			name:   "latest_of_a_page",
			values: map[string]string{"dbt-url": "", "dbt-account-id": "", "dbt-job-id": jobURL, "dbt-run-id": "latest"},
		},
		{
			name:   "latest_without_a_job",
			values: map[string]string{"dbt-run-id": "latest", "dbt-job-id": ""},
			want:   []string{`input dbt-job-id: is required, unless dbt-run-id is the ID or the URL of a run`},
		},
		{
			name:   "latest_without_waiting",
			values: map[string]string{"dbt-run-id": "latest", "dbt-wait": "False"},
			want:   []string{`input dbt-wait: can't be combined with dbt-run-id, because the step then does not start a run (got "False")`},
		},
		{
			name:   "latest_job",
			values: map[string]string{"dbt-job-id": "latest"},
			want:   []string{`input dbt-job-id: must be a job ID or the URL of the job's page, such as https://HOST/deploy/ACCOUNT/projects/PROJECT/jobs/ID (got "latest")`},
		},
	})
}

func TestConfig_invalid_max_age(t *testing.T) {
	t.Parallel()

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "without_a_unit",
			values: map[string]string{"dbt-max-age": "6"},
			want:   []string{`input dbt-max-age: needs a unit: write 6s for seconds or 6m for minutes (got "6")`},
		},
		{
			name:   "zero",
			values: map[string]string{"dbt-max-age": "0h"},
			want:   []string{`input dbt-max-age: must be more than zero (got "0h")`},
		},
		{
			name:   "too_long",
			values: map[string]string{"dbt-max-age": "721h"},
			want:   []string{`input dbt-max-age: must be at most 30 days (got "721h")`},
		},
	})
}
