package tableau_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// TestActiveJob_concurrent checks that concurrent searches for the jobs of many items share their requests.
func TestActiveJob_concurrent(t *testing.T) {
	t.Parallel()
	const jobCount = 50
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(20 * time.Millisecond)
			_, number, isJob := strings.Cut(r.URL.Path, "/jobs/job-")
			if isJob {
				respondXML(`<job id="job-%s"><extractRefreshJob><workbook id="BOOK-%s"/></extractRefreshJob></job>`, number, number)(w, r)
				return
			}
			var rows strings.Builder
			for i := range jobCount {
				fmt.Fprintf(&rows, `<backgroundJob id="job-%d" jobType="refresh_extracts"/>`, i)
			}
			respondXML(`<backgroundJobs>%s</backgroundJobs>`, rows.String())(w, r)
		}}
		client := signedIn(t, s)
		var group sync.WaitGroup
		for i := range jobCount {
			group.Go(func() {
				job, err := client.ActiveJob(t.Context(), tableau.Target{Type: content.Workbook, ID: fmt.Sprintf("book-%d", i)})
				if want := fmt.Sprintf("job-%d", i); err != nil || job.ID != want {
					t.Errorf("got job %q and error %v, want %s", job.ID, err, want)
				}
			})
		}
		group.Wait()
		_, requests := s.recorded()
		if got := len(requests); got > 4*jobCount {
			t.Errorf("%d requests for %d jobs, want a few for each", got, jobCount)
		}
	})
}
