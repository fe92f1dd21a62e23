package runresult

import (
	"strings"

	"dbt-tableau-refresh/internal/dbt"
)

// effect is what a dbt command does to the warehouse. If it is unclear which of several commands a step runs, the greatest
// effect counts.
type effect int

const (
	unknownEffect effect = iota // of a command that subcommandEffect does not list
	noEffect
	testsNodes
	buildsNodes
)

// subcommandEffect returns what "dbt WORD" does, and whether there is such a command.
// https://docs.getdbt.com/reference/dbt-commands
func subcommandEffect(word string) (effect, bool) {
	switch word {
	case "build", "clone", "retry", "run", "seed", "snapshot":
		return buildsNodes, true
	case "test":
		return testsNodes, true
	case "clean", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "run-operation", "show", "source":
		return noEffect, true
	}
	return unknownEffect, false
}

// stepEffect returns what the step of that name does, and whether it runs dbt at all. The steps before do not: they clone the
// repository and write the profile.
func stepEffect(name string) (greatest effect, isDBT bool) {
	words := commandWords(name)
	if len(words) == 0 || words[0] != "dbt" && words[0] != "dbtf" { // dbtf is dbt Fusion
		return unknownEffect, false
	}
	for i, word := range words[1:] {
		found, known := subcommandEffect(word)
		if !known {
			continue
		}
		if before := words[i]; !strings.HasPrefix(before, "-") || isSwitch(before) {
			return found, true
		}
		greatest = max(greatest, found) // the word might be the value of the option before it
	}
	return greatest, true
}

// commandWords returns the words of the command in a step's name, where it is in backquotes: Invoke dbt with `dbt build`.
func commandWords(name string) []string {
	if _, quoted, found := strings.Cut(name, "`"); found {
		name, _, _ = strings.Cut(quoted, "`")
	}
	return strings.Fields(name)
}

// isSwitch reports whether a global option of dbt takes no value.
// https://docs.getdbt.com/reference/global-configs/about-global-configs
func isSwitch(option string) bool {
	switch option {
	case "-d", "-q", "-x", "--debug", "--fail-fast", "--quiet", "--print", "--use-colors", "--partial-parse", "--warn-error",
		"--version-check", "--populate-cache", "--cache-selected-only", "--static-parser", "--single-threaded":
		return true
	}
	return strings.HasPrefix(option, "--no-")
}

// buildOrTestSteps returns the numbers of the steps that built or tested something, and therefore have results.
func buildOrTestSteps(run dbt.Run) []int {
	var steps []int
	for _, step := range run.Steps {
		if does, _ := stepEffect(step.Name); does >= testsNodes && (step.Status == dbt.Success || step.Status == dbt.Error) {
			steps = append(steps, step.Index)
		}
	}
	return steps
}

// resultsRef refers to the results of a step. Step 0 is the last one that has results. A step that is not known to build might
// have none, or might not exist.
type resultsRef struct {
	run   dbt.Run
	step  int
	known bool
}

// guessed reports whether it is unknown if the step exists.
func (r resultsRef) guessed() bool { return !r.known && r.step > 0 }

// resultsRefs returns the steps that built something. If dbt returned no step that runs dbt, it returns all possible steps.
func (r *Reader) resultsRefs(run dbt.Run) []resultsRef {
	var refs []resultsRef
	stepsKnown := false
	for _, step := range run.Steps {
		does, isDBT := stepEffect(step.Name)
		stepsKnown = stepsKnown || isDBT
		ran := step.Status == dbt.Success || run.Status == dbt.Success && step.Status != dbt.Cancelled || step.Status == dbt.Error
		if isDBT && ran && (does == buildsNodes || does == unknownEffect) {
			refs = append(refs, resultsRef{run, step.Index, true})
		}
	}
	if stepsKnown {
		return refs
	}
	for i := range max(len(run.Steps), r.Commands) + maxSetupSteps + 1 {
		refs = append(refs, resultsRef{run: run, step: i})
	}
	return refs
}

// maxSetupSteps is how many steps a run can have before its first dbt command.
const maxSetupSteps = 4
