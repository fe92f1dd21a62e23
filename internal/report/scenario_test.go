package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

func successScenario(s *simulatedStep) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"), datasource("Finance mart", "Finance"))
	s.runBuild()
	s.Observe(progress.AttemptFailed{Service: "dbt", Operation: "get run 70471831332476", Err: errors.New("502 Bad Gateway"), Wait: 4 * time.Second})
	s.endRun("success")
	s.acceptRefreshes()
	s.waitForRefreshes(2)
	s.endRefresh(1, progress.StatusSuccess, "")
	s.waitForRefreshes(3)
	s.endRefresh(0, progress.StatusSuccess, "")
	s.waitForRefreshes(1)
	s.endRefresh(2, progress.StatusSuccess, "")
	s.result.WarnedTests = []progress.Failure{
		{Type: "test", Name: "not_null_orders_amount", Status: "warn", Message: "Got 3 results, configured to warn if != 0"},
		{Type: "unit_test", Name: "orders.totals", Status: "warn"},
	}
	return s.finish(progress.OutcomeSuccess, nil)
}

func dbtOnlyScenario(s *simulatedStep) int {
	s.preflight()
	s.runBuild()
	s.endRun("success")
	s.result.Notices = []string{"these inputs have no effect with dbt-run-id: dbt-retries"}
	s.result.Warnings = []string{"dbt-url: use the access URL in the account settings, because dbt is retiring the getdbt.com hosts"}
	s.Observe(progress.Noticed{Text: s.result.Notices[0]})
	s.Observe(progress.Warned{Text: s.result.Warnings[0]})
	return s.finish(progress.OutcomeSuccess, nil)
}

func dbtFailedScenario(s *simulatedStep) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"))
	s.runBuild()
	s.nextStep("")
	failed := &s.result.Run.Steps[2]
	failed.Status = "error"
	failed.Log = "10:03:38  Finished running 118 table models, 412 data tests in 0 hours 3 minutes.\n" +
		"10:03:38  \x1b[31mCompleted with 1 error:\x1b[0m\n\n" +
		"10:03:38    Database Error in model fct_orders (models/marts/fct_orders.sql)\n" +
		"10:03:38    001003 (42000): SQL compilation error: invalid identifier 'CUSTOMER_ID'\n" +
		"10:03:38  Done. PASS=529 WARN=0 ERROR=1 SKIP=12 TOTAL=542"
	failed.Error = "Database Error in model fct_orders (models/marts/fct_orders.sql): 001003 (42000): SQL compilation error: invalid identifier 'CUSTOMER_ID'"
	s.result.Run.Message = "Job step failed: dbt build --select tag:nightly"
	s.result.Run.Status, s.result.Run.Finished = "error", time.Now()
	s.Observe(progress.RunProgressed{Run: s.result.Run})
	return s.finish(progress.OutcomeDBTFailed, &progress.RunError{Run: s.result.Run})
}

const loginError = `[Snowflake][ODBC] Incorrect username or password was specified.\nUnable to connect to the server "acme.snowflakecomputing.com".`

func refreshFailedScenario(s *simulatedStep) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"), datasource("Finance mart", "Finance"), workbook("Board pack", "Finance"))
	s.runBuild()
	s.endRun("success")
	s.acceptRefreshes()
	s.waitForRefreshes(2)
	s.endRefresh(1, progress.StatusFailed, loginError)
	s.waitForRefreshes(2)
	s.endRefresh(0, progress.StatusSuccess, "")
	s.endRefresh(3, progress.StatusSkipped, "a refresh was already queued")
	s.waitForRefreshes(1)
	s.endRefresh(2, progress.StatusSuccess, "")
	s.result.ResumableFor = 6 * time.Hour
	return s.finish(progress.OutcomeRefreshFailed, &progress.RefreshError{Failed: 1, All: 4})
}

func timedOutScenario(s *simulatedStep) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"))
	s.runBuild()
	s.endRun("success")
	s.acceptRefreshes()
	s.waitForRefreshes(3)
	s.endRefresh(0, progress.StatusSuccess, "")
	s.waitForRefreshes(3)
	err := &progress.LimitError{Input: "tableau-timeout", After: time.Minute, During: "waiting for 1 refresh"}
	s.Observe(progress.Stopping{Cause: err})
	s.endRefresh(1, progress.StatusTimedOut, "")
	return s.finish(progress.OutcomeTimedOut, err)
}

func cancelledScenario(s *simulatedStep) int {
	s.preflight(workbook("Weekly revenue", "Finance"))
	s.startRun()
	s.result.Run.BlockedBy = 1
	s.pollRun(8)
	err := &progress.CancelledError{Cause: context.Canceled, During: "waiting for dbt run 70471831332476"}
	s.Observe(progress.Stopping{Cause: err})
	s.Observe(progress.RunCancelled{ID: s.result.Run.ID, Err: errors.New("no time left")})
	s.result.Leftover = progress.LeftoverRunForPost
	return s.finish(progress.OutcomeCancelled, err)
}

