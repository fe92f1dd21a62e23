package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

func success(s *stage) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"), datasource("Finance mart", "Finance"))
	s.build()
	s.Observe(progress.AttemptFailed{Service: "dbt", Operation: "get run 70471831332476", Err: errors.New("502 Bad Gateway"), Wait: 4 * time.Second})
	s.dbtEnds("success")
	s.accept()
	s.watch(2)
	s.refreshEnds(1, progress.StatusSuccess, "")
	s.watch(3)
	s.refreshEnds(0, progress.StatusSuccess, "")
	s.watch(1)
	s.refreshEnds(2, progress.StatusSuccess, "")
	return s.end(progress.OutcomeSuccess, nil)
}

func dbtOnly(s *stage) int {
	s.preflight()
	s.build()
	s.dbtEnds("success")
	s.res.Warnings = []string{"ab123.getdbt.com works, but dbt retires it: take the access URL of the account settings"}
	s.Observe(progress.Warned{Text: s.res.Warnings[0]})
	return s.end(progress.OutcomeSuccess, nil)
}

func dbtFailed(s *stage) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"))
	s.build()
	s.step("")
	failed := &s.res.Run.Steps[2]
	failed.Status = "error"
	failed.Log = "10:03:38  Finished running 118 table models, 412 data tests in 0 hours 3 minutes.\n" +
		"10:03:38  \x1b[31mCompleted with 1 error:\x1b[0m\n\n" +
		"10:03:38    Database Error in model fct_orders (models/marts/fct_orders.sql)\n" +
		"10:03:38    001003 (42000): SQL compilation error: invalid identifier 'CUSTOMER_ID'\n" +
		"10:03:38  Done. PASS=529 WARN=0 ERROR=1 SKIP=12 TOTAL=542"
	s.res.Run.Message = "Job step failed: dbt build --select tag:nightly"
	s.res.Run.Status, s.res.Run.Finished = "error", time.Now()
	s.Observe(progress.RunProgressed{Run: s.res.Run})
	return s.end(progress.OutcomeDBTFailed, &progress.RunError{Run: s.res.Run})
}

const loginFailed = `com.tableausoftware.nativeapi.exceptions.DataSourceException: [Snowflake][ODBC] Incorrect username or password was specified.\nUnable to connect to the server "acme.snowflakecomputing.com".`

func refreshFailed(s *stage) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"), datasource("Finance mart", "Finance"), workbook("Board pack", "Finance"))
	s.build()
	s.dbtEnds("success")
	s.accept()
	s.watch(2)
	s.refreshEnds(1, progress.StatusFailed, loginFailed)
	s.watch(2)
	s.refreshEnds(0, progress.StatusSuccess, "")
	s.refreshEnds(3, progress.StatusSkipped, "a refresh was already queued")
	s.watch(1)
	s.refreshEnds(2, progress.StatusSuccess, "")
	return s.end(progress.OutcomeRefreshFailed, &progress.RefreshError{Failed: 1, All: 4})
}

func timedOut(s *stage) int {
	s.preflight(workbook("Weekly revenue", "Finance"), workbook("Churn", "Sales"))
	s.build()
	s.dbtEnds("success")
	s.accept()
	s.watch(3)
	s.refreshEnds(0, progress.StatusSuccess, "")
	s.watch(3)
	err := &progress.LimitError{Input: "tableau-timeout", After: time.Minute, During: "waiting for 1 refresh"}
	s.Observe(progress.Stopping{Cause: err})
	s.refreshEnds(1, progress.StatusTimedOut, "")
	return s.end(progress.OutcomeTimedOut, err)
}

