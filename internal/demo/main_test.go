package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRun_flags(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name           string
		args           []string
		want           int
		stdout, stderr string
	}{
		{name: "help", args: []string{"-h"}, want: 0, stdout: "-scenario NAME"},
		{name: "list", args: []string{"-list"}, want: 0, stdout: "dbt-fails"},
		{name: "unknown_flag", args: []string{"-verbose"}, want: 2, stderr: "-verbose (-h shows the flags)"},
		{name: "stray_argument", args: []string{"dbt-fails"}, want: 2, stderr: `unexpected argument "dbt-fails"`},
		{name: "unknown_scenario", args: []string{"-scenario", "sucess"}, want: 2, stderr: `unknown scenario "sucess". Choose one of: success, dbt-fails`},
		{name: "speed_of_zero", args: []string{"-fast", "0"}, want: 2, stderr: "-fast 0: must be at least 1"},
		{name: "no_host", args: []string{"-listen", ""}, want: 2, stderr: "-listen requires a host"},
		{name: "env_without_serve", args: []string{"-env", "x"}, want: 2, stderr: "-env requires -serve"},
		{name: "summary_with_serve", args: []string{"-serve", "-summary", "x"}, want: 2, stderr: "-summary can't be combined with -serve"},
		{name: "ca_without_tls", args: []string{"-ca", "x"}, want: 2, stderr: "-ca requires -tls"},
		{name: "host_of_another_machine", args: []string{"-listen", "192.0.2.1"}, want: 1, stderr: "failed to listen on 192.0.2.1"},
		{name: "summary_in_no_folder", args: []string{"-summary", "/nowhere/summary.md"}, want: 1, stderr: "failed to create the summary file"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			got := run(t.Context(), tc.args, &stdout, &stderr)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("exit code (-want +got):\n%s", diff)
			}
			if !strings.Contains(stdout.String(), tc.stdout) {
				t.Errorf("stdout lacks %q:\n%s", tc.stdout, &stdout)
			}
			if !strings.Contains(stderr.String(), tc.stderr) || tc.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr is not %q:\n%s", tc.stderr, &stderr)
			}
		})
	}
}
