package config

import (
	"slices"
	"strings"
	"testing"
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
