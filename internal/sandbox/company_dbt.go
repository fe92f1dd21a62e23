package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// projectName is the dbt project of the company of all scenarios: Nordlys, which sells bicycles.
const projectName = "nordlys"

// nordlysAccount returns the dbt account of the company, with its nightly job.
func nordlysAccount() Account {
	return Account{
		Token:          "sandbox-dbt-token",
		ID:             70471823456101,
		Name:           "Nordlys",
		ProjectID:      70471823459202,
		EnvironmentID:  70471823458303,
		Jobs:           []Job{nightlyBuild(), hourlyFreshness()},
		CancelDuration: 3 * time.Second,
		ArtifactsDelay: 2 * time.Second,
	}
}

// nightlyBuild waits 12 s in the queue and runs for 3 min 40 s.
func nightlyBuild() Job {
	return Job{
		ID:          70471823457404,
		Name:        "Nightly build",
		Description: "Builds and tests the tables behind the morning dashboards.",
		QueueTime:   10 * time.Second,
		PrepareTime: 2 * time.Second,
		Setup:       setupSteps(),

		CommandDuration: 20 * time.Second,
		Steps: []Step{
			{Command: "dbt seed", Duration: 14 * time.Second, Log: seedLog(), Nodes: seedNodes()},
			{Command: "dbt source freshness", Duration: 11 * time.Second, Log: freshnessLog()},
			{Command: "dbt build", Duration: 148 * time.Second, Log: buildLog(buildNodes()), Nodes: buildNodes()},
			{Command: docsCommand, Duration: 19 * time.Second, Log: docsLog()},
		},
		OtherRuns: earlierRuns(),
	}
}

func hourlyFreshness() Job {
	return Job{
		ID:          70471823457411,
		Name:        "Hourly source freshness",
		Cron:        "5 * * * *",
		QueueTime:   4 * time.Second,
		PrepareTime: 2 * time.Second,
		Setup:       setupSteps(),
		Steps:       []Step{{Command: "dbt source freshness", Duration: 11 * time.Second, Log: freshnessLog()}},
	}
}

// setupSteps take 28 s.
func setupSteps() []Step {
	return []Step{
		{Name: "Clone git repository", Duration: 6 * time.Second, Log: []string{"Cloning git repository...", "Checked out branch main."}},
		{Name: "Create Profile from Connection Snowflake ", Duration: 4 * time.Second, Log: []string{"Profile written."}},
		{Command: "dbt deps", Duration: 18 * time.Second, Log: []string{
			"Running with dbt=" + dbtVersion,
			"Installing dbt-labs/dbt_utils",
			"Installed from version 1.3.3",
			"Up to date!",
		}},
	}
}

// earlierRuns are a week of runs, from which a client can compute the usual duration of the job.
func earlierRuns() []OtherRun {
	var runs []OtherRun
	for i, pace := range []float64{0.94, 1.02, 0.98, 1.11, 0.97, 1, 1.04} {
		runs = append(runs, OtherRun{
			At: time.Duration(i-7) * 24 * time.Hour, Cause: "Triggered by GitHub Actions", Category: "api", DurationFactor: pace,
		})
	}
	return runs
}

// projectSummaryLine is a line at the start of each command.
const projectSummaryLine = "Found 7 models, 2 seeds, 3 data tests, 6 sources, 512 macros"

func seedNodes() []Node {
	return []Node{
		{UniqueID: "seed.nordlys.store_regions", Status: "success", Message: "INSERT 42", Duration: 2 * time.Second},
		{UniqueID: "seed.nordlys.vat_rates", Status: "success", Message: "INSERT 27", Duration: time.Second},
	}
}

func buildNodes() []Node {
	return []Node{
		model("staging", "stg_orders", 6),
		model("staging", "stg_customers", 5),
		model("staging", "stg_payments", 7),
		model("marts", "dim_customers", 18, "stg_customers", "stg_orders"),
		passedTest("unique_dim_customers_customer_id.a91bdc3f11", "dim_customers"),
		model("marts", "fct_orders", 41, "stg_orders", "stg_payments"),
		passedTest("not_null_fct_orders_order_id.cf6c17daed", "fct_orders"),
		model("marts", "fct_revenue_daily", 37, "fct_orders", "stg_payments"),
		passedTest("accepted_values_fct_revenue_daily_currency.2f0c74a9d0", "fct_revenue_daily"),
		model("marts", "mart_weekly_revenue", 22, "fct_revenue_daily"),
	}
}

// model returns a table that depends on other models.
func model(schema, name string, seconds int, reads ...string) Node {
	return Node{
		UniqueID:  modelID(name),
		Status:    "success",
		Relation:  "ANALYTICS." + strings.ToUpper(schema) + "." + strings.ToUpper(name),
		Message:   "SUCCESS 1",
		DependsOn: modelIDs(reads),
		Duration:  time.Duration(seconds) * time.Second,
	}
}

func passedTest(name, modelName string) Node {
	return Node{UniqueID: "test.nordlys." + name, Status: "pass", DependsOn: []string{modelID(modelName)}, Duration: time.Second}
}

func modelID(name string) string { return "model." + projectName + "." + name }

func modelIDs(names []string) []string {
	var ids []string
	for _, name := range names {
		ids = append(ids, modelID(name))
	}
	return ids
}

func seedLog() []string {
	return []string{
		"Running with dbt=" + dbtVersion,
		projectSummaryLine,
		"1 of 2 OK loaded seed file PROD.store_regions .................... [INSERT 42 in 2.05s]",
		"2 of 2 OK loaded seed file PROD.vat_rates ......................... [INSERT 27 in 1.12s]",
		"Completed successfully",
		"Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=2",
	}
}

func freshnessLog() []string {
	return []string{
		"Running with dbt=" + dbtVersion,
		"1 of 2 PASS freshness of shop.orders .............................. [PASS in 1.31s]",
		"2 of 2 PASS freshness of shop.payments ............................ [PASS in 1.24s]",
		"Done.",
	}
}

func docsLog() []string {
	return []string{"Running with dbt=" + dbtVersion, "Building catalog", "Catalog written to target/catalog.json"}
}

// buildLog returns the log of dbt build for the nodes.
func buildLog(nodes []Node) []string {
	lines := []string{"Running with dbt=" + dbtVersion, projectSummaryLine, "Concurrency: 8 threads (target='prod')"}
	counts := map[string]int{}
	for i, n := range nodes {
		lines = append(lines, fmt.Sprintf("%d of %d %s", i+1, len(nodes), n.logLine()))
		counts[n.Status]++
	}
	summary := "Completed successfully"
	if failed := counts["error"] + counts["fail"]; failed > 0 {
		summary = fmt.Sprintf("Completed with %d errors, 0 partial successes, and %d warnings:", failed, counts["warn"])
	} else if counts["warn"] > 0 {
		summary = fmt.Sprintf("Completed with %d warnings:", counts["warn"])
	}
	lines = append(lines, summary)
	lines = append(lines, failureLines(nodes)...)
	return append(lines, fmt.Sprintf("Done. PASS=%d WARN=%d ERROR=%d SKIP=%d NO-OP=0 TOTAL=%d",
		counts["success"]+counts["pass"], counts["warn"], counts["error"]+counts["fail"], counts["skipped"], len(nodes)))
}
