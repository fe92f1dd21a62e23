package sandbox

import (
	"fmt"
	"time"
)

func refreshFailsScenario() Scenario {
	s := successScenario()
	s.Name = "refresh-fails"
	s.Description = "The database rejects the login of one workbook; the other refreshes succeed."
	s.Tableau.Workbooks[1].Duration = 9 * time.Second
	s.Tableau.Workbooks[1].Refreshes = []Refresh{{
		Finish: FinishFailed,
		Notes: `java.lang.RuntimeException: [Microsoft][ODBC Driver 17 for SQL Server][SQL Server]` +
			`Login failed for user 'svc_tableau'.\nThe password of the account has expired.\n`,
	}}
	return s
}

func conflictScenario() Scenario {
	s := successScenario()
	s.Name = "conflict"
	s.Description = "A refresh of one workbook, which started before the end of dbt, is still running when dbt succeeds."
	s.Tableau.Workbooks[0].OtherRefreshes = []OtherRefresh{{At: -5 * time.Minute, Duration: 10 * time.Minute}}
	return s
}

func noExtractScenario() Scenario {
	s := successScenario()
	s.Name = "no-extract"
	s.Description = "One of the workbooks has only live connections, so it has no extract to refresh."
	for i := range s.Tableau.Workbooks {
		item := &s.Tableau.Workbooks[i]
		item.Selected = item.Live || i == 0
	}
	return s
}

func bridgeScenario() Scenario {
	s := successScenario()
	s.Name = "bridge"
	s.Description = "Tableau Bridge refreshes one data source: its job has finish code 0 long before the end, and then 3."
	s.Tableau.DataSources[0].Bridge = true
	s.Tableau.DataSources[0].Duration = 90 * time.Second
	return s
}

func manyScenario() Scenario {
	const count = 60
	s := successScenario()
	s.Name = "many"
	s.Description = "Sixty workbooks, of which Tableau refreshes ten at a time."
	s.Tableau.Workbooks, s.Tableau.DataSources = nil, nil
	for i := range count {
		luid := fmt.Sprintf("60b00c00-0000-4000-8000-%012d", i+1)
		s.Tableau.Workbooks = append(s.Tableau.Workbooks, Item{
			LUID: luid, Name: fmt.Sprintf("Store %03d – daily", 100+i), ContentURL: fmt.Sprintf("store-%03d", 100+i), Number: 300100 + i,
			Project: projectSales, Tags: []string{"stores"}, Selected: true, QueueTime: time.Second,
			Duration: time.Duration(20+7*i%41) * time.Second, Connections: snowflakeConnections(luid, "Sales"),
		})
	}
	return s
}
