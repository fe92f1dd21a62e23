package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const noTargets = "input tableau-workbooks: nothing to refresh. Set tableau-workbooks, tableau-datasources, tableau-flows, tableau-tasks, tableau-schedules, or tableau-discover; to run only dbt, omit all tableau inputs"

func TestConfig_invalid_tableau_inputs(t *testing.T) {
	t.Parallel()

	checkInvalid(t, dbtAndTableau(), []invalidCase{
		{
			name: "only_a_site",
			values: map[string]string{
				"tableau-url": "", "tableau-token-name": "", "tableau-token-value": "", "tableau-workbooks": "",
			},
			want: []string{
				"input tableau-url: is required with the other tableau inputs (example: https://10ay.online.tableau.com)",
				"input tableau-token-name: a sign-in method is required: tableau-token-name and tableau-token-value, tableau-username and tableau-password, or the tableau-connected-app inputs with tableau-username",
				noTargets,
			},
		},
		{
			name:   "only_comments_to_refresh",
			values: map[string]string{"tableau-workbooks": "# all of them\n\n  # later"},
			want:   []string{noTargets},
		},
		{
			name:   "only_discover",
			values: map[string]string{"tableau-workbooks": "", "tableau-discover": "lineage"},
		},
		{
			name:   "http_to_a_server",
			values: map[string]string{"tableau-url": "http://tableau.example.com"},
			want: []string{
				`input tableau-url: would send credentials unencrypted. Use https://, or set tableau-allow-http: true if the server does not support HTTPS (got "http://tableau.example.com")`,
			},
		},
		{
			name:   "http_to_tableau_cloud",
			values: map[string]string{"tableau-url": "http://10ay.online.tableau.com", "tableau-allow-http": "true"},
			want:   []string{`input tableau-url: must start with https:// on Tableau Cloud (got "http://10ay.online.tableau.com")`},
		},
		{
			name:   "http_on_loopback",
			values: map[string]string{"tableau-url": "http://127.0.0.1:8001"},
		},
	})
}

func TestConfig_invalid_tableau_values(t *testing.T) {
	t.Parallel()

	checkInvalid(t, dbtAndTableau(), []invalidCase{
		{
			name:   "choices",
			values: map[string]string{"tableau-preflight": "ignore", "tableau-on-conflict": "Wait", "tableau-discover": "exposures, everything"},
			want: []string{
				`input tableau-discover: must be exposures, lineage, or unchanged (got "everything")`,
				`input tableau-preflight: must be one of: fail, warn (got "ignore")`,
				`input tableau-on-conflict: must be one of: wait, skip, fail (got "Wait")`,
			},
		},
		{
			name:   "only_unchanged",
			values: map[string]string{"tableau-discover": "unchanged"},
			want:   []string{`input tableau-discover: must be combined with exposures or lineage (got "unchanged")`},
		},
		{
			name:   "max_parallel_without_waiting",
			values: map[string]string{"tableau-max-parallel": "2", "tableau-wait": "false"},
			want:   []string{`input tableau-max-parallel: requires tableau-wait: true (got "2")`},
		},
		{
			name:   "version_shortened_by_yaml",
			values: map[string]string{"tableau-api-version": "3.3"},
			want:   []string{`input tableau-api-version: must be 3.6 or newer. Quote it in YAML ('3.30'); otherwise, YAML reads 3.30 as 3.3 (got "3.3")`},
		},
		{
			name:   "version_of_the_server",
			values: map[string]string{"tableau-api-version": "2023.1.0"},
			want:   []string{`input tableau-api-version: must be a version such as '3.19' (got "2023.1.0")`},
		},
		{
			name:   "version_with_two_digits_after_the_dot",
			values: map[string]string{"tableau-api-version": "3.10"},
		},
	})
}

func TestConfig_invalid_selectors(t *testing.T) {
	t.Parallel()

	checkInvalid(t, dbtAndTableau(), []invalidCase{
		{
			name:   "mistyped_luid",
			values: map[string]string{"tableau-workbooks": luid[1:] + "\n" + luid, "tableau-tasks": "Nightly build"},
			want: []string{
				`input tableau-workbooks: correct the LUID: it must have 32 hexadecimal digits in groups of 8, 4, 4, 4, and 12. ` +
					`If this is a name, write Project/Name (got "` + luid[1:] + `")`,
				`input tableau-tasks: must be an ID, which contains only letters, digits, and dashes (got "Nightly build")`,
			},
		},
		{
			name: "url_of_another_type",
			values: map[string]string{
				"tableau-datasources": "https://10ay.online.tableau.com/#/site/MarketingTeam/workbooks/5",
				"tableau-flows":       "tag:x",
			},
			want: []string{
				`input tableau-datasources: is the URL of a workbook, not of a data source (got "https://10ay.online.tableau.com/#/site/MarketingTeam/workbooks/5")`,
				`input tableau-flows: flows can't be selected by tag (got "tag:x")`,
			},
		},
		{
			name:   "url_of_another_site",
			values: map[string]string{"tableau-exclude": "https://10ay.online.tableau.com/#/site/Sales/workbooks/5\nhttps://10ay.online.tableau.com/#/flows/5"},
			want: []string{
				`input tableau-exclude: belongs to site "Sales", but the step signs in to site "MarketingTeam" (got "https://10ay.online.tableau.com/#/site/Sales/workbooks/5")`,
				`input tableau-exclude: belongs to the Default site, but the step signs in to site "MarketingTeam" (got "https://10ay.online.tableau.com/#/flows/5")`,
			},
		},
	})
}

