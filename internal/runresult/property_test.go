package runresult

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/artifact"
)

// statuses are those of dbt, and some that it might have one day.
var statuses = []string{
	"success", "error", "skipped", "partial success", "no-op", "reused", "pass", "fail", "warn", "runtime error",
	"", "Success", "built", "cloned", "deferred", "canceled", "成功", "a\nb", "%s",
}

// messages are those of dbt that matter, and others.
var messages = []string{"", "OK", "SUCCESS 1", "NO-OP", "No-op", "no-op (within tolerance)", "NO-OPERATION", "CLONE", "Cloned from other environment", "No new changes", "Skipped"}

// FuzzCombine checks any nodes with any statuses: each node that did not fail, and was not skipped or unchanged, is built or in a
// warning.
func FuzzCombine(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, "resting", "No message")
	}
	f.Fuzz(func(t *testing.T, seed uint64, status, message string) {
		random := rand.New(rand.NewPCG(seed, 0))
		var steps []Step
		for range 1 + random.IntN(3) {
			steps = append(steps, randomStep(t, random, append(statuses, status), append(messages, message)))
		}
		build := Combine(steps)
		warnings := strings.Join(build.Warnings, "\n")
		for _, step := range steps {
			for _, r := range step.Results.All {
				isNode := func(n artifact.Node) bool { return n.UniqueID == r.UniqueID }
				reported := slices.ContainsFunc(build.Nodes, isNode) || strings.Contains(warnings, r.UniqueID)
				switch {
				case slices.Contains([]string{"error", "fail", "runtime error", "partial success", "skipped"}, string(r.Status)):
				case leftUnchanged(r) && build.Unchanged > 0:
				case !reported:
					t.Errorf("%+v is neither built nor in %q", r, build.Warnings)
				}
			}
		}
		all := build.NodesAndUnchanged()
		for _, n := range build.Nodes {
			if !slices.Contains(all, n) {
				t.Errorf("NodesAndUnchanged() lacks the built node %v", n)
			}
		}
	})
}

// leftUnchanged repeats the rule of the contract.
func leftUnchanged(r artifact.Result) bool {
	message, _, _ := strings.Cut(strings.ToUpper(r.Message), "(")
	return r.Status == "no-op" || r.Status == "success" && strings.TrimSpace(message) == "NO-OP" || r.Status == "reused" && !strings.Contains(message, "CLONE")
}

// randomStep returns a step with up to ten nodes of each type. Not all of them have a relation name or are in the manifest, and
// not every step has a manifest.
func randomStep(t *testing.T, random *rand.Rand, statuses, messages []string) Step {
	t.Helper()
	var step Step
	var nodes []string
	for _, nodeType := range []string{"model", "seed", "snapshot"} {
		for i := range random.IntN(10) {
			r := artifact.Result{
				UniqueID: fmt.Sprintf("%s.p.n%d", nodeType, i),
				Status:   artifact.Status(statuses[random.IntN(len(statuses))]), Message: messages[random.IntN(len(messages))],
			}
			if random.IntN(2) == 0 {
				r.RelationName = fmt.Sprintf(`"db"."s%d"."n%d"`, random.IntN(2), i)
			}
			if random.IntN(3) > 0 {
				nodes = append(nodes, fmt.Sprintf(`%q:{"schema":"s%d","name":"n%d","config":{"materialized":%q},"depends_on":{"nodes":["model.p.n%d"]}}`,
					r.UniqueID, random.IntN(2), i, []string{"table", "view"}[random.IntN(2)], random.IntN(10)))
			}
			step.Results.All = append(step.Results.All, r)
		}
	}
	if random.IntN(3) > 0 {
		step.Manifest = readManifest(t, `{"nodes":{`+strings.Join(nodes, ",")+`}}`)
	}
	return step
}
