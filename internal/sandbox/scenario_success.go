package sandbox

// successScenario is a night without problems.
func successScenario() Scenario {
	return Scenario{
		Name:        "success",
		Description: "The job builds in about four minutes, then three workbooks and two data sources are refreshed.",
		DBT:         nordlysAccount(),
		Tableau:     nordlysSite(),
	}
}

func dbtOnlyScenario() Scenario {
	return Scenario{
		Name:        "dbt-only",
		Description: "There is no Tableau: the step only runs dbt.",
		DBT:         nordlysAccount(),
	}
}
