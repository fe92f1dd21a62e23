package config

import "strings"

// input is what action.yml says of an input: a test holds the two together.
type input struct {
	name string
	// def is the default. An input that is given empty has it, too.
	def string
	// secret values are masked in the log and never shown in an error.
	secret bool
}

// inputs lists every input in the order of action.yml, which is the order of the mistakes as well.
func inputs() []input {
	return []input{
		{name: "dbt-url"},
		{name: "dbt-token", secret: true},
		{name: "dbt-account-id"},
		{name: "dbt-job-id"},
		{name: "dbt-run-id"},
		{name: "dbt-wait", def: "true"},
		{name: "dbt-reuse-run", def: "false"},
		{name: "dbt-resume", def: "false"},
		{name: "dbt-retries", def: "0"},
		{name: "dbt-cause"},
		{name: "dbt-git-branch"},
		{name: "dbt-git-sha"},
		{name: "dbt-schema-override"},
		{name: "dbt-target-name-override"},
		{name: "dbt-version-override"},
		{name: "dbt-threads-override"},
		{name: "dbt-timeout-seconds-override"},
		{name: "dbt-github-pull-request-id"},
		{name: "dbt-generate-docs-override"},
		{name: "dbt-steps-override"},
		{name: "dbt-poll-interval"},
		{name: "dbt-timeout"},
		{name: "dbt-artifacts"},
		{name: "dbt-artifacts-path", def: "target"},
		{name: "tableau-url"},
		{name: "tableau-site"},
		{name: "tableau-token-name"},
		{name: "tableau-token-value", secret: true},
		{name: "tableau-username"},
		{name: "tableau-password", secret: true},
		{name: "tableau-connected-app-client-id"},
		{name: "tableau-connected-app-secret-id"},
		{name: "tableau-connected-app-secret-value", secret: true},
		{name: "tableau-workbooks"},
		{name: "tableau-datasources"},
		{name: "tableau-flows"},
		{name: "tableau-tasks"},
		{name: "tableau-schedules"},
		{name: "tableau-discover"},
		{name: "tableau-exclude"},
		{name: "tableau-include-datasources", def: "false"},
		{name: "tableau-incremental", def: "false"},
		{name: "tableau-preflight", def: "fail"},
		{name: "tableau-on-conflict", def: "wait"},
		{name: "tableau-retries", def: "0"},
		{name: "tableau-max-parallel", def: "0"},
		{name: "tableau-wait", def: "true"},
		{name: "tableau-poll-interval"},
		{name: "tableau-timeout"},
		{name: "tableau-api-version"},
		{name: "tableau-allow-http", def: "false"},
		{name: "timeout", def: "5h45m"},
		{name: "cancel-dbt-run", def: "true"},
		{name: "dry-run", def: "false"},
		{name: "ca-certificate"},
	}
}

// variable is the environment variable in which the runner hands over an input. It keeps
// the dashes, so a shell could not read it.
func variable(name string) string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
}
