package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRun_action(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		args   []string
		want   int
		result string
		// stdout is what must be printed.
		stdout []string
		// summary is part of the job summary.
		summary string
	}{
		{
			name: "by_name", args: []string{"-scenario", "by-name"}, want: 0, result: "success", summary: "Nightly build",
			stdout: []string{"  tableau-workbooks: |\n    Finance/Weekly/Weekly revenue\n    tag:after-dbt\n    http://127.0.0.1:", "workbook     Weekly/Cost, plan / actual & more"},
		},
		{
			name: "connected_app_over_https", args: []string{"-scenario", "connected-app", "-tls"}, want: 0, result: "success", summary: "Nightly build",
			stdout: []string{"  tableau-connected-app-client-id: "},
		},
		{
			name: "dbt_core", args: []string{"-scenario", "dbt-core"}, want: 0, result: "success", summary: "dbt build",
			stdout: []string{"  dbt-target-path: target\n", "\"dbt build\" (target \"prod\") in \"target\", 1m 10s ago: 7 models, 2 seeds, 3 tests\n"},
		},
		{name: "dbt_fails", args: []string{"-scenario", "dbt-fails"}, want: 1, result: "dbt-failed", summary: "Nightly build"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			summary := filepath.Join(t.TempDir(), "summary.md")
			if err := os.WriteFile(summary, []byte("of yesterday"), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			got := run(t.Context(), append(tc.args, "-fast", "1000", "-summary", summary), &stdout, &stderr)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("exit code (-want +got):\n%s\n%s\n%s", diff, &stdout, &stderr)
			}
			for _, want := range append(tc.stdout, "  result           "+tc.result+"\n", "summary, in Markdown: "+summary+"\n") {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("stdout lacks %q:\n%s", want, &stdout)
				}
			}
			for _, leak := range []string{"::", "sandbox-dbt-token", "sandbox-tableau-token", "sandbox-tableau-app-secret"} {
				if strings.Contains(stdout.String(), leak) {
					t.Errorf("stdout shows %q:\n%s", leak, &stdout)
				}
			}
			text, err := os.ReadFile(summary)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(text, []byte(tc.summary)) || bytes.Contains(text, []byte("yesterday")) {
				t.Errorf("not the summary of this run alone:\n%s", text)
			}
		})
	}
}

func TestShowOutputs(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	showOutputs(&got, "run-id=1\nrefreshes=[{\"name\":\"a=b\"},{\"name\":\"c\"}]\nrefresh-job-ids=[]\nrun-id=12\n")
	want := `  refresh-job-ids  []
  refreshes        [{"name":"a=b"},
                    {"name":"c"}]
  run-id           12
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}
