package selection

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// checkFlows sets the problem of each flow with a required parameter: the step has no values for parameters, and Tableau would
// reject the run. A flow that can be listed but not requested is not checked.
func (r *Resolver) checkFlows(ctx context.Context, to *Selection) error {
	var group errgroup.Group
	for i := range to.Entries {
		e := &to.Entries[i]
		if e.Target.Type != content.Flow {
			continue
		}
		group.Go(func() error {
			flow, err := r.client.Item(ctx, content.Flow, e.Target.ID, r.retry)
			if err != nil && !tableau.IsItemError(err) {
				return err
			}
			for _, parameter := range flow.Parameters {
				if parameter.IsRequired {
					e.Problem = cmp.Or(e.Problem, fmt.Errorf("tableau-flows: make the parameter %q of flow %q (%s) optional in Tableau Prep, "+
						"or remove the flow: a required parameter needs a value for each run", parameter.Name, e.Row.Name, e.Row.ID))
				}
			}
			return nil
		})
	}
	return group.Wait()
}
