package pipeline

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWriteFile: a file holds all that came, or there is an error that says how much would have been right.
func TestWriteFile(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	cases := []struct {
		name string
		size int
		want string // the error
	}{
		{name: "empty"},
		{name: "one_byte", size: 1},
		{name: "as_much_as_may_be", size: limit},
		{name: "one_byte_too_much", size: limit + 1, want: "it is larger than 1 MiB, the most that is saved of one artifact"},
		{name: "far_too_much", size: 5 * limit, want: "it is larger than 1 MiB, the most that is saved of one artifact"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root, err := os.OpenRoot(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			text, got := strings.Repeat("x", tc.size), ""
			if err := writeFile(root, "artifact", strings.NewReader(text), limit); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			written, err := root.ReadFile("artifact")
			if err != nil || tc.want == "" && string(written) != text || len(written) > limit+1 {
				t.Errorf("%d bytes were written of %d: %v", len(written), tc.size, err)
			}
		})
	}
}
