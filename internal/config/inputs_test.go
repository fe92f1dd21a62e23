package config

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestInputs_match_action_yml(t *testing.T) {
	t.Parallel()

	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs yaml.Node `yaml:"inputs"`
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		t.Fatal(err)
	}

	type row struct{ Name, Default string }
	var want, got []row
	for i := 0; i+1 < len(action.Inputs.Content); i += 2 {
		var declared struct {
			Default string `yaml:"default"`
		}
		if err := action.Inputs.Content[i+1].Decode(&declared); err != nil {
			t.Fatal(err)
		}
		want = append(want, row{Name: action.Inputs.Content[i].Value, Default: declared.Default})
	}
	for _, in := range inputs() {
		got = append(got, row{Name: in.name, Default: in.defaultValue})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inputs of action.yml and of inputs() (-want +got):\n%s", diff)
	}
}

// TestInputs_defaults_parse: a default must be valid, and is only parsed if its group of inputs is set.
func TestInputs_defaults_parse(t *testing.T) {
	t.Parallel()

	values := dbtAndTableau()
	for _, in := range inputs() {
		if in.defaultValue != "" {
			values[in.name] = in.defaultValue
		}
	}
	if _, err := Load(getenv(values)); err != nil {
		t.Errorf("Load failed: %v", err)
	}
}

// TestInputs_are_all_read: an unusual value of each input results in an error or in another Config.
func TestInputs_are_all_read(t *testing.T) {
	t.Parallel()

	load := func(values map[string]string) (*Config, error) {
		l := newLoader(getenv(values))
		c := l.config()
		c.Step.StepKey = ""
		return c, l.err()
	}
	want, err := load(dbtAndTableau())
	if err != nil {
		t.Fatalf("config failed: %v", err)
	}
	for _, in := range inputs() {
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()

			got, err := load(override(dbtAndTableau(), map[string]string{in.name: "x"}))
			if err == nil && cmp.Equal(want, got) {
				t.Errorf("%s: x changes nothing", in.name)
			}
		})
	}
}
