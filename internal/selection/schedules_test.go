package selection

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/tableau"
)

// TestFindSchedules: if several schedules have the name, only those for extracts count, including those without a type.
func TestFindSchedules(t *testing.T) {
	t.Parallel()
	schedules := []tableau.Schedule{
		{ID: "1", Name: "Nightly", Type: "Subscription"}, {ID: "2", Name: "Nightly"}, {ID: "3", Name: "Nightly", Type: "extract"},
		{ID: "4", Name: "Mails", Type: "Subscription"}, {ID: "ab", Name: "nightly"},
	}
	cases := []struct{ name, text, want string }{
		{"by_name", "Nightly", "2 3"},
		{"the_only_one", "Mails", "4"},
		{"by_id", "AB", "ab"},
		{"none", "Weekly", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range findSchedules(schedules, tc.text) {
				got = append(got, s.ID)
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("schedules (-want +got):\n%s", diff)
			}
		})
	}
}
