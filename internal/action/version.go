package action

import "strings"

// version is set by the linker for a release: -X dbt-tableau-refresh/internal/action.version=v1.2.3.
var version = "devel"

// versionWithRef returns the version of the program. Unless that is a release, it adds the branch, tag, or commit of the
// action in the workflow, without characters that a header can't contain.
func versionWithRef(version string, getenv func(string) string) string {
	ref := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._/-", r):
			return r
		}
		return '-'
	}, getenv("GITHUB_ACTION_REF"))
	if version != "devel" || ref == "" {
		return version
	}
	return version + " (" + ref[:min(len(ref), maxRefLength)] + ")"
}

// maxRefLength is enough for a full SHA, and for most branches.
const maxRefLength = 80

// userAgent returns the name of the action in the logs of both services (RFC 9110, 10.1.5).
func userAgent(getenv func(string) string) string {
	return "dbt-tableau-refresh/" + versionWithRef(version, getenv)
}
