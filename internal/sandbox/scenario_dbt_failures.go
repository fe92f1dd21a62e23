package sandbox

import (
	"fmt"
	"time"
)

func dbtFailsScenario() Scenario {
	s := successScenario()
	s.Name = "dbt-fails"
	s.Description = "The build fails because of a missing column, and a test fails as well. Nothing is refreshed."
	nodes := brokenNodes()
	s.DBT.Jobs[0].Outcomes = []Outcome{{FailedCommand: "dbt build", Log: buildLog(nodes), Nodes: nodes}}
	return s
}

// brokenNodes returns the nodes of a build in which a model fails and its children are skipped.
func brokenNodes() []Node {
	nodes := buildNodes()
	for i := range nodes {
		switch nodes[i].name() {
		case "fct_revenue_daily":
			nodes[i].Status = "error"
			nodes[i].Message = "000904 (42000): 01bf8d2c-0000-4000: SQL compilation error: error line 27 at position 8\n" +
				"invalid identifier 'PAYMENTS.AMOUNT_NET'"
		case "unique_dim_customers_customer_id":
			nodes[i].Status, nodes[i].Failures = "fail", 318
			nodes[i].Message = "Got 318 results, configured to fail if != 0"
		case "accepted_values_fct_revenue_daily_currency", "mart_weekly_revenue":
			nodes[i].Status, nodes[i].Message, nodes[i].Duration = "skipped", "", 0
		}
	}
	return nodes
}

func dbtCancelledScenario() Scenario {
	s := successScenario()
	s.Name = "dbt-cancelled"
	s.Description = "The run is canceled in dbt after a minute and a half. Nothing is refreshed."
	s.DBT.Jobs[0].Outcomes = []Outcome{{CancelAfter: 95 * time.Second}}
	return s
}

func slowQueueScenario() Scenario {
	s := successScenario()
	s.Name = "slow-queue"
	s.Description = "One run of the same job is running and another one is queued, so the new run is third in line."
	job := &s.DBT.Jobs[0]
	for i, at := range []time.Duration{-2 * time.Minute, -40 * time.Second} {
		job.OtherRuns = append(job.OtherRuns, OtherRun{
			At: at, Cause: fmt.Sprintf("Backfill, part %d of 2", i+1), Category: "ui", DurationFactor: 1.2,
		})
	}
	return s
}
