package config

import (
	"path"
	"path/filepath"
	"strings"
)

// targetPaths reads the target folders of dbt. With them, it rejects the inputs of the dbt platform and a step without a Tableau
// part. A list without entries is not set.
func (l *loader) targetPaths(name string) []string {
	paths := l.uniqueList(name)
	if len(paths) == 0 {
		return nil
	}
	for i, entry := range paths {
		if _, err := path.Match(entry, ""); err != nil {
			l.invalid(name, entry, `contains an incomplete pattern; write \[ for a literal bracket`)
		} else if !filepath.IsLocal(entry) {
			l.invalid(name, entry, "must be a folder inside the workspace: a relative path that does not leave it through ..")
		}
		paths[i] = path.Clean(entry)
	}
	for _, in := range inputs() {
		if strings.HasPrefix(in.name, "dbt-") && in.name != name && in.name != "dbt-max-age" && l.isSet(in.name) {
			l.invalid(in.name, l.text(in.name), "can't be combined with %s: dbt ran in an earlier step. Remove one of the two", name)
		}
	}
	if !l.isTableauSet() {
		l.invalid(name, "", "requires the Tableau part: set tableau-url, a sign-in method, and something to refresh")
	}
	return paths
}