func TestConfig_invalid_site(t *testing.T) {
	t.Parallel()

	const home = "https://10ay.online.tableau.com/#/site/Sales/home"
	checkInvalid(t, dbtAndTableau(), []invalidCase{
		{
			name:   "none_on_tableau_cloud",
			values: map[string]string{"tableau-site": "", "tableau-exclude": "https://10ay.online.tableau.com/#/site/Sales/workbooks/1"},
			want: []string{
				"input tableau-site: is required on Tableau Cloud. Copy the part after /site/ from a page URL, such as https://10ay.online.tableau.com/#/site/SITE/home",
			},
		},
		{
			name:   "display_name",
			values: map[string]string{"tableau-site": "Marketing Team"},
			want:   []string{`input tableau-site: must be the content URL (the part after /site/ in a page URL), not the display name (got "Marketing Team")`},
		},
		{
			name:   "differs_from_the_url",
			values: map[string]string{"tableau-url": home},
			want:   []string{`input tableau-site: does not match the site in tableau-url, "Sales" (got "MarketingTeam")`},
		},
		{
			name:   "url_of_another_host",
			values: map[string]string{"tableau-site": "https://10ax.online.tableau.com/#/site/MarketingTeam/home"},
			want:   []string{`input tableau-site: has a different host than tableau-url (got "https://10ax.online.tableau.com/#/site/MarketingTeam/home")`},
		},
		{
			name:   "url_with_a_password",
			values: map[string]string{"tableau-site": "https://me:hunter2@10ay.online.tableau.com/#/site/Sales/home"},
			want:   []string{`input tableau-site: must not contain a username or password`},
		},
		{
			name:   "url_without_a_site",
			values: map[string]string{"tableau-site": "https://10ay.online.tableau.com/"},
			want:   []string{`input tableau-site: contains no site. Write the part after /site/ in a page URL (got "https://10ay.online.tableau.com/")`},
		},
	})
}

func TestConfig_site(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name      string
		url, site string
		want      string
	}{
		{name: "content_url", url: "10ay.online.tableau.com", site: "Sales", want: "Sales"},
		{name: "from_the_url", url: "https://10ay.online.tableau.com/#/site/Sales/explore", want: "Sales"},
		{name: "same_in_both", url: "https://10ay.online.tableau.com/#/site/sales", site: "Sales", want: "Sales"},
		{name: "page_url", url: "10ay.online.tableau.com", site: "https://10ay.online.tableau.com/#/site/Sales/home", want: "Sales"},
		{name: "fragment_of_a_page_url", url: "10ay.online.tableau.com", site: "#/site/Sales/home", want: "Sales"},
		{name: "default_site_of_a_server", url: "https://tableau.example.com", want: ""},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			l := newLoader(getenv(override(dbtAndTableau(), map[string]string{"tableau-url": tc.url, "tableau-site": tc.site})))
			got := l.config().Tableau
			if err := l.err(); err != nil {
				t.Fatalf("config failed: %v", err)
			}
			if diff := cmp.Diff(tc.want, got.Site); diff != "" {
				t.Errorf("Site (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfig_invalid_sign_in(t *testing.T) {
	t.Parallel()

	base := override(dbtAndTableau(), map[string]string{"tableau-token-name": "", "tableau-token-value": ""})
	checkInvalid(t, base, []invalidCase{
		{
			name:   "username_and_password",
			values: map[string]string{"tableau-username": "me", "tableau-password": "correct horse"},
		},
		{
			name:   "token_without_value",
			values: map[string]string{"tableau-token-name": "ci", "GITHUB_EVENT_NAME": "pull_request_target"},
			want: []string{
				"input tableau-token-value: is required with tableau-token-name; the input is not set, or its secret is empty or undefined. GitHub does not pass secrets to pull requests from forks or from Dependabot",
			},
		},
		{
			name:   "user_without_password",
			values: map[string]string{"tableau-username": "me"},
			want:   []string{"input tableau-password: is required with tableau-username; the input is not set, or its secret is empty or undefined"},
		},
		{
			name:   "password_with_a_line_break",
			values: map[string]string{"tableau-username": "me", "tableau-password": "correct\nhorse"},
			want:   []string{"input tableau-password: contains a line break or a control character. Store it again, on one line"},
		},
		{
			name:   "connected_app_without_user_and_secret",
			values: map[string]string{"tableau-connected-app-client-id": "c", "tableau-connected-app-secret-id": "s"},
			want: []string{
				"input tableau-username: is required with tableau-connected-app-client-id, tableau-connected-app-secret-id",
				"input tableau-connected-app-secret-value: is required with tableau-connected-app-client-id, tableau-connected-app-secret-id; the input is not set, or its secret is empty or undefined",
			},
		},
		{
			name:   "token_and_a_user_name",
			values: map[string]string{"tableau-token-name": "ci", "tableau-token-value": "v", "tableau-username": "me"},
			want:   []string{"input tableau-username: can't be combined with tableau-token-name, tableau-token-value. Use exactly one sign-in method"},
		},
		{
			name: "connected_app_and_a_password",
			values: map[string]string{
				"tableau-connected-app-client-id": "c", "tableau-connected-app-secret-id": "s",
				"tableau-connected-app-secret-value": "v", "tableau-username": "me", "tableau-password": "pw",
			},
			want: []string{
				"input tableau-password: can't be combined with tableau-username, tableau-connected-app-client-id, " +
					"tableau-connected-app-secret-id, tableau-connected-app-secret-value. Use exactly one sign-in method",
			},
		},
	})
}
