package action

import "strings"

// version is set by the linker for a release: -X dbt-tableau-refresh/internal/action.version=v1.2.3.
var version = "devel"

// released is the version that this program is of. One that is not of a release adds what a workflow has asked for, as
// far as the runner tells: a branch, a tag or a commit. That is another's word, and goes into a header.
func released(version string, getenv func(string) string) string {
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
	return version + " (" + ref[:min(len(ref), maxRef)] + ")"
}

// maxRef leaves room for a full SHA, and for most branches.
const maxRef = 80

// userAgent is how both services see the action in their logs (RFC 9110, 10.1.5).
func userAgent(getenv func(string) string) string {
	return "dbt-tableau-refresh/" + released(version, getenv)
}
