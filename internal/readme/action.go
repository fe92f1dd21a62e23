package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// action is what the tables need of action.yml.
type action struct {
	Inputs  entries `yaml:"inputs"`
	Outputs entries `yaml:"outputs"`
}

// entry is one input or output. The fields after Name are those of action.yml.
type entry struct {
	Name        string `yaml:"-"`
	Description string `yaml:"description"`
	Default     string `yaml:"default"`
	Required    bool   `yaml:"required"`
}

// entries keeps the order of the file, which a map would lose.
type entries []entry

// UnmarshalYAML reads a mapping of names to entries. An entry without a description is an error.
func (e *entries) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: must be a mapping", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		found := entry{Name: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&found); err != nil {
			return fmt.Errorf("failed to read %s: %w", found.Name, err)
		}
		if strings.TrimSpace(found.Description) == "" {
			return fmt.Errorf("line %d: %s has no description", node.Content[i].Line, found.Name)
		}
		*e = append(*e, found)
	}
	return nil
}

func parseAction(text []byte) (action, error) {
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		return action{}, fmt.Errorf("failed to parse the action: %w", err)
	}
	return a, nil
}
