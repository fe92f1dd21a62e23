package config

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// targetPaths reads the target folders of dbt, and rejects the inputs that have no meaning with them. A list without entries
// is not set.
func (l *loader) targetPaths(name string) []string {
	var paths []string
	for _, entry := range l.list(name) {
		if l.isTargetPath(name, entry) {
			entry = path.Clean(entry)
		}
		if !slices.Contains(paths, entry) {
			paths = append(paths, entry)
		}
	}
	if len(paths) > 0 {
		l.rejectWithTargetPath(name)
	}
	return paths
}

// isTargetPath reports whether an entry is a folder or a pattern inside the workspace.
func (l *loader) isTargetPath(name, entry string) bool {
	switch _, err := path.Match(entry, ""); {
	case strings.ContainsFunc(entry, unicode.IsControl):
		l.invalid(name, entry, "must not contain control characters")
	case !filepath.IsLocal(entry):
		l.invalid(name, entry, "must be a folder inside the workspace: a relative path that does not leave it through ..")
	case err != nil:
		l.invalid(name, entry, `contains an incomplete pattern; write \[ for a literal bracket`)
	default:
		return true
	}
	return false
}

// rejectWithTargetPath rejects the inputs of the dbt platform, and a step without a Tableau part.
func (l *loader) rejectWithTargetPath(name string) {
	for _, in := range inputs() {
		if strings.HasPrefix(in.name, "dbt-") && in.name != name && in.name != "dbt-max-age" && l.isSet(in.name) {
			l.invalid(in.name, l.text(in.name), "can't be combined with %s: dbt ran in an earlier step. Remove one of the two", name)
		}
	}
	if !l.isTableauSet() {
		l.invalid(name, "", "requires the Tableau part: set tableau-url, a sign-in method, and something to refresh")
	}
}
