package pipeline

import (
	"slices"
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
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '\t' || r == '`' })
	start := slices.IndexFunc(words, func(word string) bool { return word == "dbt" || word == "dbtf" }) // the latter is Fusion's
	if start < 0 {
		return unknown, false
	}
	for i, word := range words[start+1:] {
		found, known := commands(word)
		if !known {
			continue
		}
		if !strings.HasPrefix(words[start+i], "-") {
			return found, true
		}
		does = max(does, found) // behind an option it may be the option's value
	}
	return does, true
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
