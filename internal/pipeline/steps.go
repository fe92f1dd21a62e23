package pipeline

import (
	"strings"

	"dbt-tableau-refresh/internal/dbt"
)

// work is what a command of dbt does to the warehouse.
type work int

const (
	unknown work = iota // it is no command that was known when this was written
	nothing
	tests
	changes
)

// commands are those of dbt by what they do. https://docs.getdbt.com/reference/dbt-commands
func commands(word string) (work, bool) {
	switch word {
	case "build", "clone", "retry", "run", "seed", "snapshot":
		return changes, true
	case "test":
		return tests, true
	case "clean", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "run-operation", "show", "source":
		return nothing, true
	}
	return unknown, false
}

// workOf tells by its name what a step does, and whether it is one of dbt at all: before those come the steps that prepare.
func workOf(name string) (does work, isDBT bool) {
	words := commandOf(name)
	if len(words) == 0 || words[0] != "dbt" && words[0] != "dbtf" { // the latter is Fusion's
		return unknown, false
	}
	for i, word := range words[1:] {
		found, known := commands(word)
		if !known {
			continue
		}
		if before := words[i]; !strings.HasPrefix(before, "-") || isSwitch(before) {
			return found, true
		}
		does = max(does, found) // behind an option it may be the option's value
	}
	return does, true
}

// commandOf is the command in a step's name: dbt puts it into backquotes.
func commandOf(name string) []string {
	if _, quoted, found := strings.Cut(name, "`"); found {
		name, _, _ = strings.Cut(quoted, "`")
	}
	return strings.Fields(name)
}

// isSwitch tells the options that take no value.
func isSwitch(option string) bool {
	switch option {
	case "-d", "-q", "-x", "--debug", "--fail-fast", "--quiet", "--print", "--use-colors", "--partial-parse", "--warn-error",
		"--version-check", "--populate-cache", "--cache-selected-only", "--static-parser", "--single-threaded":
		return true
	}
	return strings.HasPrefix(option, "--no-")
}

// buildSteps are the numbers of the steps that built or tested something, whose results tell how it ended.
func buildSteps(run dbt.Run) []int {
	var steps []int
	for _, step := range run.Steps {
		if does, _ := workOf(step.Name); does >= tests && (step.Status == dbt.Success || step.Status == dbt.Error) {
			steps = append(steps, step.Index)
		}
	}
	return steps
}

// source is where the results of a step are to be had. Sure is false where nothing tells that the step has any.
type source struct {
	run  dbt.Run
	step int
	sure bool
}

// sources are the steps that have changed the warehouse, as far as can be told; else all that there may be.
func (s *story) sources(run dbt.Run) []source {
	var all []source
	told := false
	for _, step := range run.Steps {
		does, isDBT := workOf(step.Name)
		told = told || isDBT
		ran := step.Status == dbt.Success || run.Status == dbt.Success && step.Status != dbt.Cancelled || step.Status == dbt.Error
		if isDBT && ran && (does == changes || does == unknown) {
			all = append(all, source{run, step.Index, true})
		}
	}
	if told {
		return all
	}
	for i := range max(len(run.Steps), len(s.result.Job.Steps), len(s.config.DBT.Overrides.Steps)) + preparing + 1 {
		all = append(all, source{run: run, step: i}) // 0 is the last one, whichever that is
	}
	return all
}

// guess reports whether nothing tells that there is such a step at all.
func (s source) guess() bool { return !s.sure && s.step > 0 }

// preparing is how many steps there may be before the first one of dbt.
const preparing = 4
