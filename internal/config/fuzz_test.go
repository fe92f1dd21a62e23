package config

import (
	"errors"
	"strings"
	"testing"
)

func FuzzLoad(f *testing.F) {
	const secret = "S3cr3t-Value-That-Is-Unlike-Any-Other"
	// The last seeds have the secret in other inputs.
	for _, seed := range []struct{ name, value string }{
		{"timeout", "90"},
		{"dbt-url", "http://me:pw@h/%zz"},
		{"dbt-job-id", "https://cloud.getdbt.com/deploy/1/projects/2/jobs/3"},
		{"tableau-workbooks", luid + ", " + otherLUID + "\n\\#x\n/a/b\\/c"},
		{"tableau-url", "https://[::1]:443/#/site/" + secret + "/home"},
		{"tableau-site", "#/site/%0a" + secret},
		{"tableau-exclude", "https://h/#/site/x%2fy/workbooks/1"},
		{"dbt-steps-override", "- \n-\n- dbt build"},
		{"ca-certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
		{"dbt-account-id", secret},
		{"tableau-token-name", secret + "\n"},
		{"tableau-api-version", "3." + secret},
	} {
		f.Add(seed.name, seed.value)
	}

	f.Fuzz(func(t *testing.T, name, value string) {
		values := override(dbtAndTableau(), map[string]string{"dbt-token": secret, "tableau-token-value": secret})
		if !strings.HasPrefix(name, "dbt-token") && !strings.HasPrefix(name, "tableau-token-value") {
			values[name] = value
		}
		c, err := Load(getenv(values))
		if (c == nil) == (err == nil) {
			t.Fatalf("Load() = %+v, %v, want one of them", c, err)
		}
		if err == nil {
			return
		}
		if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(secret)) {
			t.Errorf("the error shows the secret: %v", err)
		}
		if inputError := new(InputError); !errors.As(err, &inputError) {
			t.Errorf("the error is not an InputError: %v", err)
		}
	})
}
