package selector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/selector"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		luid,
		luid[1:],
		"https://10ax.online.tableau.com/#/site/exampledev/workbooks/265605/views",
		"http://tableauserver/#/workbooks/2/views",
		"https://[::1]:8443/t/S%2Fx/views/A%3FB%23/Sheet?:iid=1#1",
		`/Finance/Profit \/ Loss/a\\b`,
		`\tag:x`,
		"tag:dbt",
		`/A\/*/\**/b/**`,
		"A/\u200b*",
		`https:\/\/x`,
	} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, entry string) {
		want, err := selector.Parse(entry)
		if err != nil {
			return
		}
		got, err := selector.Parse(want.String())
		if err != nil {
			t.Fatalf("Parse(%q) has the string %q, which Parse rejects: %v", entry, want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) has the string %q (-want +got):\n%s", entry, want, diff)
		}
	})
}
