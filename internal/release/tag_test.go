package main

import (
	"strings"
	"testing"
)

func TestCheckTag(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		tag  string
		tags string
		want string // a part of the error; "" for none
	}{
		{name: "first", tag: "v1.0.0"},
		{name: "zero", tag: "v0.1.0"},
		{name: "itself", tag: "v1.2.3", tags: "v1.2.3\n"},
		{name: "next_patch", tag: "v1.2.10", tags: "v1\nv1.2.9\nv1.2\n"},
		{name: "next_major", tag: "v10.0.0", tags: "v9.9.9\n"},
		{name: "other_tags", tag: "v1.0.0", tags: "v2\nlatest\nv3.0.0-rc.1\n"},
		{name: "older_patch", tag: "v1.2.9", tags: "v1.2.10\n", want: "there is v1.2.10 already"},
		{name: "older_major", tag: "v1.9.0", tags: "v2.0.0\n", want: "there is v2.0.0 already"},
		{name: "floating", tag: "v1", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "no_v", tag: "1.2.3", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "pre_release", tag: "v1.2.3-rc.1", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "build", tag: "v1.2.3+1", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "leading_zero", tag: "v1.02.3", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "too_long", tag: "v1.2.9999999999", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "second_line", tag: "v1.2.3\nv9", want: "is tagged vMAJOR.MINOR.PATCH"},
		{name: "shell", tag: "v1.2.3$(id)", want: "is tagged vMAJOR.MINOR.PATCH"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			checkError(t, checkTag(tc.tag, tc.tags), tc.want)
		})
	}
}

// checkError checks that err contains want, or that it is nil if want is empty.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want an error with %q", err, want)
	}
}
