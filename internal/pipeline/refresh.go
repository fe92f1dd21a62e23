package pipeline

import (
	"context"
	"errors"
)

// refresh starts every refresh and follows each to its end. It is only ever called after the run was a success.
func (s *story) refresh(ctx context.Context) error {
	if s.tableau == nil || len(s.result.Refreshes) == 0 {
		return nil
	}
	s.doing = "refreshing Tableau"
	ctx, cancel := s.limit(ctx, "tableau-timeout", s.config.Tableau.Timeout)
	defer cancel()
	s.observe(RefreshesStarting{Parallel: s.config.Tableau.MaxParallel})
	err := newFanOut(s).run(ctx)
	if _, ok := errors.AsType[*LimitError](err); ok {
		s.markOpen(StatusTimedOut)
	}
	if err != nil {
		return err
	}
	if bad := s.countBad(); bad > 0 {
		return outcome(OutcomeRefreshFailed, &RefreshError{Bad: bad, All: len(s.result.Refreshes)})
	}
	return nil
}

// markOpen gives all refreshes that were accepted and are not over the given status.
func (s *story) markOpen(status Status) {
	for i := range s.result.Refreshes {
		if s.result.Refreshes[i].Status == StatusStarted {
			s.result.Refreshes[i].Status = status
			s.observe(RefreshChanged{Index: i, Refresh: s.result.Refreshes[i]})
		}
	}
}

func (s *story) countBad() int {
	bad := 0
	for _, r := range s.result.Refreshes {
		switch r.Status {
		case StatusSuccess, StatusSkipped:
		case StatusStarted:
			if s.config.Tableau.Wait {
				bad++
			}
		default:
			bad++
		}
	}
	return bad
}
