package sandbox

import "time"

// The projects of the company's site.
const (
	projectDefault   = "c0ffee00-1000-4000-8000-000000000001"
	projectFinance   = "c0ffee00-1000-4000-8000-000000000002"
	projectWeekly    = "c0ffee00-1000-4000-8000-000000000003"
	projectSales     = "c0ffee00-1000-4000-8000-000000000004"
	projectAPAC      = "c0ffee00-1000-4000-8000-000000000005"
	projectCertified = "c0ffee00-1000-4000-8000-000000000006"
	// projectSalesWeekly has the same name as projectWeekly, and another parent.
	projectSalesWeekly = "c0ffee00-1000-4000-8000-000000000007"
)

// ordersLUID is the published data source that workbooks use.
const ordersLUID = "9dbd2263-16b5-46e1-9c43-a76bb8ab65fb"

// nordlysSite is the company's Tableau site.
func nordlysSite() Site {
	return Site{
		LUID:        "5a4db0c5-0000-4000-8000-00000000517e",
		ContentURL:  "nordlys",
		APIVersion:  "3.26",
		TokenName:   "github-actions",
		TokenValue:  "sandbox-tableau-token",
		Username:    ownerName,
		Password:    "sandbox-tableau-password",
		MayListJobs: true,
		Projects: []Project{
			{LUID: projectDefault, Name: "default"},
			{LUID: projectFinance, Name: "Finance"},
			{LUID: projectWeekly, Name: "Weekly", Parent: projectFinance},
			{LUID: projectSales, Name: "Sales & Marketing"},
			{LUID: projectAPAC, Name: "APAC", Parent: projectSales},
			{LUID: projectSalesWeekly, Name: "Weekly", Parent: projectSales},
			{LUID: projectCertified, Name: "Certified data"},
		},
		Workbooks:   nordlysWorkbooks(),
		DataSources: nordlysDataSources(),
	}
}

func nordlysWorkbooks() []Item {
	return []Item{
		{
			LUID: "6b7179ba-b82b-4f0f-91ed-812074ac5da6", Name: "Weekly revenue", Number: 265605, Project: projectWeekly,
			Tags: []string{"finance", "after-dbt"}, QueueTime: 2 * time.Second, Duration: 47 * time.Second, Selected: true,
			Connections: snowflakeConnections("6b7179ba-b82b-4f0f-91ed-812074ac0001", "Revenue"), Tables: []Table{martTable("MART_WEEKLY_REVENUE")},
		},
		{
			LUID: "1f3a9c58-27d4-4be0-8a6e-5d90c7e1b243", Name: "Margin | P&L <EMEA>", Number: 265618, Project: projectFinance,
			Tags: []string{"finance"}, QueueTime: 2 * time.Second, Duration: 58 * time.Second, Selected: true,
			Connections: snowflakeConnections("1f3a9c58-27d4-4be0-8a6e-5d90c7e10001", "P&L"), Tables: []Table{martTable("FCT_REVENUE_DAILY")},
		},
		{
			LUID: "d2c8e6b0-9f41-4d7a-b35c-0e8a6f1d7c92", Name: "売上ダッシュボード", ContentURL: "sales-dashboard-jp", Number: 265731, Project: projectAPAC,
			Tags: []string{"after-dbt"}, QueueTime: 3 * time.Second, Duration: 33 * time.Second, Selected: true,
			Connections: snowflakeConnections("d2c8e6b0-9f41-4d7a-b35c-0e8a6f1d0001", "売上"), Tables: []Table{martTable("FCT_ORDERS")},
		},
		{
			LUID: "84e5d7a1-3c60-4f29-a8b7-d16c20f9e354", Name: "Weekly revenue", ContentURL: "Weeklyrevenue_16541", Number: 265744, Project: projectSalesWeekly,
			QueueTime: 2 * time.Second, Duration: 26 * time.Second, Connections: snowflakeConnections("84e5d7a1-3c60-4f29-a8b7-d16c20f90001", "Revenue"),
			Tables: []Table{martTable("MART_WEEKLY_REVENUE")},
		},
		{
			LUID: "a7b01c9e-52f8-4e36-9d14-7c3f8e60b2d5", Name: "Store scorecard", Number: 265802, Project: projectSales, Live: true,
			Reads: []string{ordersLUID},
		},
		{
			LUID: "39d6f2e4-71ab-4c05-b8e3-94a0c57d1f68", Name: "Scratch: churn ideas", Number: 265910,
			QueueTime: 2 * time.Second, Duration: 20 * time.Second, Connections: snowflakeConnections("39d6f2e4-71ab-4c05-b8e3-94a0c57d0001", "Churn"),
			Tables: []Table{{Database: "RAW", Schema: "SHOP", Name: "CUSTOMERS"}},
		},
	}
}

func nordlysDataSources() []Item {
	return []Item{
		{
			LUID: ordersLUID, Name: "Orders", Number: 31807, Project: projectCertified,
			Tags: []string{"certified", "after-dbt"}, QueueTime: time.Second, Duration: 41 * time.Second, Selected: true,
			Connections: snowflakeConnections("9dbd2263-16b5-46e1-9c43-a76bb8ab0001", ""), Tables: []Table{martTable("FCT_ORDERS"), martTable("DIM_CUSTOMERS")},
		},
		{
			LUID: "e4a6b8c0-d2f4-4617-a839-5b7c9d1e3f50", Name: "Kundenstammdaten – täglich", ContentURL: "customers-daily", Number: 31822, Project: projectCertified,
			Tags: []string{"certified"}, QueueTime: time.Second, Duration: 22 * time.Second, Selected: true,
			Connections: snowflakeConnections("e4a6b8c0-d2f4-4617-a839-5b7c9d1e0001", ""), Tables: []Table{martTable("DIM_CUSTOMERS")},
		},
		{
			LUID: "0c5e7a92-b4d6-48f1-93a7-c6e8d0f2b413", Name: "Store master", Number: 31840, Project: projectDefault, Live: true,
			Connections: snowflakeConnections("0c5e7a92-b4d6-48f1-93a7-c6e8d0f20001", ""), Tables: []Table{{Database: "ANALYTICS", Schema: "PROD", Name: "STORE_REGIONS"}},
		},
	}
}

func snowflakeConnections(luid, source string) []Connection {
	c := Connection{LUID: luid, Type: "snowflake", Server: "nordlys.snowflakecomputing.example", Username: "TABLEAU_READER", Source: source}
	if source != "" {
		c.SourceLUID = "b" + luid[1:]
	}
	return []Connection{c}
}

// martTable returns a table of the nightly job as the Metadata API returns it.
func martTable(name string) Table {
	return Table{Database: "ANALYTICS", Schema: "MARTS", Name: name}
}
