package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// manifestEntry is a node or an exposure of a manifest.
type manifestEntry struct {
	DependsOn struct{ Nodes []string } `json:"depends_on"`
	Config    struct{ Materialized string }
	URL       *string
	Meta      map[string]map[string]any
}

func TestManifest_Relations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "exposures"))
		c := newDBTClient(t, s)
		id := c.trigger(s).ID
		time.Sleep(time.Hour)
		var manifest struct {
			Nodes, Exposures map[string]manifestEntry
			ParentMap        map[string][]string `json:"parent_map"`
			ChildMap         map[string][]string `json:"child_map"`
		}
		if err := json.Unmarshal([]byte(c.get(fmt.Sprintf("runs/%d/artifacts/manifest.json", id)).Body), &manifest); err != nil {
			t.Fatal(err)
		}
		view := manifest.Nodes["model.nordlys.store_orders"]
		if view.Config.Materialized != "view" || !slices.Equal(view.DependsOn.Nodes, []string{"model.nordlys.fct_orders"}) {
			t.Errorf("got %+v, want a view of fct_orders, which the run did not touch", view)
		}
		children := slices.Sorted(slices.Values(manifest.ChildMap["model.nordlys.fct_orders"]))
		want := []string{
			"exposure.nordlys.notebook", "exposure.nordlys.other_site", "model.nordlys.fct_revenue_daily", "model.nordlys.store_orders",
			"test.nordlys.not_null_fct_orders_order_id.cf6c17daed",
		}
		if diff := cmp.Diff(want, children); diff != "" {
			t.Errorf("children of fct_orders (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"model.nordlys.store_orders"}, manifest.ParentMap["exposure.nordlys.apac_sales"]); diff != "" {
			t.Errorf("parents of an exposure (-want +got):\n%s", diff)
		}
		apac, weekly := manifest.Exposures["exposure.nordlys.apac_sales"], manifest.Exposures["exposure.nordlys.weekly_revenue"]
		if apac.URL != nil || apac.Meta["tableau"]["datasource"] != "Orders" || weekly.URL == nil || len(weekly.Meta) != 0 {
			t.Errorf("got %+v and %+v, want one with selectors, and one with a URL", apac, weekly)
		}
	})
}
