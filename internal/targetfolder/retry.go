package targetfolder

import (
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/artifact"
)

// mergeRetries lets the results of dbt retry replace the older ones of the same nodes. The commands are in the order in which they
// ended. It returns a warning for each retry whose first command left no results.
func mergeRetries(commands []command) (warnings []string) {
	for i, c := range commands {
		if c.IsRetry() && !replaceOlder(commands[:i], c.Results.All) {
			warnings = append(warnings, fmt.Sprintf("%s: give each dbt command its own --target-path. "+
				"It is unknown what the first command built, because %q contains only what %q ran again", inputName, c.folder, "dbt retry"))
		}
	}
	return warnings
}

// replaceOlder removes the results of nodes that were retried from the newest command in which any of them failed or was skipped.
// What else was skipped there no longer counts: dbt does not repeat ephemeral models. It reports whether any of the older
// commands has results of these nodes. Hooks prove nothing, because each command runs them.
func replaceOlder(older []command, retried []artifact.Result) (known bool) {
	ids := map[string]bool{}
	for _, r := range retried {
		ids[r.UniqueID] = true
	}
	for i, c := range slices.Backward(older) {
		all := c.Results.All
		if slices.ContainsFunc(all, func(r artifact.Result) bool {
			return ids[r.UniqueID] && (r.Status.Failed() || r.Status == artifact.StatusSkipped)
		}) {
			older[i].Results.All = slices.DeleteFunc(all, func(r artifact.Result) bool { return ids[r.UniqueID] || r.Status == artifact.StatusSkipped })
			return true
		}
		known = known || len(ids) == 0 || slices.ContainsFunc(all, func(r artifact.Result) bool { return ids[r.UniqueID] && r.ResourceType() != "operation" })
	}
	return known
}
