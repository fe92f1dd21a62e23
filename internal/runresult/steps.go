package runresult

import (
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/dbt"
)

// commandKind is what a dbt command does to the warehouse. If a step might run several commands, the greatest kind counts.
type commandKind int

const (
	unknownKind commandKind = iota
	noEffect
	testsNodes
	buildsNodes
)

// subcommandKind returns the kind of "dbt WORD"; unknownKind if there is no such command.
// https://docs.getdbt.com/reference/dbt-commands
func subcommandKind(word string) commandKind {
	switch word {
	case "build", "clone", "retry", "run", "seed", "snapshot":
		return buildsNodes
	case "test":
		return testsNodes
	case "clean", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "run-operation", "show", "source":
		return noEffect
	}
	return unknownKind
}

// subcommands returns the commands that a step of that name might run, and whether it runs dbt at all: the first steps of a run
// clone the repository and write the profile. There are several commands if a word might also be the value of the option before
// it, and none if the command is unknown.
func subcommands(name string) (found []string, isDBT bool) {
	words := commandWords(name)
	if len(words) == 0 || words[0] != "dbt" && words[0] != "dbtf" { // dbtf is dbt Fusion
		return nil, false
	}
	for i, word := range words[1:] {
		if subcommandKind(word) == unknownKind {
			continue
		}
		if before := words[i]; !strings.HasPrefix(before, "-") || isSwitch(before) {
			return []string{word}, true
		}
		found = append(found, word)
	}
	return found, true
}

// IsRetry reports whether the results are those of dbt retry: they contain only what it ran again.
func (s Step) IsRetry() bool {
	commands, _ := subcommands(s.Results.Invocation)
	return slices.Contains(commands, "retry")
}

// stepKind returns the kind of the step of that name, and whether it runs dbt at all.
func stepKind(name string) (greatest commandKind, isDBT bool) {
	commands, isDBT := subcommands(name)
	for _, command := range commands {
		greatest = max(greatest, subcommandKind(command))
	}
	return greatest, isDBT
}

// mayHaveWritten reports whether a step of that name can have written results whose args.which is command. An unknown command
// proves nothing, and dbt retry writes the command that it retries.
func mayHaveWritten(name, command string) bool {
	switch command {
	case "generate":
		command = "docs"
	case "freshness":
		command = "source"
	}
	commands, _ := subcommands(name)
	if subcommandKind(command) == unknownKind || len(commands) == 0 || slices.Contains(commands, command) {
		return true
	}
	return command != "docs" && command != "compile" && slices.Contains(commands, "retry")
}

// commandWords returns the words of the command in a step's name, where it is in backquotes: Invoke dbt with `dbt build`.
func commandWords(name string) []string {
	if _, quoted, found := strings.Cut(name, "`"); found {
		name, _, _ = strings.Cut(quoted, "`")
	}
	return strings.Fields(name)
}

// isSwitch reports whether a global option of dbt has no value.
// https://docs.getdbt.com/reference/global-configs/about-global-configs
func isSwitch(option string) bool {
	switch option {
	case "-d", "-q", "-x", "--debug", "--fail-fast", "--quiet", "--print", "--use-colors", "--partial-parse", "--warn-error",
		"--version-check", "--populate-cache", "--cache-selected-only", "--static-parser", "--single-threaded":
		return true
	}
	return strings.HasPrefix(option, "--no-")
}

// buildOrTestSteps returns the steps that built or tested something, which therefore have results.
func buildOrTestSteps(run dbt.Run) []dbt.RunStep {
	var steps []dbt.RunStep
	for _, step := range run.Steps {
		if found, _ := stepKind(step.Name); found >= testsNodes && (step.Status == dbt.Success || step.Status == dbt.Error) {
			steps = append(steps, step)
		}
	}
	return steps
}

// resultsRef is a reference to the results of a step.
type resultsRef struct {
	run dbt.Run
	// step is the step's index; 0 is the last step that has results.
	step int
	// name is the name of the step; "" if it is unknown whether the step exists.
	name string
	kind commandKind
}

// required reports whether it is an error if the step has no results.
func (r resultsRef) required() bool { return r.kind == buildsNodes }

// awaited reports whether to wait for the results if dbt stores them late.
func (r resultsRef) awaited() bool { return r.kind >= testsNodes || r.step == 0 }

// label returns how messages name the step, such as: step 4 ("dbt build") of dbt run 42.
func (r resultsRef) label() string {
	command := ""
	if words := commandWords(r.name); len(words) > 0 {
		command = fmt.Sprintf(" (%q)", strings.Join(words, " "))
	}
	return fmt.Sprintf("step %d%s of dbt run %d", r.step, command, r.run.ID)
}

// mayUseOtherOptions reports whether a command of the run might have options that change where it builds nodes.
func (r resultsRef) mayUseOtherOptions() bool {
	return r.name == "" || slices.ContainsFunc(r.run.Steps, func(step dbt.RunStep) bool {
		return slices.ContainsFunc(commandWords(step.Name), func(word string) bool {
			option, _, _ := strings.Cut(word, "=")
			return slices.Contains([]string{"-t", "--target", "--vars", "--profile", "--profiles-dir", "--project-dir"}, option)
		})
	})
}

// resultsRefs returns the steps that might have built or tested something: all possible steps if dbt returned none that runs dbt.
func (r *Reader) resultsRefs(run dbt.Run) []resultsRef {
	var refs []resultsRef
	stepsKnown := false
	for _, step := range run.Steps {
		found, isDBT := stepKind(step.Name)
		stepsKnown = stepsKnown || isDBT
		ran := step.Status == dbt.Success || run.Status == dbt.Success && step.Status != dbt.Cancelled || step.Status == dbt.Error
		if isDBT && ran && found != noEffect {
			refs = append(refs, resultsRef{run, step.Index, step.Name, found})
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
