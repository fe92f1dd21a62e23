package action_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// builtTest is a dbt job, and the workbooks that have to be refreshed after it.
type builtTest struct {
	name   string
	steps  []sandbox.Step
	change func(*sandbox.Scenario)
	faults []sandbox.Fault
	inputs map[string]string
	// want is the result. Default: success.
	want string
	// refreshed are the workbooks: "SCHEMA.TABLE" uses that table, and the exposure of MODEL points to "dashboard of MODEL".
	refreshed          []string
	wantLog, wantNoLog []string
	maxArtifacts       int // requests for artifacts; 0 for any number
}

// builtTables are the tables that workbooks use; builtModels have exposures.
var (
	builtTables = []string{"ACME.ORDERS", "GLOBEX.ORDERS", "PROD.ORDERS", "DOCS.ORDERS", "PROD.CUSTOMERS", "PROD.REGIONS", "DOCS.REGIONS", "PROD.RECENT", "ACME.RECENT", "GLOBEX.RECENT", "AUDIT.NOT_NULL"}
	builtModels = []string{"orders", "customers"}
)

// TestBuilt covers what dbt writes into its artifacts, and which content depends on it.
func TestBuilt(t *testing.T) {
	t.Parallel()
	orders := func(status, message string) []sandbox.Step {
		return []sandbox.Step{dbtStep("dbt build", dbtNode("model", "orders", status, message, "PROD"), dbtNode("model", "customers", "success", "SUCCESS 1", "PROD"))}
	}
	both := []string{"PROD.CUSTOMERS", "PROD.ORDERS", "dashboard of customers", "dashboard of orders"}
	withoutOrders := []string{"PROD.CUSTOMERS", "dashboard of customers"}
	withUnchanged := map[string]string{"tableau-discover": "exposures, lineage, unchanged"}
	docs := sandbox.Step{Command: "dbt docs generate", Duration: time.Second}
	tests := []builtTest{
		{name: "partial_parsing", steps: append(orders("success", ""), docs), change: func(s *sandbox.Scenario) { s.DBT.ManifestRunID = 4711 }, refreshed: both},
		{name: "partial_parsing_in_a_dry_run", steps: orders("success", ""), change: func(s *sandbox.Scenario) { s.DBT.ManifestRunID = 4711 }, inputs: map[string]string{"dry-run": "true"}, want: "checked"},
		{name: "artifacts_of_another_run", steps: orders("success", ""), change: func(s *sandbox.Scenario) { s.DBT.ArtifactsRunID = 4711 }, want: "error", wantLog: []string{"belongs to run 4711"}},
		{name: "constants_of_python", steps: orders("success", ""), change: func(s *sandbox.Scenario) { s.DBT.WriteNaN = true }, refreshed: both, maxArtifacts: 2},
		{
			name: "web_page", steps: orders("success", ""), faults: []sandbox.Fault{{Service: "dbt", Operation: "get-artifact", Kind: sandbox.WebPage}}, want: "error",
			maxArtifacts: 6, wantLog: []string{"run_results.json: it is not valid JSON", "manifest.json: it is not valid JSON"}, wantNoLog: []string{"did not return a valid dbt response"},
		},
		{name: "warn", steps: orders("warn", "Warn"), refreshed: both},
		{name: "cloned", steps: orders("reused", "Cloned from other environment (within tolerance)"), refreshed: both},
		{name: "cloned_from_the_cache", steps: orders("reused", "cloned from cached relation PROD.ORDERS"), refreshed: both},
		{name: "cloned_without_a_status", steps: orders("success", "CLONE (within tolerance)"), refreshed: both},
		{name: "reused", steps: orders("reused", "No new changes on any upstreams"), refreshed: withoutOrders, wantLog: []string{"built 1 table or view and left 1 unchanged; "}},
		{name: "reused_and_refreshed", steps: orders("reused", "New changes detected. Did not meet build_after"), inputs: withUnchanged, refreshed: both, wantLog: []string{" and left 1 unchanged; "}},
		{name: "no_op_within_tolerance", steps: orders("success", "NO-OP (within tolerance)"), refreshed: withoutOrders, wantLog: []string{" and left 1 unchanged; "}},
		{name: "no_op_and_refreshed", steps: orders("no-op", ""), inputs: withUnchanged, refreshed: both},
		{name: "unknown_status", steps: orders("hibernated", ""), refreshed: both, wantLog: []string{`::warning::tableau-discover: these nodes count as built, because their status is unknown: model.nordlys.orders ("hibernated")`}},
		{name: "partial_success", steps: orders("partial success", "PARTIAL SUCCESS (3/4)"), refreshed: withoutOrders, wantLog: []string{"::warning::tableau-discover: model.nordlys.orders was only partially built, so it does not trigger refreshes"}},
		{name: "skipped", steps: orders("skipped", "Skipped"), refreshed: withoutOrders, wantLog: []string{"these nodes were not built, so they do not trigger refreshes: model.nordlys.orders (skipped)"}},
		{
			name: "one_model_in_two_schemas", refreshed: []string{"ACME.ORDERS", "ACME.RECENT", "GLOBEX.ORDERS", "GLOBEX.RECENT", "dashboard of orders"},
			steps: []sandbox.Step{
				dbtStep("dbt run --vars '{client: acme}'", dbtNode("model", "orders", "success", "", "ACME"), dbtView("ACME", "success")),
				dbtStep("dbt run --vars '{client: globex}'", dbtNode("model", "orders", "success", "", "GLOBEX"), dbtView("GLOBEX", "success")),
			},
		},
		{
			name: "view_that_was_not_rebuilt_in_two_schemas", refreshed: []string{"ACME.ORDERS", "ACME.RECENT", "GLOBEX.ORDERS", "GLOBEX.RECENT", "dashboard of orders"},
			steps: []sandbox.Step{
				dbtStep("dbt run --vars '{client: acme}'", dbtNode("model", "orders", "success", "", "ACME"), dbtView("ACME", "skipped")),
				dbtStep("dbt run --vars '{client: globex}'", dbtNode("model", "orders", "success", "", "GLOBEX"), dbtView("GLOBEX", "skipped")),
			},
		},
		{
			name: "other_target_in_a_later_step", refreshed: []string{"PROD.ORDERS", "PROD.REGIONS", "dashboard of orders"},
			steps: []sandbox.Step{
				dbtStep("dbt build --target prod", dbtNode("seed", "regions", "success", "INSERT 42", "PROD"), dbtNode("model", "orders", "success", "", "PROD")),
				dbtStep("dbt compile --target docs", dbtNode("seed", "regions", "success", "", "DOCS"), dbtNode("model", "orders", "success", "", "DOCS")),
			},
		},
		{
			name: "same_target_in_a_later_step", refreshed: []string{"PROD.ORDERS", "PROD.REGIONS", "dashboard of orders"}, maxArtifacts: 3,
			steps: []sandbox.Step{
				dbtStep("dbt seed", dbtNode("seed", "regions", "success", "INSERT 42", "PROD")),
				dbtStep("dbt build --exclude regions", dbtNode("model", "orders", "success", "", "PROD")),
				docs,
			},
		},
		{
			name: "dbt_ignores_the_step", want: "error", change: func(s *sandbox.Scenario) { s.DBT.IgnoreStep = true },
			steps:   []sandbox.Step{dbtStep("dbt run", dbtNode("model", "orders", "success", "", "PROD")), dbtStep("dbt test", sandbox.Node{UniqueID: "test.nordlys.not_null.1", Status: "pass"})},
			wantLog: []string{`belongs to another command: "dbt test"`},
		},
		{name: "unknown_command", steps: append(orders("success", ""), sandbox.Step{Command: "dbt --version", Duration: time.Second}), refreshed: both, wantLog: []string{`step 5 ("dbt --version") of dbt run`, "has no results"}},
		{name: "only_an_unknown_command", steps: []sandbox.Step{{Command: "dbt --version", Duration: time.Second}}, wantLog: []string{"has no results", "built no tables or views"}},
		{
			name: "exposure_without_dependencies", steps: orders("success", ""), refreshed: both, wantLog: []string{"add depends_on to these exposures. They depend on nothing, so they are never refreshed: by_selector, by_url"}, wantNoLog: []string{"elsewhere"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Exposures = append(s.DBT.Jobs[0].Exposures,
					sandbox.Exposure{Name: "by_url", URL: "https://tableau.nordlys.example/#/site/nordlys/workbooks/1"},
					sandbox.Exposure{Name: "by_selector", Tableau: map[string]any{"workbook": "PROD.ORDERS"}},
					sandbox.Exposure{Name: "elsewhere", URL: "https://notebooks.example/1"})
			},
		},
		{
			name: "clone", refreshed: withoutOrders, wantLog: []string{" and left 1 unchanged; "},
			steps: []sandbox.Step{dbtStep("dbt clone --state s", dbtNode("model", "orders", "success", "No-op", "PROD"), dbtNode("model", "customers", "success", "OK", "PROD"))},
		},
		{
			name: "test_that_stored_its_failures", refreshed: append(both, "AUDIT.NOT_NULL"), wantLog: []string{"built 3 tables and views"},
			steps: append(orders("success", ""), dbtStep("dbt test --store-failures", sandbox.Node{UniqueID: "test.nordlys.not_null.1", Status: "pass", Relation: "ANALYTICS.AUDIT.NOT_NULL"})),
		},
		{
			name: "test_without_stored_failures", refreshed: both,
			steps: append(orders("success", ""), dbtStep("dbt test", sandbox.Node{UniqueID: "test.nordlys.not_null.1", Status: "warn"})),
		},
		{
			name: "retried", refreshed: both, inputs: map[string]string{"dbt-retries": "1"},
			steps: orders("success", ""),
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: orders("error", "Database Error")[0].Nodes}, {}}
			},
		},
	}
	var scenarios []scenarioTest
	for _, tc := range tests {
		scenarios = append(scenarios, tc.scenarioTest())
	}
	runTests(t, scenarios)
}

