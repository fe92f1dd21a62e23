package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfig_warnings(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name   string
		values map[string]string
		want   []string
	}{
		{
			name:   "retired_host",
			values: map[string]string{"dbt-url": "https://cloud.getdbt.com"},
			want: []string{
				"dbt-url: use the access URL from Account settings in dbt instead of https://cloud.getdbt.com, because dbt is retiring the getdbt.com hosts",
			},
		},
		{
			name:   "retired_host_of_a_page",
			values: map[string]string{"dbt-url": "", "dbt-job-id": "https://emea.getdbt.com/deploy/12345/projects/1/jobs/2"},
			want: []string{
				"dbt-job-id: use the access URL from Account settings in dbt instead of https://emea.getdbt.com, because dbt is retiring the getdbt.com hosts",
			},
		},
		{
			name:   "unused_path",
			values: map[string]string{"dbt-url": "https://ab123.us1.dbt.com/deploy/1", "tableau-url": "https://10ay.online.tableau.com/api/3.19"},
			want: []string{
				"dbt-url: only https://ab123.us1.dbt.com of the URL is used",
				"tableau-url: only https://10ay.online.tableau.com of the URL is used",
			},
		},
		{
			name:   "short_secrets",
			values: map[string]string{"dbt-token": "abc", "tableau-token-value": "abcd"},
			want:   []string{"use a longer secret for dbt-token: it has only 3 bytes, and masking it also hides parts of words in the log"},
		},
		{
			name:   "page_url",
			values: map[string]string{"tableau-url": "https://10ay.online.tableau.com/#/home"},
		},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := Load(getenv(override(dbtAndTableau(), tc.values)))
			if err != nil {
				t.Fatalf("Load failed: %v", err)
			}
			if diff := cmp.Diff(tc.want, got.Warnings); diff != "" {
				t.Errorf("Warnings (-want +got):\n%s", diff)
			}
		})
	}
}
