package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRun(t *testing.T) {
	t.Parallel()

	const action = "runs:\n  image: 'Dockerfile'\n"
	cases := []struct {
		name       string
		args       []string
		stdin      string
		want       string
		wantAction string
		wantErr    string
	}{
		{name: "tag", args: []string{"tag", "v1.2.3"}, stdin: "v1.2.2\n", wantAction: action},
		{name: "old_tag", args: []string{"tag", "v1.2.3"}, stdin: "v1.2.4\n", wantAction: action, wantErr: "releases only go up"},
		{name: "notes", args: []string{"notes", "v1.0.0"}, want: "- The first.\n", wantAction: action},
		{name: "no_notes", args: []string{"notes", "v1.0.2"}, wantAction: action, wantErr: "failed to find the notes"},
		{name: "action", args: []string{"action", image}, wantAction: "runs:\n  image: 'docker://" + image + "'\n"},
		{name: "action_unpublished", args: []string{"action", "x"}, wantAction: action, wantErr: "failed to pin"},
		{name: "nothing", wantAction: action, wantErr: "failed to understand the arguments"},
		{name: "unknown", args: []string{"publish", "v1.0.0"}, wantAction: action, wantErr: `failed to understand "publish"`},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, "CHANGELOG.md"), changelog)
			writeFile(t, filepath.Join(folder, "action.yml"), action)
			var stdout strings.Builder
			err := run(tc.args, folder, strings.NewReader(tc.stdin), &stdout)
			checkError(t, err, tc.wantErr)
			if diff := cmp.Diff(tc.want, stdout.String()); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
			got, err := os.ReadFile(filepath.Join(folder, "action.yml"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.wantAction, string(got)); diff != "" {
				t.Errorf("action.yml (-want +got):\n%s", diff)
			}
		})
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
