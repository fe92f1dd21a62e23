package selection_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

// TestDiscovered prepares discovered workbooks and data sources, and adds them to the selection of the inputs.
func TestDiscovered(t *testing.T) {
	t.Parallel()
	noExtract := tableau.Item{Type: content.Workbook, ID: sketch, Name: "Sketch", HasExtracts: tableau.BoolFalse}
	cases := []struct {
		name      string
		change    func(*sandbox.Site)
		faults    []sandbox.Fault
		lists     lists
		found     []string
		noExtract []tableau.Item
		want      []string
		wantErr   string
	}{
		{name: "nothing", lists: lists{workbooks: []string{"Revenue"}}, want: []string{"workbook Revenue, listed"}},
		{
			name: "after_what_is_listed", lists: lists{workbooks: []string{"Revenue"}}, found: []string{margin, revenue}, noExtract: []tableau.Item{noExtract},
			want: []string{"workbook Revenue, listed", "workbook Margin", "workbook Sketch, skipped: " + progress.NoExtract},
		},
		{
			name: "excluded", lists: lists{exclude: []string{"Revenue", sketch}}, found: []string{margin, revenue}, noExtract: []tableau.Item{noExtract},
			want: []string{"workbook Margin"},
		},
		{
			name: "with_their_data_sources", lists: lists{datasources: []string{"Customers"}, includeDatasources: true}, found: []string{revenue},
			want: []string{"datasource Customers, listed", "workbook Revenue, after Orders, Customers", "datasource Orders"},
		},
		{
			name: "exclusions_that_can_not_be_resolved", lists: lists{workbooks: []string{revenue}, exclude: []string{"Old"}}, found: []string{margin},
			faults: []sandbox.Fault{{Service: "tableau", Operation: "list-datasources", Kind: sandbox.Forbidden}},
			want:   []string{"workbook Revenue, listed"}, wantErr: "tableau-exclude: failed to list data sources",
		},
		{
			name: "tasks_that_can_not_be_listed", lists: lists{flows: []string{"CRM"}, incremental: true}, found: []string{margin}, noExtract: []tableau.Item{noExtract},
			change: func(s *sandbox.Site) { s.APIVersion = "3.24" },
			faults: []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: sandbox.BadGateway}},
			want:   []string{"flow CRM, listed", "workbook Margin, problem", "workbook Sketch, skipped: " + progress.NoExtract}, wantErr: "tableau-incremental: failed to list extract refresh tasks",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := site()
				if tc.change != nil {
					tc.change(&s)
				}
				server := serve(t, s)
				tc.lists.discover.Lineage = true
				c := tc.lists.config(t)
				all, err := selection.New(c, server.client, rest.Preflight).Resolve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, fault := range tc.faults {
					server.box.AddFault(fault)
				}
				r := selection.New(c, server.client, rest.Preflight)
				found := match(t, r, tc.found)
				err = r.Exclude(t.Context(), &found, all.Excluded)
				if err == nil {
					err = r.Complete(t.Context(), &found, tc.noExtract)
				}
				if (err != nil) != (tc.wantErr != "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("error %v, want %q", err, tc.wantErr)
				}
				all.AddAll(found)
				if diff := cmp.Diff(tc.want, describe(all.Entries)); diff != "" {
					t.Errorf("entries (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// match returns the workbooks with the LUIDs.
func match(t *testing.T, r *selection.Resolver, luids []string) selection.Selection {
	t.Helper()
	matches, err := r.Match(t.Context(), content.Workbook, selectors(t, luids...))
	if err != nil {
		t.Fatal(err)
	}
	var found selection.Selection
	for _, m := range matches {
		for _, item := range m.Items {
			found.Add(selection.NewEntry(item))
		}
	}
	return found
}
