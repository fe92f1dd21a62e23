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

// TestSandbox follows a whole run through the Metadata API of the sandbox, which finds only the names that it is asked for.
func TestSandbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("lineage")
		client := enter(t, scenario)
		nodes := built(t, "analytics.marts.dim_customers", "analytics.marts.fct_orders", "analytics.marts.fct_revenue_daily",
			"analytics.marts.mart_weekly_revenue", "analytics.reporting.store_orders", "analytics.staging.stg_orders")
		known, err := client.Lineage(t.Context(), lineage.Names(nodes), rest.Polling)
		if err != nil {
			t.Fatal(err)
		}
		result := lineage.Find(nodes, known)
		type found struct {
			Items, Live, Unread map[string]string
			Hidden              int
			Warnings            []string
		}
		got := found{Items: leads(result.Items), Live: leads(result.WithoutExtract), Unread: map[string]string{}, Hidden: result.Hidden, Warnings: result.Warnings}
		for _, relation := range result.Unused {
			got.Unread[relation.String()] = ""
		}
		want := found{
			Items: map[string]string{
				"Kundenstammdaten – täglich": "analytics.marts.dim_customers;",
				"Orders":                     "analytics.marts.dim_customers; analytics.marts.fct_orders;",
				"Weekly revenue":             "analytics.marts.dim_customers; analytics.marts.fct_orders; analytics.marts.mart_weekly_revenue; / analytics.reporting.store_orders;",
				"Margin | P&L <EMEA>":        "analytics.marts.fct_revenue_daily;",
				"売上ダッシュボード":                  "analytics.marts.fct_orders;",
			},
			Live:   map[string]string{"Store scorecard": "analytics.marts.dim_customers; analytics.marts.fct_orders;"},
			Unread: map[string]string{"analytics.staging.stg_orders": ""},
			Hidden: 1,
			Warnings: []string{
				"what reads the relations that were built is not refreshed as far as it is hidden from the signed-in user (items: 1); let that user view it",
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lineage (-want +got):\n%s", diff)
		}
	})
}

// TestSandbox_order: a workbook comes after the data sources that it reads, and that the run has fed.
func TestSandbox_order(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("data-sources-first")
		client := enter(t, scenario)
		nodes := built(t, "analytics.marts.fct_orders")
		known, err := client.Lineage(t.Context(), lineage.Names(nodes), rest.Polling)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, item := range lineage.Find(nodes, known).Items {
			got[item.Name] = item.After
		}
		// Weekly revenue reads two; the run has not fed the other one.
		want := map[string][]string{"Orders": nil, "Weekly revenue": {"9dbd2263-16b5-46e1-9c43-a76bb8ab65fb"}, "売上ダッシュボード": nil}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// leads has for each item the relations that led to it; items of one name are parted by a slash.
func leads(items []lineage.Item) map[string]string {
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

// enter signs in to the Tableau of a scenario. Use it inside a synctest bubble.
func enter(t *testing.T, scenario sandbox.Scenario) *tableau.Client {
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
