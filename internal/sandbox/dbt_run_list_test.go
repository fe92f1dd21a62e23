package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestListRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "slow-queue"))
		c := newDBTClient(t, s)
		all := decodeDBT[[]runJSON](t, c.get("runs/"))
		if got, want := len(all), 9; got != want {
			t.Fatalf("got %d runs, want %d", got, want)
		}
		job := s.scenario.DBT.Jobs[0].ID
		cases := []struct {
			query string
			want  []runJSON
		}{
			{fmt.Sprintf("?job_definition_id=%d", job), all},
			{"?job_definition_id=1", []runJSON{}},
			{"?status__in=[1,2,3]", all[7:]},
			{"?status=10&limit=2", all[:2]},
			{"?limit=1&offset=8", all[8:]},
			{fmt.Sprintf("?id__gt=%d", all[6].ID), all[7:]},
			{"?order_by=-id&limit=1", all[8:]},
			{"?order_by=-created_at&limit=1", all[8:]},
			{"?order_by=finished_at&limit=1", all[7:8]},
		}
		for _, tc := range cases {
			if diff := cmp.Diff(tc.want, decodeDBT[[]runJSON](t, c.get("runs/"+tc.query)), cmp.AllowUnexported(trigger{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.query, diff)
			}
		}
		if got, want := c.get("runs/?status__in=1,2").Status, http.StatusBadRequest; got != want {
			t.Errorf("got status %d for a filter that is not JSON, want %d", got, want)
		}
		if run := decodeDBT[[]runJSON](t, c.get(`runs/?include_related=["trigger","run_steps"]&order_by=-id`))[0]; run.Trigger.Cause != "Backfill, part 2 of 2" || len(run.RunSteps) != 0 {
			t.Errorf("got cause %q and %d steps, want that of the newest and none", run.Trigger.Cause, len(run.RunSteps))
		}
	})
}
