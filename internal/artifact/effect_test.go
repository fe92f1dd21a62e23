package artifact_test

import (
	"testing"

	"dbt-tableau-refresh/internal/artifact"
)

func TestResult_Effect(t *testing.T) {
	t.Parallel()

	const model, test = "model.p.a", "test.p.a.1"
	cases := []struct {
		name   string
		result artifact.Result
		want   artifact.Effect
		// unknown is whether the status is unknown.
		unknown bool
	}{
		{"success", artifact.Result{UniqueID: model, Status: "success"}, artifact.Built, false},
		{"warn", artifact.Result{UniqueID: "snapshot.p.a", Status: "warn"}, artifact.Built, false},
		{"error", artifact.Result{UniqueID: model, Status: "error"}, artifact.NotBuilt, false},
		{"skipped", artifact.Result{UniqueID: model, Status: "skipped"}, artifact.NotBuilt, false},
		{"partial_success", artifact.Result{UniqueID: model, Status: "partial success"}, artifact.NotBuilt, false},
		{"no_op", artifact.Result{UniqueID: "seed.p.a", Status: "no-op"}, artifact.Unchanged, false},
		{"no_op_as_a_message", artifact.Result{UniqueID: model, Status: "success", Message: "NO-OP"}, artifact.Unchanged, false},
		{"no_op_within_tolerance", artifact.Result{UniqueID: model, Status: "success", Message: "NO-OP (within tolerance)"}, artifact.Unchanged, false},
		{"no_op_of_clone", artifact.Result{UniqueID: model, Status: "success", Message: "No-op"}, artifact.Unchanged, false},
		{"clone", artifact.Result{UniqueID: model, Status: "success", Message: "CLONE (within tolerance)"}, artifact.Built, false},
		{"cloned", artifact.Result{UniqueID: model, Status: "reused", Message: "Cloned from other environment within tolerance"}, artifact.Built, false},
		{"cloned_from_the_cache", artifact.Result{UniqueID: model, Status: "reused", Message: "cloned from cached relation x"}, artifact.Built, false},
		{"reused", artifact.Result{UniqueID: model, Status: "reused", Message: "No new changes on any upstreams"}, artifact.Unchanged, false},
		{"reused_without_a_message", artifact.Result{UniqueID: model, Status: "reused"}, artifact.Unchanged, false},
		{"unknown_status", artifact.Result{UniqueID: model, Status: "materialized"}, artifact.Built, true},
		{"no_status", artifact.Result{UniqueID: model}, artifact.Built, true},
		{"exposure", artifact.Result{UniqueID: "exposure.p.a", Status: "no-op"}, artifact.NotBuilt, false},
		{"hook", artifact.Result{UniqueID: "operation.p.a", Status: "success"}, artifact.NotBuilt, false},
		{"function", artifact.Result{UniqueID: "function.p.a", Status: "success", RelationName: "d.s.f"}, artifact.NotBuilt, false},
		{"unit_test", artifact.Result{UniqueID: "unit_test.p.a", Status: "pass", RelationName: "d.s.t"}, artifact.NotBuilt, false},
		{"test", artifact.Result{UniqueID: test, Status: "pass"}, artifact.NotBuilt, false},
		{"test_that_stored_failures", artifact.Result{UniqueID: test, Status: "fail", RelationName: "d.s.t"}, artifact.Built, false},
		{"test_that_stored_none", artifact.Result{UniqueID: test, Status: "pass", RelationName: "d.s.t"}, artifact.Built, false},
		{"test_skipped", artifact.Result{UniqueID: test, Status: "skipped", RelationName: "d.s.t"}, artifact.NotBuilt, false},
		{"test_error", artifact.Result{UniqueID: test, Status: "error", RelationName: "d.s.t"}, artifact.NotBuilt, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, unknown := tc.result.Effect(), tc.result.HasUnknownStatus(); got != tc.want || unknown != tc.unknown {
				t.Errorf("Effect() = %d, unknown %t, want %d, %t", got, unknown, tc.want, tc.unknown)
			}
		})
	}
}
