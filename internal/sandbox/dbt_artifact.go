package sandbox

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// artifactsSaved reports whether the artifacts of a run can be read: after its end, and only if it ran a command.
func (c *dbtCloud) artifactsSaved(r *run, now time.Time) bool {
	return !r.timeline.finished.Add(c.account.ArtifactsDelay).After(now) && len(r.artifacts()) > 0
}

// listArtifacts handles List Run Artifacts of the dbt Administrative API v2.
func (c *dbtCloud) listArtifacts(r *http.Request, now time.Time) reply {
	found := c.runByID(r.PathValue("run"))
	if found == nil || !c.artifactsSaved(found, now) {
		return dbtNotFound()
	}
	return dbtData(found.artifacts())
}

// artifacts returns the paths of the run's artifacts in alphabetical order.
func (r *run) artifacts() []string {
	paths := []string{}
	for i := range r.timeline.steps {
		step := r.stepAt(i)
		switch {
		case step.Artifacts != nil:
			paths = slices.AppendSeq(paths, maps.Keys(step.Artifacts))
		case step.Command == docsCommand:
			paths = append(paths, "catalog.json", "manifest.json", "run_results.json")
		case isFreshness(step):
			paths = append(paths, "manifest.json", "sources.json")
		case len(step.Nodes) > 0:
			paths = append(paths, "manifest.json", "run_results.json")
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func isFreshness(step Step) bool { return strings.HasPrefix(step.Command, "dbt source freshness") }

// getArtifact handles Retrieve Run Artifact of the dbt Administrative API v2. Without the parameter step it returns the
// artifact of the last step, which might not be the one that built something.
func (c *dbtCloud) getArtifact(r *http.Request, now time.Time) reply {
	found := c.runByID(r.PathValue("run"))
	path := r.PathValue("path")
	if found == nil || !c.artifactsSaved(found, now) || !slices.Contains(found.artifacts(), path) {
		return dbtNotFound()
	}
	step := r.URL.Query().Get("step")
	if c.account.IgnoreStep {
		step = ""
	}
	i, ok := found.artifactStep(path, step)
	if !ok {
		return dbtNotFound()
	}
	if recorded, ok := found.stepAt(i).Artifacts[path]; ok {
		return reply{status: http.StatusOK, contentType: "application/json", body: recorded}
	}
	return withConstants(c.artifact(found, i, path))
}

// withConstants replaces the placeholders of constants that JSON does not have.
func withConstants(answer reply) reply {
	for _, constant := range []string{"NaN", "Infinity", "-Infinity"} {
		answer.body = bytes.ReplaceAll(answer.body, []byte(`"%`+constant+`%"`), []byte(constant))
	}
	return answer
}

func (c *dbtCloud) artifact(found *run, i int, path string) reply {
	switch path {
	case "manifest.json":
		return dbtJSON(http.StatusOK, c.manifest(found, i))
	case "catalog.json":
		return dbtJSON(http.StatusOK, map[string]any{"metadata": c.metadata(found, i, "catalog/v1"), "nodes": map[string]any{}, "sources": map[string]any{}, "errors": nil})
	case "sources.json":
		return dbtJSON(http.StatusOK, map[string]any{"metadata": c.metadata(found, i, "sources/v3"), "results": []any{}, "elapsed_time": found.steps[i].Duration.Seconds()})
	default:
		return dbtJSON(http.StatusOK, c.runResults(found, i))
	}
}

// artifactStep returns the index of the step that left the artifact: the given one, counted from 1, or the last one that
// has it.
func (r *run) artifactStep(path, step string) (int, bool) {
	if step != "" {
		i, err := strconv.Atoi(step)
		ok := err == nil && i >= 1 && i <= len(r.timeline.steps) && stepLeaves(r.stepAt(i-1), path)
		return i - 1, ok
	}
	for i := len(r.timeline.steps) - 1; i >= 0; i-- {
		if stepLeaves(r.stepAt(i), path) {
			return i, true
		}
	}
	return 0, false
}

func stepLeaves(step Step, path string) bool {
	if step.Artifacts != nil {
		return step.Artifacts[path] != nil
	}
	switch path {
	case "catalog.json":
		return step.Command == docsCommand
	case "sources.json":
		return isFreshness(step)
	case "manifest.json":
		return len(step.Nodes) > 0 || step.Command == docsCommand || isFreshness(step)
	default:
		return len(step.Nodes) > 0 || step.Command == docsCommand
	}
}

// metadata returns the metadata of an artifact. Its env names the run that the artifact belongs to.
func (c *dbtCloud) metadata(r *run, i int, schema string) map[string]any {
	return map[string]any{
		"dbt_schema_version":    "https://schemas.getdbt.com/dbt/" + schema + ".json",
		"dbt_version":           dbtVersion,
		"generated_at":          formatJobTime(r.timeline.stepEnd(i)),
		"invocation_id":         fmt.Sprintf("5a4d0b0c-0000-4000-8000-%012d", r.stepID(i)%1e12),
		"invocation_started_at": formatJobTime(r.timeline.steps[i]),
		"env": map[string]string{
			"DBT_CLOUD_ACCOUNT_ID":          strconv.FormatInt(c.account.ID, 10),
			"DBT_CLOUD_ENVIRONMENT_ID":      strconv.FormatInt(c.account.EnvironmentID, 10),
			"DBT_CLOUD_JOB_ID":              strconv.FormatInt(r.job.ID, 10),
			"DBT_CLOUD_PROJECT_ID":          strconv.FormatInt(c.account.ProjectID, 10),
			"DBT_CLOUD_RUN_ID":              strconv.FormatInt(cmp.Or(c.account.ArtifactsRunID, r.id), 10),
			"DBT_CLOUD_RUN_REASON":          r.trigger.Cause,
			"DBT_CLOUD_RUN_REASON_CATEGORY": r.trigger.category,
		},
	}
}
