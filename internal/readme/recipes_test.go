package main

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// TestRecipes_are_listed: docs/examples.md links each recipe.
func TestRecipes_are_listed(t *testing.T) {
	t.Parallel()

	list := readFile(t, os.DirFS("../.."), "docs/examples.md")
	for name := range readRecipes(t) {
		if !strings.Contains(list, "]("+strings.TrimPrefix(name, "docs/")+")") {
			t.Errorf("docs/examples.md has no link to %s", name)
		}
	}
}

// TestRecipes_in_the_readme: the README quotes two recipes completely, except the comment at the top.
func TestRecipes_in_the_readme(t *testing.T) {
	t.Parallel()

	byTitle := map[string]string{}
	for _, text := range readRecipes(t) {
		byTitle[title(text)] = leadingCommentPattern.ReplaceAllString(text, "")
	}
	var quoted []string
	for _, block := range yamlBlocks(readFile(t, os.DirFS("../.."), "README.md")) {
		recipe, ok := byTitle[title(block)]
		if !ok {
			continue
		}
		quoted = append(quoted, title(block))
		if diff := cmp.Diff(recipe, block); diff != "" {
			t.Errorf("README.md does not quote the recipe %q as it is (-recipe +README.md):\n%s", title(block), diff)
		}
	}
	if diff := cmp.Diff([]string{"Refresh Tableau", "Nightly refresh"}, quoted); diff != "" {
		t.Errorf("complete recipes in README.md (-want +got):\n%s", diff)
	}
}

// TestRecipes_use_existing_inputs_and_outputs: action.yml has all inputs and outputs in the recipes and in the documents.
func TestRecipes_use_existing_inputs_and_outputs(t *testing.T) {
	t.Parallel()

	definition, err := parseMetadata([]byte(readFile(t, os.DirFS("../.."), "action.yml")))
	if err != nil {
		t.Fatal(err)
	}
	inputs, outputs := entryNames(definition.Inputs), entryNames(definition.Outputs)
	texts := readRecipes(t)
	for _, name := range documents(t, os.DirFS("../..")) {
		for _, block := range yamlBlocks(readFile(t, os.DirFS("../.."), name)) {
			texts[name+", "+strings.SplitN(block, "\n", 2)[0]] = block
		}
	}
	count := 0
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(texts[name]), &node); err != nil {
			t.Errorf("%s is no YAML: %v", name, err)
			continue
		}
		for _, input := range inputsUsed(&node) {
			count++
			if !slices.Contains(inputs, input) {
				t.Errorf("%s: the action has no input %s", name, input)
			}
		}
		for _, output := range stepOutputPattern.FindAllStringSubmatch(texts[name], -1) {
			if !slices.Contains(outputs, output[1]) {
				t.Errorf("%s: the action has no output %s", name, output[1])
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d inputs were found", count)
	}
}

var (
	leadingCommentPattern = regexp.MustCompile(`^(#.*\n)+`)
	workflowNamePattern   = regexp.MustCompile(`(?m)^name: (.+)$`)
	stepOutputPattern     = regexp.MustCompile(`steps\.refresh\.outputs\.([a-z-]+)`)
)

func title(workflow string) string {
	if found := workflowNamePattern.FindStringSubmatch(workflow); found != nil {
		return found[1]
	}
	return ""
}

func readRecipes(t *testing.T) map[string]string {
	t.Helper()
	repository := os.DirFS("../..")
	files, err := fs.Glob(repository, "docs/recipes/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes: %v", err)
	}
	all := map[string]string{}
	for _, file := range files {
		all[file] = readFile(t, repository, file)
	}
	return all
}

func entryNames(all entries) []string {
	var found []string
	for _, e := range all {
		found = append(found, e.Name)
	}
	return found
}

// inputsUsed returns the keys under "with" of each step that uses the action, and of each snippet without "uses".
func inputsUsed(node *yaml.Node) []string {
	var all []string
	var uses string
	var with *yaml.Node
	for i, inner := range node.Content {
		all = append(all, inputsUsed(inner)...)
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			switch inner.Value {
			case "uses":
				uses = node.Content[i+1].Value
			case "with":
				with = node.Content[i+1]
			}
		}
	}
	if with == nil || uses != "" && !strings.Contains(uses, "/dbt-tableau-refresh@") {
		return all
	}
	for i := 0; i < len(with.Content); i += 2 {
		all = append(all, with.Content[i].Value)
	}
	return all
}
