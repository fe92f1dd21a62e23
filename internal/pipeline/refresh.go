package pipeline

import (
	"context"
	"errors"

	"dbt-tableau-refresh/internal/progress"
)

// refresh starts every refresh and follows each to its end. It is only ever called after the run was a success.
func (s *story) refresh(ctx context.Context) error {
	if s.tableau == nil || len(s.result.Refreshes) == 0 {
		return nil
	}
	s.doing = "refreshing Tableau"
	ctx, cancel := s.limit(ctx, "tableau-timeout", s.config.Tableau.Timeout)
	defer cancel()
	s.observe(progress.RefreshesStarting{Parallel: s.config.Tableau.MaxParallel})
	f := newFanOut(s)
	err := f.run(ctx)
	if _, ok := errors.AsType[*progress.LimitError](err); ok {
		f.timeOut()
	}
	if err != nil {
		return err
	}
	if bad := s.countBad(); bad > 0 {
		return progress.Fail(progress.OutcomeRefreshFailed, &progress.RefreshError{Failed: bad, All: len(s.result.Refreshes)})
	}
	return nil
}

// timeOut ends the refreshes that were waited for and are not over.
func (f *fanOut) timeOut() {
	s := f.story
	for i := range s.result.Refreshes {
		row := &s.result.Refreshes[i]
		if row.Status == progress.StatusStarted && (s.config.Tableau.Wait || len(f.targets[i].holds) > 0) {
			row.Status = progress.StatusTimedOut
			s.observe(progress.RefreshChanged{Index: i, Refresh: *row})
		}
	}
}

func (s *story) countBad() int {
	bad := 0
	for _, r := range s.result.Refreshes {
		switch r.Status {
		case progress.StatusSuccess, progress.StatusSkipped:
		case progress.StatusStarted:
			if s.config.Tableau.Wait {
				bad++
			}
		default:
			bad++
		}
	}
	return bad
}
