package config

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// input is an input of action.yml. A test compares the two.
type input struct {
	name string
	// defaultValue is also the value of an input that is empty.
	defaultValue string
	// secret means that the value is masked in the log and never shown in an error.
	secret bool
}

// inputs returns all inputs in the order of action.yml, which is also the order of the errors.
func inputs() []input {
	return []input{
		{name: "dbt-url"},
		{name: "dbt-token", secret: true},
		{name: "dbt-account-id"},
		{name: "dbt-job-id"},
		{name: "dbt-run-id"},
		{name: "dbt-target-path"},
		{name: "dbt-max-age", defaultValue: "6h"},
		{name: "dbt-wait", defaultValue: "true"},
		{name: "dbt-reuse-run", defaultValue: "false"},
		{name: "dbt-resume", defaultValue: "true"},
		{name: "dbt-retries", defaultValue: "0"},
		{name: "dbt-cause"},
		{name: "dbt-git-branch"}, {name: "dbt-git-sha"},
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
		{name: "dbt-artifacts-path", defaultValue: "target"},
		{name: "tableau-url"},
		{name: "tableau-site"},
		{name: "tableau-token-name"}, {name: "tableau-token-value", secret: true},
		{name: "tableau-username"}, {name: "tableau-password", secret: true},
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
		{name: "tableau-include-datasources", defaultValue: "false"},
		{name: "tableau-incremental", defaultValue: "false"},
		{name: "tableau-preflight", defaultValue: "fail"},
		{name: "tableau-on-conflict", defaultValue: "wait"},
		{name: "tableau-retries", defaultValue: "0"},
		{name: "tableau-max-parallel", defaultValue: "0"},
		{name: "tableau-wait", defaultValue: "true"},
		{name: "tableau-poll-interval"},
		{name: "tableau-timeout"},
		{name: "tableau-api-version"},
		{name: "tableau-allow-http", defaultValue: "false"},
		{name: "timeout", defaultValue: "5h45m"},
		{name: "cancel-dbt-run", defaultValue: "true"},
		{name: "dry-run", defaultValue: "false"},
		{name: "ca-certificate"},
	}
}

// maxMistypedLetters is the largest edit distance of a name that counts as mistyped.
const maxMistypedLetters = 2

// rejectMistypedInputs adds an error for each variable that looks like a mistyped input. The runner also passes inputs that
// are not in action.yml, and only warns about them. A variable with any other name can come from the env of the workflow.
// https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionRunner.cs
func (l *loader) rejectMistypedInputs(environ []string) {
	normalize := strings.NewReplacer("-", "", "_", "")
	for _, variable := range environ {
		variable, _, _ = strings.Cut(variable, "=")
		name, isInput := strings.CutPrefix(variable, "INPUT_")
		name = strings.ToLower(name)
		if _, known := l.inputs[name]; known || !isInput || len(name) > maxShownLength {
			continue
		}
		closest, distance := "", maxMistypedLetters+1
		for _, in := range inputs() {
			if d := levenshtein.ComputeDistance(normalize.Replace(name), normalize.Replace(in.name)); d < distance {
				closest, distance = in.name, d
			}
		}
		if closest != "" {
			l.invalid(name, "", "is not an input; did you mean %s?", closest)
		}
	}
}

// environmentVariable returns the environment variable in which the runner passes an input. It keeps dashes.
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
func environmentVariable(name string) string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
}
