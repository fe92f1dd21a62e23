package runresult

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

func readManifest(t *testing.T, text string) *artifact.Manifest {
	t.Helper()
	m, err := artifact.ReadManifest(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// stepOf returns a step with results of pairs of a node and its status. A node can be followed by "@" and its relation name.
func stepOf(m *artifact.Manifest, pairs ...string) Step {
	step := Step{Manifest: m}
	for i := 0; i < len(pairs); i += 2 {
		id, relation, _ := strings.Cut(pairs[i], "@")
		step.Results.All = append(step.Results.All, artifact.Result{UniqueID: id, Status: artifact.Status(pairs[i+1]), RelationName: relation})
	}
	return step
}

// locations returns each node as its ID and relation.
func locations(nodes []artifact.Node) []string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.UniqueID+"@"+n.Relation.String())
	}
	return all
}

// TestCombine_shop combines steps of a project with tables, views, an ephemeral model, and a cycle of none.
func TestCombine_shop(t *testing.T) {
	t.Parallel()

	text, err := os.ReadFile("../artifact/testdata/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	shop := readManifest(t, string(text))
	const (
		seed      = "seed.shop.raw_orders@ANALYTICS.RAW.raw_orders"
		staged    = "model.shop.stg_orders@ANALYTICS.STAGING.stg_orders"
		orders    = "model.shop.orders.v2@ANALYTICS.MARTS.orders_v2"
		today     = "model.shop.orders_of_today@ANALYTICS.MARTS.Orders of today"
		revenue   = "model.shop.revenue@ANALYTICS.MARTS.revenue"
		revenueEU = "model.shop.revenue_eu@ANALYTICS.MARTS.revenue_eu"
		customers = "snapshot.shop.customers@ANALYTICS.SNAPSHOTS.customers"
	)
	compiled := stepOf(shop, "model.shop.revenue", "success")
	compiled.Results.Command = "compile"
	cases := []struct {
		name  string
		steps []Step
		want  []string
		// messages are parts of the warnings and notes.
		messages []string
	}{
		{"no_results", []Step{stepOf(shop)}, nil, nil},
		{"no_manifest", []Step{stepOf(nil, revenue, "success", "model.shop.new", "success")}, []string{revenue}, []string{"do not contain their tables or views: model.shop.new"}},
		{"seed_and_downstream_views_without_tables", []Step{stepOf(shop, "seed.shop.raw_orders", "success")}, []string{today, staged, seed}, nil},
		{"table_and_downstream_view", []Step{stepOf(shop, "model.shop.revenue", "success")}, []string{revenue, revenueEU}, nil},
		{"snapshot", []Step{stepOf(shop, "snapshot.shop.customers", "success")}, []string{customers}, nil},
		{"view_built", []Step{stepOf(shop, "model.shop.revenue", "success", "model.shop.revenue_eu", "success")}, []string{revenue, revenueEU}, nil},
		{"view_no_op", []Step{stepOf(shop, "model.shop.revenue", "success", "model.shop.revenue_eu", "no-op")}, []string{revenue, revenueEU}, nil},
		{
			"view_skipped", []Step{stepOf(shop, "model.shop.revenue", "success", "model.shop.revenue_eu", "skipped")}, []string{revenue, revenueEU},
			[]string{"so they do not trigger refreshes: model.shop.revenue_eu"},
		},
		{
			"view_failed", []Step{stepOf(shop, "model.shop.revenue", "success", "model.shop.revenue_eu", "error")}, []string{revenue},
			[]string{"so they do not trigger refreshes: model.shop.revenue_eu"},
		},
		{
			"view_downstream_of_a_failed_view", []Step{stepOf(shop, "seed.shop.raw_orders", "success", "model.shop.stg_orders", "error", "model.shop.orders_of_today", "skipped")},
			[]string{seed}, []string{"model.shop.orders_of_today (skipped), model.shop.stg_orders (error)"},
		},
		{"partial_success", []Step{stepOf(shop, "model.shop.orders.v2", "partial success")}, nil, []string{"so they do not trigger refreshes: model.shop.orders.v2 (partial success)"}},
		{
			"partial_success_then_built", []Step{stepOf(nil, "model.shop.orders.v2", "partial success"), stepOf(shop, "model.shop.orders.v2", "success")},
			[]string{orders, today}, nil,
		},
		{"unknown_status", []Step{stepOf(shop, "snapshot.shop.customers", "Success")}, []string{customers}, []string{`because their status is unknown: snapshot.shop.customers ("Success")`}},
		{"other_types", []Step{stepOf(shop, "operation.shop.hook", "success", "metric.shop.revenue", "success", "exposure.shop.orders", "no-op")}, nil, nil},
		{"compile", []Step{compiled}, nil, nil},
		{"built_before_it_failed", []Step{stepOf(nil, "model.shop.revenue", "success"), stepOf(shop, "model.shop.revenue", "error")}, []string{revenue, revenueEU}, nil},
		{"relation_without_a_database", []Step{stepOf(shop, "model.shop.revenue@marts.REVENUE", "success")}, []string{revenue, revenueEU}, nil},
		{
			"two_locations", []Step{stepOf(nil, "model.shop.revenue@ANALYTICS.ACME.revenue", "success"), stepOf(nil, "model.shop.revenue", "success"), stepOf(shop)},
			[]string{"model.shop.revenue@ANALYTICS.ACME.revenue", revenue, revenueEU}, nil,
		},
		{"unknown_node_with_a_relation", []Step{stepOf(shop, "model.shop.new@`p`.`d`.`new`", "success")}, []string{"model.shop.new@p.d.new"}, nil},
		{"unknown_node", []Step{stepOf(shop, "model.shop.new", "success")}, nil, []string{"do not contain their tables or views: model.shop.new"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			build := Combine(tc.steps)
			if diff := cmp.Diff(tc.want, locations(build.Nodes)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			messages := append(build.Warnings, build.Notes...)
			if len(messages) != len(tc.messages) {
				t.Errorf("messages %q, want %q", messages, tc.messages)
			}
			for i, message := range messages {
				if i < len(tc.messages) && !strings.Contains(message, tc.messages[i]) {
					t.Errorf("message %q, want %q", message, tc.messages[i])
				}
			}
		})
	}
}

// TestCombine_manifests locates seeds and views by the manifest of their own step, for a project that is built for two clients.
func TestCombine_manifests(t *testing.T) {
	t.Parallel()

	manifest := func(schema string) *artifact.Manifest {
		return readManifest(t, strings.ReplaceAll(`{"nodes":{"seed.p.raw":{"schema":"SCHEMA","name":"raw"},
			"model.p.orders":{"schema":"SCHEMA","name":"orders","config":{"materialized":"table"},"depends_on":{"nodes":["seed.p.raw"]}},
			"model.p.recent":{"schema":"SCHEMA","name":"recent","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.orders"]}}}}`, "SCHEMA", schema))
	}
	acme, globex := manifest("acme"), manifest("globex")
	build := Combine([]Step{
		stepOf(acme, "seed.p.raw", "success"),
		stepOf(acme, "model.p.orders@acme.orders", "success"),
		stepOf(globex, "seed.p.raw", "no-op", "model.p.orders@globex.orders", "no-op", "seed.p.b", "reused"),
	})
	if build.Unchanged != 1 {
		t.Errorf("%d nodes are unchanged, want 1, because the others were built elsewhere", build.Unchanged)
	}
	if diff := cmp.Diff([]string{"model.p.orders@acme.orders", "model.p.recent@acme.recent", "seed.p.raw@acme.raw"}, locations(build.Nodes)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	want := []string{
		"model.p.orders@acme.orders", "model.p.orders@globex.orders", "model.p.recent@acme.recent", "model.p.recent@globex.recent",
		"seed.p.raw@acme.raw", "seed.p.raw@globex.raw",
	}
	if diff := cmp.Diff(want, locations(build.NodesAndUnchanged())); diff != "" {
		t.Errorf("nodes and unchanged (-want +got):\n%s", diff)
	}
	if !slices.Equal(build.Manifests(), []*artifact.Manifest{globex, acme}) {
		t.Errorf("%d manifests, want the last one first", len(build.Manifests()))
	}
}

func TestBuild_reports(t *testing.T) {
	t.Parallel()

	build := Combine([]Step{
		stepOf(nil, "model.p.a", "success", "seed.p.s", "success", "test.p.t.1", "warn", "test.p.u.2", "pass", "unit_test.p.a.v", "warn", "model.p.w", "warn"),
		stepOf(nil, "model.p.a", "error", "model.p.b", "error", "seed.p.s", "no-op", "test.p.t.1", "pass", "test.p.u.2", "fail"),
	})
	failures := []progress.Failure{{Type: "model", Name: "a", Status: "error"}, {Type: "model", Name: "b", Status: "error"}, {Type: "test", Name: "u", Status: "fail"}}
	if diff := cmp.Diff(failures, build.Failures()); diff != "" {
		t.Errorf("Failures() (-want +got):\n%s", diff)
	}
	warned := []progress.Failure{{Type: "test", Name: "t", Status: "warn"}, {Type: "unit_test", Name: "a.v", Status: "warn"}}
	if diff := cmp.Diff(warned, build.WarnedTests()); diff != "" {
		t.Errorf("WarnedTests() (-want +got):\n%s", diff)
	}
	counts := []progress.Built{{Type: "model", Nodes: 1}, {Type: "seed", Nodes: 1}, {Type: "test", Nodes: 1}, {Type: "unit_test", Nodes: 1}}
	if diff := cmp.Diff(counts, build.Counts()); diff != "" {
		t.Errorf("Counts() (-want +got):\n%s", diff)
	}
}
