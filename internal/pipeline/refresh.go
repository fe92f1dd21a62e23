package pipeline

import (
	"context"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/refresh"
)

// refresh refreshes every target, within the time for Tableau. It is only called after the run was a success.
func (s *story) refresh(ctx context.Context) error {
	if s.tableau == nil || len(s.result.Refreshes) == 0 {
		return nil
	}
	s.doing = "refreshing Tableau"
	c := s.config.Tableau
	ctx, cancel := s.limit(ctx, "tableau-timeout", c.Timeout)
	defer cancel()
	return refresh.Run(ctx, s.tableau, targets(s.selection.entries, s.result.Refreshes), refresh.Options{
		Wait: c.Wait, MaxParallel: c.MaxParallel, Retries: c.Retries, OnConflict: c.OnConflict, PollInterval: c.PollInterval,
		Observer: s.observer, Warn: s.warn,
	})
}

// targets returns the entries as targets that update the rows.
func targets(entries []entry, rows []progress.Refresh) []refresh.Target {
	all := make([]refresh.Target, len(entries))
	for i, e := range entries {
		all[i] = refresh.Target{Row: &rows[i], Start: e.goal, After: e.after, Listed: e.named}
	}
	return all
}
