package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// showOutputs prints a file of outputs. The last line with a name counts.
func showOutputs(w io.Writer, text string) {
	values := map[string]string{}
	width := 0
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		values[name] = value
		width = max(width, len(name))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(w, "  %-*s  %s\n", width, name, foldArray(values[name], width+4))
	}
}

// foldArray puts each element of a JSON array on a separate line.
func foldArray(value string, indent int) string {
	var elements []json.RawMessage
	if json.Unmarshal([]byte(value), &elements) != nil || len(elements) == 0 {
		return value
	}
	lines := make([]string, 0, len(elements))
	for _, element := range elements {
		lines = append(lines, string(element))
	}
	return "[" + strings.Join(lines, ",\n"+strings.Repeat(" ", indent+1)) + "]"
}
