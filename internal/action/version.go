package action

// version is set by the linker for a release: -X dbt-tableau-refresh/internal/action.version=v1.2.3.
var version = "devel"

// userAgent is how both services see the action in their logs.
func userAgent() string { return "dbt-tableau-refresh/" + version }
