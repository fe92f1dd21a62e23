package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecret_is_masked(t *testing.T) {
	t.Parallel()

	dbt := DBT{Token: "dbtc_secret"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, dbt); strings.Contains(got, "dbtc") || strings.Contains(got, "646274635f") {
			t.Errorf("%s shows the token: %s", verb, got)
		}
	}
	encoded, err := json.Marshal(dbt.Token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`"***"`, string(encoded)); diff != "" {
		t.Errorf("Marshal (-want +got):\n%s", diff)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()

	got := Secrets(getenv(map[string]string{
		"dbt-token":                          " dbtc_secret\n",
		"dbt-account-id":                     "12345",
		"tableau-token-name":                 "ci",
		"tableau-token-value":                "",
		"tableau-password":                   "one\n\n two",
		"tableau-connected-app-secret-value": "app",
	}))
	want := []string{"dbtc_secret", "one\n\n two", "one", "two", "app"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Secrets (-want +got):\n%s", diff)
	}
}

func TestLoad_redacts_secrets_in_other_inputs(t *testing.T) {
	t.Parallel()

	_, err := Load(getenv(override(dbtAndTableau(), map[string]string{
		"dbt-token":         "Dbtc_Secret-1",
		"dbt-account-id":    "dbtc_secret-1",
		"dbt-wait":          "xDbtc_Secret-1x",
		"tableau-url":       "https://Dbtc_Secret-1/#/site/Dbtc_Secret-1/home",
		"tableau-workbooks": "https://h/#/site/Dbtc_Secret-1/workbooks/1",
	})))
	if err == nil {
		t.Fatal("Load() returned no error")
	}
	if strings.Contains(strings.ToLower(err.Error()), "secret-1") {
		t.Errorf("the error shows the token: %v", err)
	}
}
