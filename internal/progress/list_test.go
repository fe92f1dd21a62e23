package progress

import "testing"

func TestShortList(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		names []string
		want  string
	}{
		{name: "none"},
		{name: "all", names: []string{"a", "b"}, want: "a, b"},
		{name: "too_many", names: []string{"a", "b", "c", "d"}, want: "a, b and 2 more"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := ShortList(tc.names, 2); got != tc.want {
				t.Errorf("ShortList(%q) = %q, want %q", tc.names, got, tc.want)
			}
		})
	}
}