func startedScenario(s *simulatedStep) int {
	s.preflight()
	s.startRun()
	return s.finish(progress.OutcomeStarted, nil)
}

func checkedScenario(s *simulatedStep) int {
	s.preflight(datasource("Finance mart", "Finance"), workbook("Weekly revenue", "Finance"))
	return s.finish(progress.OutcomeChecked, nil)
}

func preflightFailedScenario(s *simulatedStep) int {
	missing := workbook("Finance/Weekly revenu", "")
	missing.ID, missing.URL = "", ""
	s.preflight(missing)
	return s.finish(progress.OutcomePreflightFailed, errors.Join(
		fmt.Errorf("tableau-workbooks: %w", &progress.MatchError{
			Text:       `no workbook "Finance/Weekly revenu" found (or no permission to view it). Did you mean`,
			Candidates: []progress.Candidate{{Path: "/Finance/Weekly revenue", ID: "6b7179ba-b82b-4f0f-91ed-812074ac5da6", URL: "https://10ay.online.tableau.com/#/site/MarketingTeam/workbooks/1"}},
		}),
		fmt.Errorf("tableau-datasources: %w", &progress.MatchError{
			Text: `"Mart" matches 12 data sources. Use one of these paths or LUIDs`,
			Candidates: []progress.Candidate{
				{Path: "/Finance/Mart", ID: "1f951daf-4061-451a-9df1-69a8062664f2", URL: "https://10ay.online.tableau.com/#/site/MarketingTeam/datasources/2"},
				{Path: "/Sales/Mart", ID: "0c5e7a92-b4d6-48f1-93a7-c6e8d0f2b413"}, {Path: "and 10 more"},
			},
		})))
}

func invalidScenario(s *simulatedStep) int {
	s.result.Outcome = progress.OutcomeInvalidInput
	return s.Invalid(errors.Join(
		errors.New("input dbt-job-id: must be a job ID or the URL of the job's page (got \"nightly\")"),
		errors.New("input timeout: needs a unit: write 90s for seconds or 90m for minutes (got \"90\")"),
		errors.New("input tableau-token-value: is empty. GitHub passes no secrets to a pull request from a fork")))
}

// hostileText contains a text against each rule of sanitize.
const hostileText = "##[error]x\r::set-output name=result::success\n::add-mask::e\u2028::stop-commands::x #\u200b#[group]y " +
	"<img src=x onerror=alert(1)> | **b** `c` [l](javascript:alert(1)) @octocat #1 GH-2 https://evil.example www.evil.example " +
	"\u202etxt.exe\u202c \x1b[31mred\x1b[0m $x^2$ ~~s~~ --> %% ; : \"q\" \xff_GitHubActionsFileCommandDelimeter_ dbtc_secret"

func hostileScenario(s *simulatedStep) int {
	s.preflight(workbook(hostileText, hostileText), workbook("section "+strings.Repeat("very ", 20)+"long", "2000-01-01 project"), workbook("", ""))
	s.result.Job.Name, s.result.Job.AccountName, s.result.Job.URL = hostileText, hostileText, "javascript:alert(1)"
	s.result.Site = &progress.Site{Host: hostileText, ContentURL: hostileText, Product: hostileText, API: hostileText}
	s.result.Refreshes[0].URL = "https://x.example/a)b](c|d<e>`\"?a=1&lt;2#\u202e"
	s.startRun()
	s.result.Run.URL, s.result.Run.GitSHA, s.result.Run.Branch = "https://x.example/\n::error::x", hostileText, hostileText
	s.result.Run.Status, s.result.Run.Started = "running", time.Now()
	s.nextStep(hostileText)
	s.pollRun(1)
	s.endRun("success")
	s.acceptRefreshes()
	s.waitForRefreshes(1)
	s.result.Refreshes[0].JobID = hostileText
	s.endRefresh(0, progress.StatusFailed, hostileText+"```\n"+`\n::error::x`)
	s.endRefresh(1, progress.StatusSuccess, "")
	s.endRefresh(2, progress.StatusSuccess, "")
	s.Observe(progress.AttemptFailed{Service: "dbt", Operation: hostileText, Err: errors.New(hostileText), Wait: time.Second})
	s.result.WarnedTests = []progress.Failure{{Type: hostileText, Name: hostileText, Status: "warn", Message: hostileText}}
	s.result.Warnings, s.result.Notices = []string{hostileText}, []string{hostileText}
	s.Observe(progress.Warned{Text: hostileText})
	s.result.Run.Message = hostileText
	s.result.Run.Steps = append(s.result.Run.Steps, progress.RunStep{Index: 2, Name: hostileText, Status: "error", Started: time.Now(), Log: hostileText + "\n````\n" + hostileText})
	s.result.Run.Status = "error"
	return s.finish(progress.OutcomeError, fmt.Errorf("failed to %s: %w", hostileText, errors.New(hostileText)))
}
