package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// metadata is the part of action.yml that the tables contain.
type metadata struct {
	Inputs  entries `yaml:"inputs"`
	Outputs entries `yaml:"outputs"`
}

// entry is one input or output. Name is its key in action.yml; the other fields with a key have the same names there.
type entry struct {
	Name        string `yaml:"-"`
	Description string `yaml:"description"`
	Default     string `yaml:"default"`
	Required    bool   `yaml:"required"`
	// Heading is the comment above the entry: the heading of the table that starts with it. It is empty within a table.
	Heading string `yaml:"-"`
}

// entries are in the order of the file, unlike a map.
type entries []entry

// UnmarshalYAML reads a mapping of names to entries. It returns an error if an entry has no description.
func (e *entries) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: must be a mapping", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		found := entry{Name: key.Value, Heading: strings.TrimSpace(strings.TrimPrefix(key.HeadComment, "#"))}
		if err := node.Content[i+1].Decode(&found); err != nil {
			return fmt.Errorf("failed to read %s: %w", found.Name, err)
		}
		if strings.TrimSpace(found.Description) == "" {
			return fmt.Errorf("line %d: %s has no description", key.Line, found.Name)
		}
		*e = append(*e, found)
	}
	return nil
}

// byName returns the entries with the names, in the order of the names. It returns an error if there is none with a name.
func (e entries) byName(names []string) (entries, error) {
	var found entries
	for _, name := range names {
		i := 0
		for i < len(e) && e[i].Name != name {
			i++
		}
		if i == len(e) {
			return nil, fmt.Errorf("action.yml has no input %s", name)
		}
		found = append(found, e[i])
	}
	return found, nil
}

func parseMetadata(text []byte) (metadata, error) {
	var m metadata
	if err := yaml.Unmarshal(text, &m); err != nil {
		return metadata{}, fmt.Errorf("failed to parse the action: %w", err)
	}
	return m, nil
}