func (tc builtTest) scenarioTest() scenarioTest {
	test := scenarioTest{
		name: tc.name, scenario: "lineage", faults: tc.faults, inputs: map[string]string{"tableau-discover": "exposures\nlineage"},
		want: tc.want, wantLog: tc.wantLog, wantNoLog: tc.wantNoLog,
	}
	if test.want == "" {
		test.want = "success"
	}
	maps.Copy(test.inputs, tc.inputs)
	test.change = func(s *sandbox.Scenario) {
		useWorkbooksPerTable(s)
		s.DBT.Jobs[0].Steps, s.DBT.ArtifactsDelay = tc.steps, 0
		if tc.inputs["dry-run"] == "true" {
			s.DBT.Jobs[0].OtherRuns = s.DBT.Jobs[0].OtherRuns[:1]
		}
		if tc.change != nil {
			tc.change(s)
		}
	}
	test.check = func(t *testing.T, step outcome) {
		t.Helper()
		var refreshed []string
		for _, r := range parseTargets(t, step) {
			if r.Status == "success" {
				refreshed = append(refreshed, r.Name)
			}
		}
		slices.Sort(refreshed)
		want := slices.Sorted(slices.Values(tc.refreshed))
		if !slices.Equal(refreshed, want) {
			t.Errorf("refreshed %q, want %q", refreshed, want)
		}
		if got := step.requestCounts()["get-artifact"]; tc.maxArtifacts > 0 && got > tc.maxArtifacts {
			t.Errorf("%d requests for artifacts, want at most %d", got, tc.maxArtifacts)
		}
	}
	return test
}

