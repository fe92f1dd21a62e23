package action_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

func bookID(n int) string { return fmt.Sprintf("b00c0000-0000-4000-8000-%012d", n) }

func bookIDs(n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, bookID(i))
	}
	return strings.Join(ids, "\n")
}

// addWorkbooks adds workbooks that use the first data source.
func addWorkbooks(n int) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) {
		for i := range n {
			s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{
				LUID: bookID(i), Name: fmt.Sprint("Book ", i), Project: s.Tableau.Projects[0].LUID, Reads: []string{ordersLUID},
			})
		}
	}
}

// checkConnectionsInParallel asserts that the connections of many workbooks were listed in parallel, and that the
// problems are reported in the order of the input.
func checkConnectionsInParallel(t *testing.T, step outcome) {
	t.Helper()
	var first, last time.Time
	for _, request := range step.services.Requests() {
		if request.Operation == "list-workbook-connections" {
			if first.IsZero() {
				first = request.Time
			}
			last = request.Time
		}
	}
	if duration := last.Sub(first); duration > time.Minute {
		t.Errorf("the requests took %s", duration)
	}
	at := 0
	for i := range 20 { // the limit of the summary
		found := strings.Index(step.summary[at:], fmt.Sprintf("&#34;Book %d&#34;:", i))
		if found < 0 {
			t.Fatalf("the problem of workbook %d is missing or out of order:\n%s", i, step.summary)
		}
		at += found
	}
}

// checkFresh asserts that the step reports how long after dbt all data was fresh.
func checkFresh(t *testing.T, step outcome) {
	t.Helper()
	if !strings.Contains(step.summary, "data was fresh") || !strings.Contains(step.outputs["message"], "data was fresh") {
		t.Error("the freshness of the data is not reported")
	}
}

func checkNotFresh(t *testing.T, step outcome) {
	t.Helper()
	if strings.Contains(step.summary+step.outputs["message"]+step.log, "fresh in Tableau") {
		t.Error("data of another refresh is reported as fresh")
	}
}

// checkWorkbookAfterDataSources asserts that the workbook was started after the last data source had ended.
func checkWorkbookAfterDataSources(t *testing.T, step outcome) {
	t.Helper()
	jobs := step.services.Jobs()
	books, sources := 0, 0
	for _, book := range jobs {
		if book.Type != "workbook" {
			continue
		}
		books++
		for _, source := range jobs {
			if source.Type == "datasource" {
				sources++
				if source.Ended.IsZero() || book.Created.Before(source.Ended) {
					t.Errorf("the workbook was refreshed before %s", source.Target)
				}
			}
		}
	}
	if books != 1 || sources < 2 {
		t.Errorf("%d workbooks and %d data sources were refreshed", books, sources)
	}
}
