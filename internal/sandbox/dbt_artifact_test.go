package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestArtifacts(t *testing.T) {
	t.Parallel()

	// summary has the run, the command, and the nodes by status of a run_results.json.
	type summary struct {
		Run     bool
		Command string
		Status  map[string]int
	}
	cases := []struct {
		name, scenario, path string
		// missing is the status of a missing artifact. Default: it exists.
		missing int
		want    summary
	}{
		{
			name: "last_step", scenario: "success", path: "run_results.json",
			want: summary{true, "dbt docs generate", map[string]int{}},
		},
		{
			name: "step", scenario: "success", path: "run_results.json?step=6",
			want: summary{true, "dbt build", map[string]int{"success": 7, "pass": 3}},
		},
		{
			name: "failed_run", scenario: "dbt-fails", path: "run_results.json",
			want: summary{true, "dbt build", map[string]int{"success": 5, "pass": 1, "fail": 1, "error": 1, "skipped": 2}},
		},
		{name: "step_without_results", scenario: "success", path: "run_results.json?step=3", missing: http.StatusNotFound},
		{name: "step_that_is_not_there", scenario: "success", path: "run_results.json?step=9", missing: http.StatusNotFound},
		{name: "sources_of_another_step", scenario: "success", path: "sources.json?step=6", missing: http.StatusNotFound},
		{name: "unknown", scenario: "success", path: "compiled/x.sql", missing: http.StatusNotFound},
		{name: "not_after_failure", scenario: "dbt-fails", path: "catalog.json", missing: http.StatusNotFound},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := New(findScenario(t, tc.scenario))
				c := newDBTClient(t, s)
				id := c.trigger(s).ID
				time.Sleep(time.Hour)
				a := c.get(fmt.Sprintf("runs/%d/artifacts/%s", id, tc.path))
				if tc.missing != 0 {
					if a.Status != tc.missing {
						t.Errorf("got status %d, want %d", a.Status, tc.missing)
					}
					return
				}
				var results struct {
					Metadata struct{ Env map[string]string }
					Results  []struct{ Status string }
					Args     map[string]string
				}
				if err := json.Unmarshal([]byte(a.Body), &results); err != nil {
					t.Fatal(err)
				}
				got := summary{results.Metadata.Env["DBT_CLOUD_RUN_ID"] == strconv.FormatInt(id, 10), results.Args["invocation_command"], map[string]int{}}
				for _, result := range results.Results {
					got.Status[result.Status]++
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("run results (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestArtifacts_Saved asserts that artifacts exist shortly after the end of the run, and not if it never ran a command.
func TestArtifacts_Saved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		list := fmt.Sprintf("runs/%d/artifacts/", id)
		time.Sleep(232 * time.Second)
		if a := c.get(list); a.Status != http.StatusNotFound || c.run(id, "").ArtifactsSaved {
			t.Errorf("got status %d at the end of the run, want 404 and none saved", a.Status)
		}
		time.Sleep(2 * time.Second)
		want := []string{"catalog.json", "manifest.json", "run_results.json", "sources.json"}
		if diff := cmp.Diff(want, decodeDBT[[]string](t, c.get(list))); diff != "" || !c.run(id, "").ArtifactsSaved {
			t.Errorf("artifacts (-want +got):\n%s", diff)
		}

		cancelled := c.trigger(s).ID
		c.do(http.MethodPost, fmt.Sprintf("runs/%d/cancel/", cancelled), "")
		time.Sleep(time.Minute)
		if c.run(cancelled, "").ArtifactsSaved {
			t.Error("a run that was canceled in the queue has saved artifacts")
		}
	})
}

// TestArtifacts_ByStepKind asserts that an artifact that only one kind of step writes is found without the number of the step.
func TestArtifacts_ByStepKind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		time.Sleep(time.Hour)
		got := map[string]string{}
		for _, path := range []string{"catalog.json", "sources.json", "manifest.json"} {
			var artifact struct {
				Metadata struct {
					Schema string `json:"dbt_schema_version"`
				}
			}
			if err := json.Unmarshal([]byte(c.get(fmt.Sprintf("runs/%d/artifacts/%s", id, path)).Body), &artifact); err != nil {
				t.Fatal(err)
			}
			got[path] = artifact.Metadata.Schema
		}
		want := map[string]string{
			"catalog.json":  "https://schemas.getdbt.com/dbt/catalog/v1.json",
			"sources.json":  "https://schemas.getdbt.com/dbt/sources/v3.json",
			"manifest.json": "https://schemas.getdbt.com/dbt/manifest/v12.json",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("schemas (-want +got):\n%s", diff)
		}
	})
}

func TestManifest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		time.Sleep(time.Hour)
		var manifest struct {
			Nodes map[string]struct {
				ResourceType string  `json:"resource_type"`
				RelationName *string `json:"relation_name"`
				Database, Schema, Alias,
				Name string
			}
		}
		if err := json.Unmarshal([]byte(c.get(fmt.Sprintf("runs/%d/artifacts/manifest.json", id)).Body), &manifest); err != nil {
			t.Fatal(err)
		}
		orders := manifest.Nodes["model.nordlys.fct_orders"]
		if diff := cmp.Diff([]string{"model", "ANALYTICS", "MARTS", "FCT_ORDERS", "fct_orders"},
			[]string{orders.ResourceType, orders.Database, orders.Schema, orders.Alias, orders.Name}); diff != "" {
			t.Errorf("fct_orders (-want +got):\n%s", diff)
		}
		if seed, ok := manifest.Nodes["seed.nordlys.vat_rates"]; !ok || seed.RelationName != nil {
			t.Errorf("got %+v for a seed, want one without relation", seed)
		}
	})
}

