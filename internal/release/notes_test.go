package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const changelog = `# Changelog

## [Unreleased]

- Not yet.

## [1.10.0] - 2026-03-01

### Added

- A thing, see [the guide].

## [1.1.0] - 2026-02-01

## [1.0.1] - soon

- No date.

## [1.0.0] - 2026-01-01
- The first.

[the guide]: README.md
[1.10.0]: https://example.com/1.10.0
`

func TestNotes(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name      string
		changelog string
		tag       string
		want      string
		wantErr   string
	}{
		{name: "between", changelog: changelog, tag: "v1.10.0", want: "### Added\n\n- A thing, see [the guide]."},
		{name: "last", changelog: changelog, tag: "v1.0.0", want: "- The first."},
		{name: "windows_line_endings", changelog: "## [1.0.0] - 2026-01-01\r\n\r\n- One.\r\n", tag: "v1.0.0", want: "- One."},
		{name: "empty", changelog: changelog, tag: "v1.1.0", wantErr: "is empty"},
		{name: "no_date", changelog: changelog, tag: "v1.0.1", wantErr: `needs a heading "## [1.0.1] - YYYY-MM-DD"`},
		{name: "missing", changelog: changelog, tag: "v1.1.1", wantErr: `needs a heading "## [1.1.1] - YYYY-MM-DD"`},
		{name: "no_version", changelog: changelog, tag: "Unreleased", wantErr: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "twice", changelog: changelog + "## [1.0.0] - 2026-01-02\n- Again.\n", tag: "v1.0.0", wantErr: "two sections"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := notes(tc.changelog, tc.tag)
			checkError(t, err, tc.wantErr)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}
