package sandbox

import (
	"fmt"
	"slices"
	"time"
)

func dataSourcesFirstScenario() Scenario {
	s := successScenario()
	s.Name = "data-sources-first"
	s.Description = "Two workbooks use published data sources, which are refreshed first; one of the workbooks has no extract."
	site := &s.Tableau
	for i := range site.Workbooks {
		site.Workbooks[i].Selected = i == 0
	}
	site.Workbooks[0].Reads = []string{ordersLUID, site.DataSources[1].LUID}
	s.Inputs = map[string]string{
		"tableau-workbooks":           site.Workbooks[0].LUID + "\n" + site.Workbooks[4].LUID,
		"tableau-datasources":         "",
		"tableau-include-datasources": "true",
	}
	return s
}

func lineageScenario() Scenario {
	s := successScenario()
	s.Name = "lineage"
	s.Description = "Lineage determines what to refresh, although Tableau spells the names of the tables differently."
	books := s.Tableau.Workbooks
	books[0].Tables = []Table{{Database: "ANALYTICS", Schema: "MARTS", Name: "MART_WEEKLY_REVENUE", FullName: "[ANALYTICS].[MARTS].[MART_WEEKLY_REVENUE]"}}
	books[1].Tables = []Table{{Schema: "marts", Name: "fct_revenue_daily", FullName: `"marts"."fct_revenue_daily"`, ConnectionType: "genericodbc"}}
	books[0].Reads = []string{ordersLUID}
	books[2].Tables = nil
	books[2].Queries = []Query{{Text: "select * from analytics.marts.fct_orders where region = 'APAC'", Tables: []Table{martTable("FCT_ORDERS")}}}
	books[3].Selected = true
	// A view that the run does not select, on top of a table that it builds.
	s.DBT.Jobs[0].UnselectedNodes = reportingNodes()
	books[3].Tables = []Table{{Database: "ANALYTICS", Schema: "REPORTING", Name: "STORE_ORDERS"}}
	// A table with the same name in another schema was not built.
	books[5].Tables = []Table{{Database: "RAW", Schema: "SHOP", Name: "FCT_ORDERS"}}
	s.Tableau.Workbooks = append(books, Item{
		LUID: "11eaea00-0000-4000-8000-000000000001", Name: "Board pack", Number: 266101, Project: projectFinance, Hidden: true,
		Duration: time.Minute, Tables: []Table{martTable("FCT_REVENUE_DAILY")},
	})
	s.Inputs = map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-discover": "lineage"}
	return s
}

// reportingNodes returns a view on top of what the job builds, and a table that it does not build.
func reportingNodes() []Node {
	view, table := model("reporting", "store_orders", 0, "fct_orders"), model("reporting", "store_targets", 0)
	view.View = true
	return []Node{view, table}
}

func exposuresScenario() Scenario {
	s := successScenario()
	s.Name = "exposures"
	s.Description = "The exposures of the dbt project determine what to refresh, by URL and by selector."
	const pages = "https://tableau.nordlys.example"
	s.Tableau.PageURL = pages
	s.Tableau.Workbooks[1].Selected, s.Tableau.DataSources[1].Selected = false, false
	job := &s.DBT.Jobs[0]
	job.UnselectedNodes = reportingNodes()
	job.Exposures = []Exposure{
		{Name: "weekly_revenue", URL: pages + "/#/site/nordlys/workbooks/265605/views", DependsOn: modelIDs([]string{"mart_weekly_revenue"})},
		{
			Name: "apac_sales", DependsOn: modelIDs([]string{"store_orders"}),
			Tableau: map[string]any{"workbooks": []string{"Sales & Marketing/APAC/売上ダッシュボード"}, "datasource": "Orders"},
		},
		{Name: "notebook", URL: "https://notebooks.example/1", DependsOn: modelIDs([]string{"fct_orders"})},
		{Name: "other_site", URL: pages + "/#/site/elsewhere/workbooks/1", DependsOn: modelIDs([]string{"fct_orders"})},
		{Name: "targets", URL: pages + "/#/site/nordlys/workbooks/265618", DependsOn: modelIDs([]string{"store_targets"})},
	}
	s.Inputs = map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-discover": "exposures"}
	return s
}

// coreScenario has the project of the scenario exposures, which dbt Core built in an earlier step.
func coreScenario() Scenario {
	s := exposuresScenario()
	s.Name = "dbt-core"
	s.Description = "dbt Core built the project in an earlier step; the files in its target folder determine what to refresh."
	job := s.DBT.Jobs[0]
	nodes := slices.Concat([]Node{hook("on-run-start")}, seedNodes(), buildNodes())
	for i, n := range nodes {
		if n.UniqueID == "test.nordlys.not_null_fct_orders_order_id.cf6c17daed" {
			nodes[i].Status, nodes[i].Message, nodes[i].Failures = "warn", "Got 2 results, configured to warn if != 0", 2
		}
	}
	for _, e := range job.Exposures {
		nodes = append(nodes, Node{UniqueID: e.id(), Status: "no-op", Message: "NO-OP", DependsOn: e.DependsOn})
	}
	s.Tableau.Workbooks = append(s.Tableau.Workbooks, recipeWorkbooks()...)
	s.Core = []CoreCommand{{Command: "dbt build --target prod", Target: "prod", Folder: "target", EndedAgo: 70 * time.Second, Nodes: nodes}}
	s.Inputs = map[string]string{
		"dbt-url": "", "dbt-token": "", "dbt-account-id": "", "dbt-job-id": "", "dbt-target-path": "target",
		"tableau-workbooks": "", "tableau-datasources": "", "tableau-discover": "exposures\nlineage",
	}
	return s
}

// recipeWorkbooks are workbooks that use tables which only the project in docs/recipes/dbt-core builds: those of its two clients,
// its snapshot, its seed, and client_orders without a client.
func recipeWorkbooks() []Item {
	workbook := func(number int, name string, tables ...Table) Item {
		for i := range tables {
			tables[i].Database = "ANALYTICS"
		}
		return Item{
			LUID: fmt.Sprintf("11eaea00-0000-4000-8000-%012d", number), Name: name, Number: number, Project: projectFinance,
			Duration: time.Minute, Tables: tables,
		}
	}
	return []Item{
		workbook(266201, "Acme orders", Table{Schema: "ACME", Name: "CLIENT_ORDERS"}),
		workbook(266202, "Globex orders", Table{Schema: "GLOBEX", Name: "CLIENT_ORDERS"}),
		workbook(266203, "Order history", Table{Schema: "SNAPSHOTS", Name: "ORDERS_SNAPSHOT"}, Table{Schema: "MAIN", Name: "RAW_ORDERS"},
			Table{Schema: "REPORTING", Name: "CLIENT_ORDERS"}),
	}
}

// hook is the result of a project hook, which dbt Core writes since 1.9.
func hook(event string) Node {
	return Node{UniqueID: "operation." + projectName + "." + projectName + "-" + event + "-0", Status: "success", Message: projectName + "." + event + ".0 passed", Duration: time.Second}
}