// useWorkbooksPerTable replaces the content of the site by a workbook for each table, and one for the exposure of each model.
func useWorkbooksPerTable(s *sandbox.Scenario) {
	s.Tableau.DataSources, s.Tableau.Workbooks = nil, nil
	s.DBT.Jobs[0].UnselectedNodes, s.DBT.Jobs[0].Exposures = nil, nil
	add := func(name string, tables ...sandbox.Table) string {
		n := len(s.Tableau.Workbooks) + 1
		luid := fmt.Sprintf("11eaea00-0000-4000-8000-%012d", n)
		s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{LUID: luid, Name: name, Number: 300_000 + n, Project: s.Tableau.Projects[0].LUID, Duration: time.Second, Tables: tables})
		return luid
	}
	for _, name := range builtTables {
		schema, table, _ := strings.Cut(name, ".")
		add(name, sandbox.Table{Database: "ANALYTICS", Schema: schema, Name: table})
	}
	for _, model := range builtModels {
		luid := add("dashboard of " + model)
		s.DBT.Jobs[0].Exposures = append(s.DBT.Jobs[0].Exposures, sandbox.Exposure{Name: model, DependsOn: []string{"model.nordlys." + model}, Tableau: map[string]any{"workbook": luid}})
	}
}

func dbtStep(command string, nodes ...sandbox.Node) sandbox.Step {
	return sandbox.Step{Command: command, Duration: time.Second, Nodes: nodes}
}