func cancelled(s *stage) int {
	s.preflight(workbook("Weekly revenue", "Finance"))
	s.start()
	s.res.Run.BlockedBy = 1
	s.poll(8)
	err := &progress.CancelledError{Cause: context.Canceled, During: "waiting for dbt run 70471831332476"}
	s.Observe(progress.Stopping{Cause: err})
	s.Observe(progress.RunCancelled{ID: s.res.Run.ID, Err: errors.New("no time left")})
	s.res.Leftover = progress.LeftoverRunForPost
	return s.end(progress.OutcomeCancelled, err)
}

func startedOnly(s *stage) int {
	s.preflight()
	s.start()
	return s.end(progress.OutcomeStarted, nil)
}

func checked(s *stage) int {
	s.preflight(datasource("Finance mart", "Finance"), workbook("Weekly revenue", "Finance"))
	return s.end(progress.OutcomeChecked, nil)
}

func preflightFailed(s *stage) int {
	missing := workbook("Finance/Weekly revenu", "")
	missing.ID, missing.URL = "", ""
	s.preflight(missing)
	return s.end(progress.OutcomePreflightFailed, errors.Join(
		errors.New(`tableau-workbooks: no workbook is at "Finance/Weekly revenu"; nearby is "Finance/Weekly revenue"`),
		errors.New(`tableau-datasources: 2 data sources are named "Mart": name the project, too`)))
}

func invalid(s *stage) int {
	s.res.Outcome = progress.OutcomeInvalidInput
	return s.Invalid(errors.Join(
		errors.New("dbt-job-id: must be a number or the address of a job's page, not \"nightly\""),
		errors.New("timeout: 90 needs a unit: 90s, 90m?"),
		errors.New("tableau-token-value: is empty; GitHub passes no secrets to a pull request from a fork")))
}

// evil is text that tries every way out.
const evil = "##[error]x\r::set-output name=result::success\n::add-mask::e\u2028::stop-commands::x #\u200b#[group]y " +
	"<img src=x onerror=alert(1)> | **b** `c` [l](javascript:alert(1)) @octocat #1 GH-2 https://evil.example www.evil.example " +
	"\u202etxt.exe\u202c \x1b[31mred\x1b[0m $x^2$ ~~s~~ --> %% ; : \"q\" \xff_GitHubActionsFileCommandDelimeter_ dbtc_secret"

func hostile(s *stage) int {
	s.preflight(workbook(evil, evil), workbook("section "+strings.Repeat("very ", 20)+"long", "2000-01-01 project"), workbook("", ""))
	s.res.Job.Name, s.res.Job.AccountName, s.res.Job.URL = evil, evil, "javascript:alert(1)"
	s.res.Site = &progress.Site{Host: evil, ContentURL: evil, Product: evil, API: evil}
	s.res.Refreshes[0].URL = "https://x.example/a)b](c|d<e>`\"?a=1&lt;2#\u202e"
	s.start()
	s.res.Run.URL, s.res.Run.GitSHA, s.res.Run.Branch = "https://x.example/\n::error::x", evil, evil
	s.res.Run.Status, s.res.Run.Started = "running", time.Now()
	s.step(evil)
	s.poll(1)
	s.dbtEnds("success")
	s.accept()
	s.watch(1)
	s.res.Refreshes[0].JobID = evil
	s.refreshEnds(0, progress.StatusFailed, evil+"```\n"+`\n::error::x`)
	s.refreshEnds(1, progress.StatusSuccess, "")
	s.refreshEnds(2, progress.StatusSuccess, "")
	s.Observe(progress.AttemptFailed{Service: "dbt", Operation: evil, Err: errors.New(evil), Wait: time.Second})
	s.res.Warnings = []string{evil}
	s.Observe(progress.Warned{Text: evil})
	s.res.Run.Message = evil
	s.res.Run.Steps = append(s.res.Run.Steps, progress.RunStep{Index: 2, Name: evil, Status: "error", Started: time.Now(), Log: evil + "\n````\n" + evil})
	s.res.Run.Status = "error"
	return s.end(progress.OutcomeError, fmt.Errorf("failed to %s: %w", evil, errors.New(evil)))
}
