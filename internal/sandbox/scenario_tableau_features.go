package sandbox

import "time"

func byNameScenario() Scenario {
	s := successScenario()
	s.Name = "by-name"
	s.Description = "Items are selected by path, name, tag, and URL, among projects and workbooks with the same names."
	s.Tableau.Projects = append(s.Tableau.Projects, Project{LUID: "c0ffee00-1000-4000-8000-000000000008", Name: "Weekly", Parent: projectAPAC})
	s.Tableau.Workbooks = append(s.Tableau.Workbooks,
		Item{
			LUID: "5e1ec700-0000-4000-8000-000000000001", Name: "Cost, plan / actual & more", Number: 266001, Project: projectSalesWeekly, Selected: true,
			QueueTime: time.Second, Duration: 15 * time.Second, Views: []string{"By month", "By store"},
		},
		Item{
			LUID: "5e1ec700-0000-4000-8000-000000000002", Name: "Weekly revenue", Number: 266002, Project: "c0ffee00-1000-4000-8000-000000000008",
			QueueTime: time.Second, Duration: 15 * time.Second, ContentURL: "Weeklyrevenue_16602",
		})
	s.Inputs = map[string]string{
		"tableau-workbooks": "Finance/Weekly/Weekly revenue\n" +
			"tag:after-dbt\n" +
			"{tableau-url}/#/site/nordlys/views/MarginPLEMEA/Overview?:iid=1\n" +
			`/Sales & Marketing/Weekly/Cost, plan \/ actual & more`,
		"tableau-datasources": "Orders\n{tableau-url}/#/site/nordlys/datasources/31822",
	}
	return s
}

func tasksScenario() Scenario {
	s := successScenario()
	s.Name = "tasks"
	s.Description = "A Tableau Server with its Default site: extract refresh tasks are selected by ID and by schedule."
	site := &s.Tableau
	site.ContentURL, site.APIVersion = "", "3.24"
	site.Schedules = []Schedule{
		{LUID: "5c4ed01e-0000-4000-8000-000000000001", Name: "Weekday mornings", Frequency: "Weekly", Start: "06:00:00", WeekDays: []string{"Monday", "Friday"}},
		{LUID: "5c4ed01e-0000-4000-8000-000000000002", Name: "Every two hours", Frequency: "Hourly", Start: "00:30:00", End: "23:30:00", Hours: 2},
		{LUID: "5c4ed01e-0000-4000-8000-000000000003", Name: "Mails", Type: "Subscription", Frequency: "Daily", Start: "07:00:00"},
	}
	site.Tasks = companyTasks(site.Workbooks, site.DataSources)
	s.Inputs = map[string]string{
		"tableau-workbooks": "", "tableau-datasources": "",
		"tableau-tasks":     site.Tasks[3].LUID + "\n" + site.Tasks[4].LUID,
		"tableau-schedules": "Weekday mornings",
	}
	return s
}

// companyTasks returns three visible tasks in the first schedule, one in the second, one without a schedule, and a hidden
// one.
func companyTasks(workbooks, dataSources []Item) []Task {
	const (
		prefix  = "7a5c0000-0000-4000-8000-00000000000"
		morning = "5c4ed01e-0000-4000-8000-000000000001"
	)
	return []Task{
		{LUID: prefix + "1", Target: workbooks[0].LUID, Schedule: morning},
		{LUID: prefix + "2", Target: workbooks[1].LUID, Schedule: morning, Failures: 2},
		{LUID: prefix + "3", Target: dataSources[0].LUID, Schedule: morning, Incremental: true},
		{LUID: prefix + "4", Target: dataSources[1].LUID, Schedule: "5c4ed01e-0000-4000-8000-000000000002", Incremental: true, Type: "RefreshExtractTask"},
		{LUID: prefix + "5", Target: workbooks[2].LUID, TargetOmitted: true},
		{LUID: prefix + "6", Target: workbooks[3].LUID, Schedule: morning, Hidden: true},
	}
}

func flowsScenario() Scenario {
	s := successScenario()
	s.Name = "flows"
	s.Description = "Two flows are run in addition to the refreshes; one of them fails."
	s.Tableau.Flows = []Item{
		{
			LUID: "f10e0000-0000-4000-8000-000000000001", Name: "Clean orders", Number: 7101, Project: projectCertified, QueueTime: time.Second,
			Duration: 75 * time.Second,
		},
		{
			LUID: "f10e0000-0000-4000-8000-000000000002", Name: "Customers → CRM", Number: 7102, Project: projectSales, QueueTime: time.Second, Duration: 20 * time.Second,
			Refreshes: []Refresh{{Finish: FinishFailed, Notes: "The output could not be written: permission denied for schema CRM."}},
		},
		{LUID: "f10e0000-0000-4000-8000-000000000003", Name: "Clean orders", Number: 7103, Project: projectDefault, Duration: time.Minute},
	}
	s.Inputs = map[string]string{"tableau-flows": "Certified data/Clean orders\nCustomers → CRM"}
	return s
}

func connectedAppScenario() Scenario {
	s := successScenario()
	s.Name = "connected-app"
	s.Description = "A connected app signs in with JSON web tokens, and is restricted to its scopes."
	s.Tableau.App = ConnectedApp{
		ClientID: "0a99c11e-0000-4000-8000-0000000000c1", SecretID: "0a995ec2-0000-4000-8000-0000000000c2", SecretValue: "sandbox-tableau-app-secret",
	}
	s.Inputs = map[string]string{
		"tableau-token-name": "", "tableau-token-value": "", "tableau-username": ownerName, "tableau-connected-app-client-id": s.Tableau.App.ClientID,
		"tableau-connected-app-secret-id": s.Tableau.App.SecretID, "tableau-connected-app-secret-value": s.Tableau.App.SecretValue,
	}
	return s
}

func cloudScenario() Scenario {
	s := successScenario()
	s.Name = "cloud"
	s.Description = "Tableau Cloud: the sign-in is redirected to another host, and each task contains its schedule."
	site := &s.Tableau
	site.APIVersion, site.Cloud, site.SignInHost, site.PodHost = "3.28", true, "online.tableau.test", tableauHost
	site.Schedules = []Schedule{{LUID: "5c4ed01e-0000-4000-8000-000000000001", Frequency: "Daily", Start: "18:20:00", End: "18:20:00", Hours: 24, WeekDays: []string{"Tuesday"}}}
	site.Tasks = companyTasks(site.Workbooks, site.DataSources)
	s.Inputs = map[string]string{"tableau-tasks": site.Tasks[0].LUID + "\n" + site.Tasks[2].LUID}
	return s
}

func unqueryableScenario() Scenario {
	s := successScenario()
	s.Name = "unqueryable"
	s.Description = "The job of one workbook can't be queried by ID, but is in the job list."
	s.Tableau.Workbooks[1].Unqueryable = true
	return s
}
