package runresult

import (
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
)

func TestCheckManifest(t *testing.T) {
	t.Parallel()

	begin := time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC)
	run := dbt.Run{ID: 200, StartedAt: dbt.Time{Time: begin}, FinishedAt: dbt.Time{Time: begin.Add(time.Hour)}}
	steps := []Step{{}, {Results: artifact.Results{Metadata: artifact.Metadata{InvocationID: "build"}}}}
	cases := []struct {
		name     string
		metadata artifact.Metadata
		run      dbt.Run
		foreign  bool
	}{
		{"no_run", artifact.Metadata{}, run, false},
		{"this_run", artifact.Metadata{RunID: 200}, run, false},
		{"partial_parse_of_a_step", artifact.Metadata{RunID: 100, InvocationID: "build"}, run, false},
		{"partial_parse_of_another_step", artifact.Metadata{RunID: 100, InvocationID: "docs", GeneratedAt: begin.Add(time.Minute)}, run, false},
		{"partial_parse_in_another_time_zone", artifact.Metadata{RunID: 100, GeneratedAt: begin.Add(time.Minute).In(time.FixedZone("", 7200))}, run, false},
		{"before_the_run", artifact.Metadata{RunID: 100, InvocationID: "docs", GeneratedAt: begin.Add(-time.Minute)}, run, true},
		{"after_the_run", artifact.Metadata{RunID: 100, GeneratedAt: begin.Add(2 * time.Hour)}, run, true},
		{"neither_invocation_nor_time", artifact.Metadata{RunID: 100}, run, true},
		{"end_unknown", artifact.Metadata{RunID: 100, GeneratedAt: begin.Add(time.Minute)}, dbt.Run{ID: 200, StartedAt: run.StartedAt}, false},
		{"start_unknown", artifact.Metadata{RunID: 100, GeneratedAt: begin.Add(time.Minute)}, dbt.Run{ID: 200, FinishedAt: run.FinishedAt}, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := checkManifest(&artifact.Manifest{Metadata: tc.metadata}, tc.run, steps)
			if foreign := err != nil && strings.Contains(err.Error(), "the manifest.json that dbt returned for run 200 belongs to run 100"); foreign != tc.foreign || (err != nil) != tc.foreign {
				t.Errorf("error %v, want one: %t", err, tc.foreign)
			}
		})
	}
}

// TestLacksLocation determines when a manifest of a step, which can have hundreds of megabytes, has to be read.
func TestLacksLocation(t *testing.T) {
	t.Parallel()

	last := readManifest(t, `{"nodes":{"seed.p.raw":{"schema":"prod","name":"raw"},"snapshot.p.s":{"schema":"prod","name":"s"},
		"model.p.orders":{"schema":"prod","name":"orders"},"model.p.e":{"schema":"prod","name":"e","config":{"materialized":"ephemeral"}},
		"model.p.recent":{"schema":"prod","name":"recent","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.orders"]}}}}`)
	compiled := stepOf(nil, "seed.p.raw", "success")
	compiled.Results.Command = "compile"
	const orders, ordersElsewhere, recentElsewhere = "model.p.orders@prod.orders", "model.p.orders@acme.orders", "model.p.recent@acme.recent"
	cases := []struct {
		name         string
		step         Step
		otherOptions bool
		want         bool
	}{
		{"nothing", stepOf(nil), true, false},
		{"seed", stepOf(nil, "seed.p.raw", "success"), false, false},
		{"seed_with_other_options", stepOf(nil, "seed.p.raw", "success"), true, true},
		{"unchanged_seed_with_other_options", stepOf(nil, "seed.p.raw", "no-op"), true, true},
		{"failed_seed_with_other_options", stepOf(nil, "seed.p.raw", "error"), true, false},
		{"table_without_views", stepOf(nil, "snapshot.p.s@acme.s", "success"), true, false},
		{"table_with_a_view", stepOf(nil, orders, "success"), false, false},
		{"table_elsewhere_with_a_view", stepOf(nil, ordersElsewhere, "success"), false, true},
		{"table_and_view_elsewhere", stepOf(nil, ordersElsewhere, "success", recentElsewhere, "success"), false, false},
		{"table_elsewhere_and_a_view_that_was_skipped", stepOf(nil, ordersElsewhere, "success", recentElsewhere, "skipped"), false, true},
		{"table_elsewhere_and_a_seed", stepOf(nil, "snapshot.p.s@acme.s", "success", "seed.p.raw", "success"), false, true},
		{"seed_that_the_last_manifest_lacks", stepOf(nil, "seed.p.deleted", "success"), false, true},
		{"test", stepOf(nil, "test.p.t.1@audit.t", "fail"), true, false},
		{"compile", compiled, true, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := lacksLocation(tc.step, last, tc.otherOptions); got != tc.want {
				t.Errorf("lacksLocation() = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestResultsRef_mayUseOtherOptions(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		commands []string
		want     bool
	}{
		{"no_options", []string{"dbt deps", "dbt seed", "dbt run --select tag:nightly", "dbt test"}, false},
		{"target", []string{"dbt build", "dbt compile --target docs"}, true},
		{"short_option", []string{"dbt build -t prod"}, true},
		{"option_with_a_sign", []string{"dbt build", "dbt compile --target=docs"}, true},
		{"variables", []string{"dbt run --vars '{client: acme}'", "dbt run --vars '{client: globex}'"}, true},
		{"similar_option", []string{"dbt run --target-path a", "dbt run --target-path b"}, false},
		{"unknown_steps", nil, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			run := dbt.Run{Steps: []dbt.RunStep{{Index: 1, Name: "Clone git repository", Status: dbt.Success}}}
			for i, command := range tc.commands {
				run.Steps = append(run.Steps, commandStep(i+2, command, dbt.Success))
			}
			if got := (&Reader{}).resultsRefs(run)[0].mayUseOtherOptions(); got != tc.want {
				t.Errorf("mayUseOtherOptions() = %t, want %t", got, tc.want)
			}
		})
	}
}
