package lineage_test

import (
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

// TestFind_sandbox queries the sandbox's Metadata API, which returns only tables with the requested names.
func TestFind_sandbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("lineage")
		client := signIn(t, scenario)
		nodes := builtNodes(t, "analytics.marts.dim_customers", "analytics.marts.fct_orders", "analytics.marts.fct_revenue_daily",
			"analytics.marts.mart_weekly_revenue", "analytics.reporting.store_orders", "analytics.staging.stg_orders")
		tableauLineage, err := client.Lineage(t.Context(), lineage.TableNames(nodes), rest.Polling)
		if err != nil {
			t.Fatal(err)
		}
		result := lineage.Find(nodes, tableauLineage)
		type summary struct {
			Items, WithoutExtract map[string]string
			Hidden                int
			Warnings              []string
		}
		got := summary{Items: relationsByName(result.Items), WithoutExtract: relationsByName(result.WithoutExtract), Hidden: result.HiddenCount, Warnings: result.Warnings}
		want := summary{
			Items: map[string]string{
				"Kundenstammdaten – täglich": "analytics.marts.dim_customers;",
				"Orders":                     "analytics.marts.dim_customers; analytics.marts.fct_orders;",
				"Weekly revenue":             "analytics.marts.dim_customers; analytics.marts.fct_orders; analytics.marts.mart_weekly_revenue; / analytics.reporting.store_orders;",
				"Margin | P&L <EMEA>":        "analytics.marts.fct_revenue_daily;",
				"売上ダッシュボード":                  "analytics.marts.fct_orders;",
			},
			WithoutExtract: map[string]string{"Store scorecard": "analytics.marts.dim_customers; analytics.marts.fct_orders;"},
			Hidden:         1,
			Warnings: []string{
				"1 item that uses these tables was not refreshed: the Tableau user can't view it",
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lineage (-want +got):\n%s", diff)
		}
	})
}

// TestFind_sandboxOrder checks that a workbook is refreshed after its data sources that depend on the run.
func TestFind_sandboxOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("data-sources-first")
		client := signIn(t, scenario)
		nodes := builtNodes(t, "analytics.marts.fct_orders")
		tableauLineage, err := client.Lineage(t.Context(), lineage.TableNames(nodes), rest.Polling)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, item := range lineage.Find(nodes, tableauLineage).Items {
			got[item.Name] = item.RefreshAfter
		}
		// Weekly revenue uses two data sources, only one of which depends on the run.
		want := map[string][]string{"Orders": nil, "Weekly revenue": {"9dbd2263-16b5-46e1-9c43-a76bb8ab65fb"}, "売上ダッシュボード": nil}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// relationsByName returns the relations of each item. Items with the same name are separated by a slash.
func relationsByName(items []lineage.Item) map[string]string {
	all := map[string]string{}
	for _, item := range items {
		text := all[item.Name]
		if text != "" {
			text += " / "
		}
		for i, relation := range item.Relations {
			if i > 0 {
				text += " "
			}
			text += relation.String() + ";"
		}
		all[item.Name] = text
	}
	return all
}

// signIn returns a client that is signed in to the Tableau site of a scenario. Call it in a synctest bubble.
func signIn(t *testing.T, scenario sandbox.Scenario) *tableau.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	_, address, stop := sandbox.New(scenario).Serve(network)
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	site := scenario.Tableau
	client, err := tableau.New(tableau.Options{
		REST: rest.Options{Base: base, Dial: network.DialContext}, Site: site.ContentURL,
		Credentials: tableau.Credentials{TokenName: site.TokenName, TokenValue: site.TokenValue}, Version: tableau.Version{Major: 3, Minor: 26},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		stop()
	})
	if err := client.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return client
}
