package action_test

import (
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestLineage_TableNames asserts that workbooks are found by the tables that dbt built, regardless of how Tableau spells them.
func TestLineage_TableNames(t *testing.T) {
	t.Parallel()
	const ambiguous = "several databases match"
	// Workbook "Margin | P&L <EMEA>" has the first table, and "Scratch: churn ideas" the second one.
	first, both := []string{"workbook Margin | P&L <EMEA>: success"}, []string{"workbook Margin | P&L <EMEA>: success", "workbook Scratch: churn ideas: success"}
	tests := []struct {
		name string
		// tables are "database|schema|name|full name|connection type".
		tables     [2]string
		want       []string
		wantLog    []string
		wantNoLogs []string
	}{
		{
			name: "database_of_the_connection", want: first, wantNoLogs: []string{ambiguous},
			tables: [2]string{
				"RAW|MARTS|FCT_ORDERS|[ANALYTICS.MARTS].[FCT_ORDERS]|snowflake",
				"ANALYTICS|MARTS|FCT_ORDERS|[DEV.MARTS].[FCT_ORDERS]|snowflake",
			},
		},
		{
			name: "three_parts", want: first,
			tables: [2]string{
				"RAW|MARTS|FCT_ORDERS|[ANALYTICS].[MARTS].[FCT_ORDERS]|postgres",
				"ANALYTICS|MARTS|FCT_ORDERS|[DEV].[MARTS].[FCT_ORDERS]|postgres",
			},
		},
		{
			name: "database_inside_the_name", want: both,
			tables: [2]string{
				"RAW|MARTS|[ANALYTICS.MARTS].[FCT_ORDERS]|[ANALYTICS.MARTS].[FCT_ORDERS]|sqlserver",
				"RAW||analytics.marts.fct_orders|[analytics.marts].[fct_orders]|redshift",
			},
		},
		{
			name: "display_name", want: first, wantNoLogs: []string{ambiguous},
			tables: [2]string{
				"Nordlys Analytics|marts|fct_orders|[marts].[fct_orders]|bigquery",
				"Nordlys Analytics|staging|fct_orders|[staging].[fct_orders]|bigquery",
			},
		},
		{
			name: "two_display_names", want: both, wantLog: []string{ambiguous, "ANALYTICS.MARTS.FCT_ORDERS"},
			tables: [2]string{
				"Nordlys Analytics|marts|fct_orders|[marts].[fct_orders]|bigquery",
				"Nordlys Development|marts|fct_orders|[marts].[fct_orders]|bigquery",
			},
		},
		{
			name: "http_path", want: first, wantNoLogs: []string{ambiguous},
			tables: [2]string{
				"/sql/1.0/warehouses/abc|marts|fct_orders|[marts].[fct_orders]|databricks",
				"/sql/1.0/warehouses/abc|raw|fct_orders|[raw].[fct_orders]|databricks",
			},
		},
		{
			name: "two_http_paths", want: both, wantLog: []string{ambiguous},
			tables: [2]string{
				"/sql/1.0/warehouses/abc|marts|fct_orders|[marts].[fct_orders]|databricks",
				"/sql/1.0/warehouses/def|marts|fct_orders|[marts].[fct_orders]|databricks",
			},
		},
	}
	var scenarios []scenarioTest
	for _, tc := range tests {
		scenarios = append(scenarios, scenarioTest{
			name: tc.name, scenario: "lineage", want: "success", wantTargets: tc.want, wantLog: tc.wantLog, wantNoLog: tc.wantNoLogs,
			change: func(s *sandbox.Scenario) {
				removeTables(s.Tableau.Workbooks)
				removeTables(s.Tableau.DataSources)
				for i := range s.Tableau.Workbooks {
					s.Tableau.Workbooks[i].Reads = nil
				}
				for i, workbook := range []int{1, 5} {
					parts := strings.Split(tc.tables[i], "|")
					s.Tableau.Workbooks[workbook].Tables = []sandbox.Table{{Database: parts[0], Schema: parts[1], Name: parts[2], FullName: parts[3], ConnectionType: parts[4]}}
				}
			},
		})
	}
	runTests(t, scenarios)
}

// TestLineage_MetadataFailures asserts that server errors of the Metadata API are retried, with smaller queries.
func TestLineage_MetadataFailures(t *testing.T) {
	t.Parallel()
	largestQuery := func(size int) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) { s.Tableau.Metadata.MaxQuerySize = size }
	}
	fault := func(kind sandbox.FaultKind, times int) []sandbox.Fault {
		return []sandbox.Fault{{Service: "tableau", Operation: "query-metadata", Kind: kind, Times: times}}
	}
	runTests(t, []scenarioTest{
		{name: "before_dbt", scenario: "lineage", want: "success", wantTargets: lineageTargets, faults: fault(sandbox.QueryFailure, 1)},
		{name: "large_queries", scenario: "lineage", want: "success", wantTargets: lineageTargets, change: largestQuery(20)},
		{name: "all_but_the_smallest", scenario: "lineage", want: "success", wantTargets: lineageTargets, change: largestQuery(1)},
		{name: "large_queries_for_data_sources", scenario: "data-sources-first", want: "success", change: largestQuery(1), wantNoLog: []string{"are matched by name"}},
		{
			name: "always", scenario: "lineage", want: "preflight-failed", faults: fault(sandbox.QueryFailure, 0),
			wantLog: []string{"Internal Server Error(s) while executing query", "list the items in tableau-workbooks"},
		},
		{name: "invalid_query", scenario: "lineage", want: "preflight-failed", wantRequests: map[string]int{"query-metadata": 1}, faults: fault(sandbox.InvalidQuery, 0)},
	})
}

