package discover_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/discover"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/runresult"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

// The content of the site.
const (
	finance = "c0000000-0000-4000-8000-000000000001"
	revenue = "a0000000-0000-4000-8000-000000000001" // uses the data source Orders and the table TARGETS
	margin  = "a0000000-0000-4000-8000-000000000002" // uses the table MARGIN
	sketch  = "a0000000-0000-4000-8000-000000000003" // uses the table MARGIN, has no extract
	private = "a0000000-0000-4000-8000-000000000004" // uses the table CUSTOMERS, is excluded
	orders  = "d0000000-0000-4000-8000-000000000001" // uses the table ORDERS
)

func site() sandbox.Site {
	table := func(name string) []sandbox.Table {
		return []sandbox.Table{{Database: "DB", Schema: "MARTS", Name: name}}
	}
	return sandbox.Site{
		LUID: "10000000-0000-4000-8000-000000000001", ContentURL: "shop", APIVersion: "3.26", TokenName: "name", TokenValue: "value",
		Projects: []sandbox.Project{{LUID: finance, Name: "Finance"}},
		Workbooks: []sandbox.Item{
			{LUID: revenue, Name: "Revenue", Number: 1, Project: finance, Tables: table("TARGETS"), Reads: []string{orders}},
			{LUID: margin, Name: "Margin", Number: 2, Project: finance, Tables: table("MARGIN")},
			{LUID: sketch, Name: "Sketch", Number: 3, Project: finance, Tables: table("MARGIN"), Live: true},
			{LUID: private, Name: "Private", Number: 4, Project: finance, Tables: table("CUSTOMERS")},
		},
		DataSources: []sandbox.Item{{LUID: orders, Name: "Orders", Number: 11, Project: finance, Tables: table("ORDERS")}},
	}
}

const manifest = `{
  "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "project_name": "shop"},
  "nodes": {
    "model.shop.orders": {"resource_type": "model", "name": "orders", "database": "db", "schema": "marts", "alias": "orders",
      "relation_name": "db.marts.orders", "config": {"materialized": "table"}, "depends_on": {"nodes": []}},
    "model.shop.margin": {"resource_type": "model", "name": "margin", "database": "db", "schema": "marts", "alias": "margin",
      "relation_name": "db.marts.margin", "config": {"materialized": "table"}, "depends_on": {"nodes": ["model.shop.orders"]}},
    "model.shop.customers": {"resource_type": "model", "name": "customers", "database": "db", "schema": "marts", "alias": "customers",
      "relation_name": "db.marts.customers", "config": {"materialized": "table"}, "depends_on": {"nodes": []}},
    "model.shop.unused": {"resource_type": "model", "name": "unused", "database": "db", "schema": "marts", "alias": "unused",
      "relation_name": "db.marts.unused", "config": {"materialized": "table"}, "depends_on": {"nodes": []}}
  },
  "exposures": {
    "exposure.shop.by_url": {"name": "by_url", "url": "http://HOST/#/site/shop/workbooks/1/views", "depends_on": {"nodes": ["model.shop.orders"]}},
    "exposure.shop.by_name": {"name": "by_name", "meta": {"tableau": {"workbook": "Finance/Margin"}}, "depends_on": {"nodes": ["model.shop.margin"]}},
    "exposure.shop.misspelled": {"name": "misspelled", "meta": {"tableau": {"workbook": "Finance/Customer"}}, "depends_on": {"nodes": ["model.shop.customers"]}},
    "exposure.shop.other": {"name": "other", "url": "http://HOST/#/site/other/workbooks/9", "depends_on": {"nodes": ["model.shop.customers"]}}
  }
}`

