package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// manifest returns the manifest.json of a step, schema version 12. It contains the whole project, regardless of what the step selected,
// with the relations of the step's own target and variables.
func (c *dbtCloud) manifest(r *run, step int) map[string]any {
	nodes := slices.Clone(r.job.UnselectedNodes)
	for _, step := range r.job.Steps {
		nodes = append(nodes, step.Nodes...)
	}
	for i := range r.timeline.steps {
		nodes = append(nodes, r.stepAt(i).Nodes...)
	}
	nodes = append(nodes, r.stepAt(step).Nodes...)
	metadata := c.metadata(r, step, "manifest/v12")
	metadata["generated_at"] = metadata["invocation_started_at"]
	if id := c.account.ManifestRunID; id != 0 {
		metadata["env"].(map[string]string)["DBT_CLOUD_RUN_ID"] = strconv.FormatInt(id, 10)
	}
	if c.account.WriteNaN {
		metadata["limits"] = []any{"%NaN%", "%-Infinity%", map[string]any{"most": "%Infinity%"}}
	}
	return projectManifest(metadata, nodes, r.job.Exposures)
}

func projectManifest(metadata map[string]any, nodes []Node, ofProject []Exposure) map[string]any {
	metadata["adapter_type"] = "snowflake"
	metadata["project_name"] = projectName
	byID, exposures := map[string]any{}, map[string]any{}
	parents := map[string][]string{}
	for _, n := range nodes {
		byID[n.UniqueID], parents[n.UniqueID] = n.manifest(), nonNil(n.DependsOn)
	}
	for _, e := range ofProject {
		exposures[e.id()], parents[e.id()] = e.manifest(), nonNil(e.DependsOn)
	}
	return map[string]any{
		"metadata": metadata, "nodes": byID, "sources": map[string]any{}, "exposures": exposures,
		"parent_map": parents, "child_map": childMap(parents),
	}
}

// nonNil returns a copy of ids that is never null in JSON.
func nonNil(ids []string) []string { return append([]string{}, ids...) }

// childMap inverts the map of parents. Each ID in it has a list.
func childMap(parents map[string][]string) map[string][]string {
	found := map[string][]string{}
	for id, above := range parents {
		found[id] = nonNil(found[id])
		for _, parent := range above {
			found[parent] = append(found[parent], id)
		}
	}
	return found
}

func (n Node) manifest() map[string]any {
	kind, _, _ := strings.Cut(n.UniqueID, ".")
	name := n.UniqueID[strings.LastIndex(n.UniqueID, ".")+1:]
	database, schema, alias := n.relationParts(name)
	materialized := map[bool]string{false: "table", true: "view"}[n.View]
	node := map[string]any{
		"unique_id": n.UniqueID, "resource_type": kind, "name": name, "alias": alias, "database": database, "schema": schema,
		"relation_name": nil, "config": map[string]any{"enabled": true, "materialized": materialized},
		"depends_on": map[string]any{"nodes": nonNil(n.DependsOn), "macros": []string{}}, "tags": []string{}, "meta": map[string]any{},
	}
	if relation := cmp.Or(n.Relation, n.ManifestRelation); relation != "" {
		node["relation_name"] = relation
	}
	return node
}

// relationParts splits a relation into its three parts.
func (n Node) relationParts(name string) (database, schema, alias string) {
	parts := strings.Split(strings.ReplaceAll(cmp.Or(n.Relation, n.ManifestRelation), `"`, ""), ".")
	if len(parts) != 3 {
		return "ANALYTICS", "PROD", name
	}
	return parts[0], parts[1], parts[2]
}

func (e Exposure) id() string { return "exposure." + projectName + "." + e.Name }

func (e Exposure) manifest() map[string]any {
	meta := map[string]any{}
	if len(e.Tableau) > 0 {
		meta["tableau"] = e.Tableau
	}
	exposure := map[string]any{
		"unique_id": e.id(), "resource_type": "exposure", "name": e.Name, "type": "dashboard", "label": e.Name, "url": nil, "description": "",
		"package_name": projectName, "fqn": []string{projectName, e.Name}, "owner": map[string]any{"email": ownerName, "name": nil},
		"meta": meta, "tags": []string{}, "config": map[string]any{"enabled": true, "tags": []string{}, "meta": meta},
		"depends_on": map[string]any{"nodes": nonNil(e.DependsOn), "macros": []string{}}, "refs": []any{}, "sources": []any{}, "metrics": []any{},
	}
	if e.URL != "" {
		exposure["url"] = e.URL
	}
	return exposure
}