func TestSteps_Log(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "dbt-fails"))
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		time.Sleep(90 * time.Second)
		early := c.run(id, `?include_related=["run_steps"]`).RunSteps[5]
		time.Sleep(time.Hour)
		step := decodeDBT[stepJSON](t, c.get(fmt.Sprintf("steps/%d/", early.ID)))
		if early.StatusHumanized != "Running" || early.TruncatedDebugLogs != nil || !strings.HasPrefix(*step.Logs, *early.Logs) || *early.Logs == *step.Logs {
			t.Errorf("a running step is %s with the log %q", early.StatusHumanized, *early.Logs)
		}
		if step.StatusHumanized != "Error" || step.TruncatedDebugLogs == nil {
			t.Errorf("got step %+v, want an error with a log", step)
		}
		for _, line := range []string{"Database Error in model fct_revenue_daily", "invalid identifier 'PAYMENTS.AMOUNT_NET'", "Done. PASS=6 WARN=0 ERROR=2 SKIP=2"} {
			if !strings.Contains(*step.Logs, line) {
				t.Errorf("the log lacks %q:\n%s", line, *step.Logs)
			}
		}
		if got := c.get(fmt.Sprintf("steps/%d/", early.ID+1)).Status; got != http.StatusNotFound {
			t.Errorf("got status %d for a step that never began, want 404", got)
		}
	})
}

// TestArtifacts_shapes covers unusual artifacts.
func TestArtifacts_shapes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*Account)
		path   string
		// want is part of the artifact, wantNot is not. Default: nothing.
		want, wantNot string
	}{
		{name: "partial_parsing", change: func(a *Account) { a.ManifestRunID = 4711 }, path: "manifest.json", want: `"DBT_CLOUD_RUN_ID":"4711"`},
		{name: "results_after_partial_parsing", change: func(a *Account) { a.ManifestRunID = 4711 }, path: "run_results.json", wantNot: "4711"},
		{name: "constants_in_results", change: func(a *Account) { a.WriteNaN = true }, path: "run_results.json?step=6", want: `"execution_time":NaN,`},
		{name: "constants_in_a_manifest", change: func(a *Account) { a.WriteNaN = true }, path: "manifest.json", want: `"limits":[NaN,-Infinity,{"most":Infinity}]`},
		{name: "step_that_is_ignored", change: func(a *Account) { a.IgnoreStep = true }, path: "run_results.json?step=6", want: `"which":"generate"`},
		{
			name: "recorded", path: "run_results.json?step=6", want: "recorded",
			change: func(a *Account) {
				a.Jobs[0].Steps[2].Artifacts = map[string][]byte{"run_results.json": []byte("recorded")}
			},
		},
		{name: "manifest_of_a_step", change: useOtherTarget, path: "manifest.json?step=6", want: `"relation_name":"ANALYTICS.MARTS.FCT_ORDERS"`, wantNot: "ANALYTICS.DOCS.FCT_ORDERS"},
		{name: "manifest_of_another_target", change: useOtherTarget, path: "manifest.json", want: `"relation_name":"ANALYTICS.DOCS.FCT_ORDERS"`, wantNot: "ANALYTICS.MARTS.FCT_ORDERS"},
		{name: "seed_only_in_the_manifest", change: useOtherTarget, path: "manifest.json?step=4", want: `"relation_name":"RAW.SEEDS.VAT"`},
		{name: "results_without_a_relation_of_a_seed", change: useOtherTarget, path: "run_results.json?step=4", wantNot: "RAW.SEEDS.VAT"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := findScenario(t, "success").Faster(1)
				tc.change(&scenario.DBT)
				s := New(scenario)
				c := newDBTClient(t, s)
				id := c.trigger(s).ID
				time.Sleep(time.Hour)
				body := c.get(fmt.Sprintf("runs/%d/artifacts/%s", id, tc.path)).Body
				if !strings.Contains(body, tc.want) || tc.wantNot != "" && strings.Contains(body, tc.wantNot) {
					t.Errorf("got %s, want %q and not %q", body, tc.want, tc.wantNot)
				}
			})
		})
	}
}

// useOtherTarget adds a seed, and a last step that compiles a model for another target.
func useOtherTarget(a *Account) {
	a.Jobs[0].Steps[0].Nodes = append(a.Jobs[0].Steps[0].Nodes, Node{UniqueID: "seed.nordlys.vat", Status: "success", ManifestRelation: "RAW.SEEDS.VAT"})
	a.Jobs[0].Steps = append(a.Jobs[0].Steps, Step{Command: "dbt compile --target docs", Nodes: []Node{{UniqueID: modelID("fct_orders"), Status: "success", Relation: "ANALYTICS.DOCS.FCT_ORDERS"}}})
}