// find serves the site, and finds the content that depends on nodes with these statuses, such as "orders success".
func find(t *testing.T, inputs config.Discover, buildErr error, statuses ...string) discover.Result {
	t.Helper()
	site := site()
	network := sandbox.NewNetwork()
	_, address, stop := sandbox.New(sandbox.Scenario{Tableau: site}).Serve(network)
	t.Cleanup(stop)
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client, err := tableau.New(tableau.Options{
		REST: rest.Options{Base: base, Dial: network.DialContext}, Site: site.ContentURL,
		Credentials: tableau.Credentials{TokenName: site.TokenName, TokenValue: site.TokenValue},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if _, err := client.ServerInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := artifact.ReadManifest(strings.NewReader(strings.ReplaceAll(manifest, "HOST", base.Host)))
	if err != nil {
		t.Fatal(err)
	}
	step := runresult.Step{Manifest: m}
	for _, text := range statuses {
		name, status, _ := strings.Cut(text, " ")
		step.Results.All = append(step.Results.All, artifact.Result{UniqueID: "model.shop." + name, Status: artifact.Status(status)})
	}
	return discover.Find(t.Context(), discover.Options{
		Config: &config.Tableau{URL: base, Site: site.ContentURL, Discover: inputs}, Client: client, RunLabel: "dbt run 42",
		Build: runresult.Combine([]runresult.Step{step}), BuildErr: buildErr, Excluded: map[string]bool{private: true},
	})
}

// lines describes the discovered items with their reasons, and the selected entries.
func lines(r discover.Result) []string {
	var all []string
	for _, item := range r.Discovery.Items {
		line := fmt.Sprintf("found %s %s: %s", item.Type, item.Name, strings.Join(item.Reasons, ", "))
		if item.Skipped != "" {
			line += "; " + item.Skipped
		}
		all = append(all, line)
	}
	for _, e := range r.Selection.Entries {
		line := fmt.Sprintf("%s %s %s", e.Row.Type, e.Row.Name, e.Row.Status)
		if len(e.After) > 0 {
			line += fmt.Sprintf(", after %s", e.After)
		}
		if e.Problem != nil {
			line += ", problem"
		}
		all = append(all, line)
	}
	return all
}

func TestFind(t *testing.T) {
	t.Parallel()

	lineage, exposures := config.Discover{Lineage: true}, config.Discover{Exposures: true}
	both := config.Discover{Lineage: true, Exposures: true}
	cases := []struct {
		name     string
		inputs   config.Discover
		buildErr error
		statuses []string
		want     []string
		warnings int
		failed   bool
	}{
		{
			name: "a_data_source_before_its_workbook", inputs: lineage, statuses: []string{"orders success"},
			want: []string{
				"found datasource Orders: db.marts.orders", "found workbook Revenue: db.marts.orders",
				"datasource Orders not-started", "workbook Revenue not-started, after [" + orders + "]",
			},
		},
		{
			name: "an_item_without_an_extract", inputs: lineage, statuses: []string{"margin success"},
			want: []string{
				"found workbook Margin: db.marts.margin", "found workbook Sketch: db.marts.margin",
				"workbook Margin not-started", "workbook Sketch skipped",
			},
		},
		{
			name: "an_excluded_item", inputs: lineage, statuses: []string{"customers success"},
			want: []string{"found workbook Private: db.marts.customers; excluded"}, warnings: 0,
		},
		{name: "a_table_that_nothing_uses", inputs: lineage, statuses: []string{"unused success"}, warnings: 1},
		{name: "nothing_was_built", inputs: both, statuses: []string{"orders skipped"}, warnings: 1},
		{name: "unchanged_nodes_without_the_input_unchanged", inputs: lineage, statuses: []string{"margin success", "orders no-op"}, want: []string{
			"found workbook Margin: db.marts.margin", "found workbook Sketch: db.marts.margin",
			"workbook Margin not-started", "workbook Sketch skipped",
		}},
		{
			name: "unchanged_nodes_with_the_input_unchanged", inputs: config.Discover{Lineage: true, Unchanged: true}, statuses: []string{"orders no-op"},
			want: []string{
				"found datasource Orders: db.marts.orders", "found workbook Revenue: db.marts.orders",
				"datasource Orders not-started", "workbook Revenue not-started, after [" + orders + "]",
			},
		},
		{
			name: "an_exposure_with_a_url", inputs: exposures, statuses: []string{"orders success", "margin skipped"},
			want: []string{
				"found workbook Revenue: exposure by_url, db.marts.orders", "found workbook Margin: exposure by_name, db.marts.orders",
				"workbook Revenue not-started", "workbook Margin not-started",
			},
		},
		{
			name: "exposures_with_another_site_and_with_a_wrong_name", inputs: exposures, statuses: []string{"customers success"},
			want: []string{"workbook Finance/Customer not-started, problem"}, warnings: 1,
		},
		{
			name: "one_item_found_by_both", inputs: both, statuses: []string{"margin success"},
			want: []string{
				"found workbook Margin: exposure by_name, db.marts.margin", "found workbook Sketch: db.marts.margin",
				"workbook Margin not-started", "workbook Sketch skipped",
			},
		},
		{
			name: "an_incomplete_build", inputs: lineage, buildErr: errors.New("the results of step 4 are missing"), statuses: []string{"margin success"},
			want: []string{
				"found workbook Margin: db.marts.margin", "found workbook Sketch: db.marts.margin",
				"workbook Margin not-started", "workbook Sketch skipped",
			},
			failed: true,
		},
		{name: "an_unknown_build", inputs: both, buildErr: errors.New("no results"), failed: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := find(t, tc.inputs, tc.buildErr, tc.statuses...)
				if diff := cmp.Diff(tc.want, lines(got)); diff != "" {
					t.Errorf("found (-want +got):\n%s", diff)
				}
				if len(got.Selection.Warnings) != tc.warnings {
					t.Errorf("got warnings %q, want %d", got.Selection.Warnings, tc.warnings)
				}
				if failed := got.Err != nil; failed != tc.failed {
					t.Errorf("got error %v, want one: %t", got.Err, tc.failed)
				}
			})
		})
	}
}

// TestResult_AddTo: an item that is also listed in an input remains one target, and the discovery contains what each target waits for.
func TestResult_AddTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := find(t, config.Discover{Lineage: true}, nil, "orders success", "margin success")
		var all selection.Selection
		listed := selection.NewEntry(tableau.Item{Type: "workbook", ID: revenue, Name: "Revenue"})
		listed.Listed = true
		all.Add(listed)
		r.AddTo(&all)

		var got []string
		for _, e := range all.Entries {
			got = append(got, fmt.Sprintf("%s listed=%t after %s", e.Row.Name, e.Listed, e.After))
		}
		want := []string{"Revenue listed=true after [" + orders + "]", "Orders listed=false after []", "Margin listed=false after []", "Sketch listed=false after []"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("targets (-want +got):\n%s", diff)
		}
		for _, item := range r.Discovery.Items {
			if skipped := item.Skipped != ""; skipped != (item.ID == sketch) {
				t.Errorf("%s is skipped: %q", item.Name, item.Skipped)
			}
		}
	})
}
