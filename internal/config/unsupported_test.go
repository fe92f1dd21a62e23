package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoad_refuses_what_is_not_built(t *testing.T) {
	t.Parallel()

	names := unsupported()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := Load(getenv(with(both(), map[string]string{name: "1"})))
			if err == nil || !strings.Contains(err.Error(), "input "+name+": "+notYet) {
				t.Errorf("Load says %v, want that %s %s", err, name, notYet)
			}
		})
	}
	for _, in := range inputs() {
		names = slices.DeleteFunc(names, func(name string) bool { return name == in.name })
	}
	if len(names) > 0 {
		t.Errorf("there are no such inputs: %v", names)
	}
}

func TestLoad_refuses_selectors_that_are_not_built(t *testing.T) {
	t.Parallel()

	_, err := Load(getenv(with(both(), map[string]string{
		"tableau-workbooks":   luid + "\nFinance/Weekly",
		"tableau-datasources": "tag:dbt",
		"tableau-flows":       "Orders",
		"timeout":             "90",
	})))
	if err == nil {
		t.Fatal("Load gave no error")
	}
	want := []string{
		`input tableau-workbooks: only LUIDs are supported yet, like 6b7179ba-b82b-4f0f-91ed-812074ac5da6 (got "Finance/Weekly")`,
		`input tableau-datasources: only LUIDs are supported yet, like 6b7179ba-b82b-4f0f-91ed-812074ac5da6 (got "tag:dbt")`,
		`input tableau-flows: is not supported yet: leave it out (got "Orders")`,
		`input timeout: needs a unit: write 90s for seconds or 90m for minutes (got "90")`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}
