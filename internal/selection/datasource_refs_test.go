package selection

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// TestDatasourceRefs_addMatch adds a data source by its LUID from the Metadata API.
func TestDatasourceRefs_addMatch(t *testing.T) {
	t.Parallel()
	const luid = "d0000000-0000-4000-8000-000000000001"
	item := func(hasExtracts tableau.OptionalBool) []tableau.Item {
		return []tableau.Item{{ID: strings.ToUpper(luid), HasExtracts: hasExtracts}}
	}
	cases := []struct {
		name      string
		noExtract []string // according to the Metadata API
		items     []tableau.Item
		err       error
		excluded  map[string]bool
		want      []tableau.Item
		wantErr   bool
	}{
		{name: "extract", items: item(tableau.BoolTrue), want: item(tableau.BoolTrue)},
		{name: "extract_not_yet_in_the_metadata_api", noExtract: []string{luid}, items: item(tableau.BoolTrue), want: item(tableau.BoolTrue)},
		{name: "no_extract", items: item(tableau.BoolFalse)},
		{name: "no_extract_according_to_the_metadata_api", noExtract: []string{luid}, items: item(tableau.BoolUnknown)},
		{name: "unknown", items: item(tableau.BoolUnknown), want: item(tableau.BoolUnknown)},
		{name: "not_found", err: errors.New("not found"), wantErr: true},
		{name: "not_found_and_excluded", err: errors.New("not found"), excluded: map[string]bool{luid: true}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			refs := datasourceRefs{noExtract: tc.noExtract}
			match := tableau.Match{Selector: selector.Selector{Kind: selector.LUID, LUID: luid}, Items: tc.items, Err: tc.err}
			refs.addMatch(match, nil, tc.excluded)
			if diff := cmp.Diff(tc.want, refs.items); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			if (refs.err != nil) != tc.wantErr {
				t.Errorf("error %v, want one: %v", refs.err, tc.wantErr)
			}
		})
	}
}
