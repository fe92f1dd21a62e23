package sandbox

// successScenario is a nightly run without problems.
func successScenario() Scenario {
	return Scenario{
		Name:        "success",
		Description: "The job builds in about four minutes, and then three workbooks and two data sources are refreshed.",
		DBT:         nordlysAccount(),
		Tableau:     nordlysSite(),
	}
}

func dbtOnlyScenario() Scenario {
	return Scenario{
		Name:        "dbt-only",
		Description: "No Tableau inputs are set: the step only runs dbt.",
		DBT:         nordlysAccount(),
	}
}