// TestLineage_EndedSession asserts that a session that ended while dbt was running is renewed, even if the Metadata API does
// not report it.
func TestLineage_EndedSession(t *testing.T) {
	t.Parallel()
	ended := func(response sandbox.EndedSession) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.Tableau.Metadata.EndedSession, s.Tableau.IdleLimit = response, 2*time.Minute
		}
	}
	renewed := map[string]int{"sign-in": 2, "refresh-workbook": 4, "refresh-datasource": 2}
	runTests(t, []scenarioTest{
		{name: "unauthorized", scenario: "lineage", want: "success", wantTargets: lineageTargets, change: ended(""), wantRequests: renewed},
		{name: "backfilling", scenario: "lineage", want: "success", wantTargets: lineageTargets, change: ended(sandbox.EndedSessionBackfilling), wantRequests: renewed, wantNoLog: []string{"Metadata API Store"}},
		{name: "empty", scenario: "lineage", want: "success", wantTargets: lineageTargets, change: ended(sandbox.EndedSessionEmpty), wantRequests: renewed},
		{
			name: "empty_with_exposures", scenario: "exposures", want: "success", change: ended(sandbox.EndedSessionEmpty),
			inputs: map[string]string{"tableau-discover": "exposures\nlineage"}, wantRequests: map[string]int{"sign-in": 2, "refresh-workbook": 4, "refresh-datasource": 2},
		},
	})
}

// TestLineage_Backfilling asserts that an empty result of an incomplete Metadata API is an error.
func TestLineage_Backfilling(t *testing.T) {
	t.Parallel()
	nothingFound := func(s *sandbox.Scenario) {
		s.Tableau.Metadata.Backfilling = true
		removeTables(s.Tableau.Workbooks)
		removeTables(s.Tableau.DataSources)
	}
	runTests(t, []scenarioTest{
		{name: "alone", scenario: "lineage", want: "error", wantTargets: []string{}, change: nothingFound, wantLog: []string{"has not indexed all content of the site yet"}},
		{name: "with_a_workbook", scenario: "lineage", want: "error", wantTargets: []string{"workbook Weekly revenue: success"}, change: nothingFound, inputs: workbookInput(weeklyRevenueLUID)},
	})
}
