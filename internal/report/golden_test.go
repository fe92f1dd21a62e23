package report

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden runs whole steps and compares everything that they write.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		run  func(s *simulatedStep) int
	}{
		{name: "success", run: successScenario},
		{name: "dbt_only", run: dbtOnlyScenario},
		{name: "dbt_failed", run: dbtFailedScenario},
		{name: "refresh_failed", run: refreshFailedScenario},
		{name: "timed_out", run: timedOutScenario},
		{name: "cancelled", run: cancelledScenario},
		{name: "started", run: startedScenario},
		{name: "checked", run: checkedScenario},
		{name: "preflight_failed", run: preflightFailedScenario},
		{name: "invalid", run: invalidScenario},
		{name: "hostile", run: hostileScenario},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var log strings.Builder
			synctest.Test(t, func(*testing.T) {
				s := newSimulatedStep(&log, dir)
				code := tc.run(s)
				if want := s.result.Outcome.OK(); want != (code == 0) {
					t.Errorf("exit code %d for outcome %q", code, s.result.Outcome)
				}
			})
			if tc.name == "hostile" {
				checkOwnCommands(t, commandsIn(log.String()))
			}
			compareGolden(t, filepath.Join("testdata", tc.name, "log.txt"), log.String())
			for _, name := range []string{"output.txt", "state.txt", "summary.md"} {
				compareGolden(t, filepath.Join("testdata", tc.name, name), readFile(t, filepath.Join(dir, name)))
			}
		})
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readFile(t, path), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// readFile returns the content of a file, "" if there is none.
func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}
