package sandbox

import "slices"

// allows reports whether a session has permission for a call. Only sessions of a connected app are restricted to scopes.
func (t *tableauServer) allows(s *session, operation string) bool {
	if !s.byApp || operation == "sign-out" {
		return true
	}
	scopes := scopesOf(operation)
	own, _ := parseVersion(t.site.APIVersion)
	if slices.Contains(scopes, "tableau:jobs:read") && own.before(version{3, 25}) {
		return false // older servers have no such scope
	}
	return slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(s.scopes, scope) })
}

// scopesOf returns the scopes any of which allows a connected app to make a call. Those for schedules and for canceling
// are guesses: they are not documented.
func scopesOf(operation string) []string {
	switch operation {
	case "refresh-workbook", "refresh-datasource", "run-task", "run-flow":
		return []string{"tableau:tasks:run"}
	case "list-jobs", "get-job":
		return []string{"tableau:jobs:read"}
	case "cancel-job":
		return []string{"tableau:jobs:update"}
	case "list-tasks", "get-task", "list-schedules", "get-schedule", "list-schedule-extracts":
		return []string{"tableau:tasks:read"}
	case "list-flow-runs", "get-flow-run":
		return []string{"tableau:flow_runs:read"}
	case "list-flows", "get-flow":
		return []string{"tableau:flows:read", "tableau:content:read"}
	}
	return []string{"tableau:content:read"}
}
