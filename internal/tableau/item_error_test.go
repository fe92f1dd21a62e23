package tableau

import (
	"errors"
	"fmt"
	"testing"

	"dbt-tableau-refresh/internal/rest"
)

// TestIsItemError checks that an error of one item does not stop the others, and that an error of all is not attributed to one.
func TestIsItemError(t *testing.T) {
	t.Parallel()

	rejection := &rest.StatusError{Status: 403}
	cases := []struct {
		name string
		err  error
		want bool
	}{
		{"rejected", rejection, true},
		{"rejected_with_hint", fmt.Errorf("%w; do this", rejection), true},
		{"throttled", &rest.StatusError{Status: 429}, false},
		{"service_failed", &rest.StatusError{Status: 503}, false},
		{"session_lost", &SessionError{Err: &rest.StatusError{Status: 401}}, false},
		{"no_connection", &rest.TransportError{Err: errors.New("refused")}, false},
		{"web_page", &rest.ResponseError{Err: errors.New("page")}, false},
		{"limit", errors.New("limit"), false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := IsItemError(tc.err); got != tc.want {
				t.Errorf("IsItemError(%v) = %v, want %v", tc.err, got, tc.want)
			}
		})
	}
}