// dbtNode returns a node of the given type, whose relation is its name in upper case. dbt does not write that of a seed into the
// results.
func dbtNode(nodeType, name, status, message, schema string) sandbox.Node {
	node := sandbox.Node{UniqueID: nodeType + ".nordlys." + name, Status: status, Message: message, Duration: time.Second}
	relation := "ANALYTICS." + schema + "." + strings.ToUpper(name)
	if nodeType == "seed" {
		node.ManifestRelation = relation
	} else {
		node.Relation = relation
	}
	return node
}

// dbtView returns a view of the model orders.
func dbtView(schema, status string) sandbox.Node {
	node := dbtNode("model", "recent", status, "", schema)
	node.View, node.DependsOn = true, []string{"model.nordlys.orders"}
	return node
}

// TestBuilt_summary asserts that each table or view that a run built is in the log and in the summary: with what depends on it,
// or among those that nothing depends on.
func TestBuilt_summary(t *testing.T) {
	t.Parallel()
	var tests []scenarioTest
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 0))
		var steps []sandbox.Step
		var built []string
		for i := range 1 + random.IntN(2) {
			var nodes []sandbox.Node
			for n := range 1 + random.IntN(40) {
				nodeType := []string{"model", "seed", "snapshot"}[random.IntN(3)]
				status := []string{"success", "warn", "no-op", "skipped", "partial success", "odd"}[random.IntN(6)]
				schema := []string{"PROD", "PROD", "PROD", "DOCS", "A_B*C"}[random.IntN(5)]
				node := dbtNode(nodeType, fmt.Sprintf("t_%d", n), status, "", schema)
				if n > 0 && nodeType == "model" {
					node.View, node.DependsOn = random.IntN(2) == 0, []string{nodes[random.IntN(n)].UniqueID}
				}
				if status == "success" || status == "warn" || status == "odd" {
					built = append(built, fmt.Sprintf("ANALYTICS.%s.T_%d", schema, n))
				}
				nodes = append(nodes, node)
			}
			steps = append(steps, dbtStep(fmt.Sprintf("dbt build --vars 'step: %d'", i), nodes...))
		}
		discover := []string{"exposures", "lineage", "exposures, lineage, unchanged"}[seed%3]
		tests = append(tests, scenarioTest{
			name: fmt.Sprintf("%s/%d", discover, seed), scenario: "lineage", want: "success", inputs: map[string]string{"tableau-discover": discover},
			change: func(s *sandbox.Scenario) {
				useWorkbooksPerTable(s)
				s.DBT.Jobs[0].Steps = steps
				for i := range s.Tableau.Workbooks {
					s.Tableau.Workbooks[i].Tables = nil
					for range random.IntN(40) {
						s.Tableau.Workbooks[i].Tables = append(s.Tableau.Workbooks[i].Tables, sandbox.Table{Database: "ANALYTICS", Schema: "PROD", Name: fmt.Sprintf("T_%d", random.IntN(40))})
					}
				}
				for i := range s.DBT.Jobs[0].Exposures {
					s.DBT.Jobs[0].Exposures[i].DependsOn = []string{fmt.Sprintf("model.nordlys.t_%d", random.IntN(40)), fmt.Sprintf("seed.nordlys.t_%d", random.IntN(40))}
				}
			},
			check: func(t *testing.T, step outcome) {
				t.Helper()
				for name, text := range map[string]string{"log": step.log, "summary": strings.ReplaceAll(step.summary, `\`, "")} {
					for _, relation := range built {
						if !regexp.MustCompile(regexp.QuoteMeta(relation) + `\b`).MatchString(text) {
							t.Errorf("the %s does not contain %s", name, relation)
						}
					}
				}
			},
		})
	}
	runTests(t, tests)
}
