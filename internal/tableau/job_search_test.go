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

// TestActive_of_many: who looks for the jobs of many items asks for each job once, and gets its own as it is now.
func TestActive_of_many(t *testing.T) {
	t.Parallel()
	const many = 50
	synctest.Test(t, func(t *testing.T) {
		s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(20 * time.Millisecond)
			_, number, one := strings.Cut(r.URL.Path, "/jobs/job-")
			if one {
				answer(`<job id="job-%s"><extractRefreshJob><workbook id="BOOK-%s"/></extractRefreshJob></job>`, number, number)(w, r)
				return
			}
			var rows strings.Builder
			for i := range many {
				fmt.Fprintf(&rows, `<backgroundJob id="job-%d" jobType="refresh_extracts"/>`, i)
			}
			answer(`<backgroundJobs>%s</backgroundJobs>`, rows.String())(w, r)
		}}
		client := signedIn(t, s)
		var group sync.WaitGroup
		for i := range many {
			group.Go(func() {
				job, err := client.ActiveJob(t.Context(), tableau.Target{Type: content.Workbook, ID: fmt.Sprintf("book-%d", i)})
				if want := fmt.Sprintf("job-%d", i); err != nil || job.ID != want {
					t.Errorf("got job %q and error %v, want %s", job.ID, err, want)
				}
			})
		}
		group.Wait()
		_, requests := s.seen()
		if got := len(requests); got > 4*many {
			t.Errorf("%d requests for %d jobs, want a few for each", got, many)
		}
	})
}
