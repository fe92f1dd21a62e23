package tableau

import (
	"errors"
	"fmt"
	"testing"

	"dbt-tableau-refresh/internal/rest"
)

// TestIsItemError: what is wrong with one item must not stop the others, and what is wrong with all must not blame one.
func TestIsItemError(t *testing.T) {
	t.Parallel()

	refusal := &rest.StatusError{Status: 403}
	cases := []struct {
		name string
		err  error
		want bool
	}{
		{"refused", refusal, true},
		{"refused_with_a_cure", fmt.Errorf("%w; do this", refusal), true},
		{"throttled", &rest.StatusError{Status: 429}, false},
		{"service_failed", &rest.StatusError{Status: 503}, false},
		{"session_lost", &SessionError{Err: &rest.StatusError{Status: 401}}, false},
		{"not_reached", &rest.TransportError{Err: errors.New("refused")}, false},
		{"not_read", &rest.ResponseError{Err: errors.New("page")}, false},
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
