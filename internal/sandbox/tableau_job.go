package sandbox

import (
	"net/http"
	"time"
)

// xmlJob is a job in the response of Query Job. Unknown codes and times are missing.
type xmlJob struct {
	ID          string      `xml:"id,attr"`
	Mode        string      `xml:"mode,attr"`
	Type        string      `xml:"type,attr"`
	Progress    *int        `xml:"progress,attr"`
	CreatedAt   string      `xml:"createdAt,attr,omitempty"`
	StartedAt   string      `xml:"startedAt,attr,omitempty"`
	UpdatedAt   string      `xml:"updatedAt,attr,omitempty"`
	CompletedAt string      `xml:"completedAt,attr,omitempty"`
	FinishCode  *Finish     `xml:"finishCode,attr"`
	Extract     *xmlExtract `xml:"extractRefreshJob"`
	Flow        *xmlFlowJob `xml:"runFlowJobType"`
}

type xmlExtract struct {
	Notes      *string       `xml:"notes"`
	Workbook   *xmlReference `xml:"workbook"`
	DataSource *xmlReference `xml:"datasource"`
}

// getJob handles Query Job of the Tableau REST API.
func (t *tableauServer) getJob(r *http.Request, now time.Time) reply {
	j := t.jobByLUID(r.PathValue("job"))
	switch {
	case j == nil:
		return jobNotFound(r)
	case j.item.Unqueryable:
		return tableauError(400031, "Bad Request", "There was a problem querying job '"+j.luid+"'.")
	}
	return tableauXML(http.StatusOK, tsResponse{Job: j.xml(now)})
}

func (t *tableauServer) jobByLUID(luid string) *refreshJob {
	for _, j := range t.queue.jobs {
		if j.luid == luid {
			return j
		}
	}
	return nil
}

func jobNotFound(r *http.Request) reply {
	return tableauError(404009, "Resource Not Found", "Job '"+r.PathValue("job")+"' could not be found.")
}

func (j *refreshJob) xml(now time.Time) *xmlJob {
	answer := &xmlJob{
		ID: j.luid, Mode: "Asynchronous", Type: "RefreshExtract", Progress: new(j.progress(now)),
		CreatedAt: formatXMLTime(j.created), StartedAt: formatXMLTime(j.started), CompletedAt: formatXMLTime(j.ended),
	}
	if j.kind == kindFlow {
		answer.Type, answer.Flow = "RunFlow", j.flow()
	} else {
		answer.Extract = j.extract()
	}
	switch {
	case !j.ended.IsZero():
		answer.FinishCode, answer.UpdatedAt = &j.finish, answer.CompletedAt
	case j.item.EarlyCode != FinishSuccess:
		answer.FinishCode = &j.item.EarlyCode
	case j.item.Bridge && j.running():
		// A Bridge client was assigned; the refresh continues.
		answer.FinishCode = new(FinishSuccess)
	}
	return answer
}

func (j *refreshJob) progress(now time.Time) int {
	switch {
	case !j.ended.IsZero():
		return 100
	case j.running() && j.takes > 0:
		return min(99, int(100*now.Sub(j.started)/j.takes))
	default:
		return 0
	}
}

func (j *refreshJob) extract() *xmlExtract {
	target := &xmlReference{ID: j.item.LUID, Name: j.item.Name}
	detail := &xmlExtract{Notes: j.notes()}
	if j.kind == kindWorkbook {
		detail.Workbook = target
	} else {
		detail.DataSource = target
	}
	return detail
}

func (j *refreshJob) notes() *string {
	switch {
	case j.ended.IsZero():
		return nil
	case j.outcome.Notes != "" && j.finish == j.outcome.Finish:
		return &j.outcome.Notes
	case j.kind != kindFlow && (j.finish == FinishSuccess || j.finish == FinishBridge):
		return new("Finished refresh of extracts (new extract id:{7E57AB1E-0000-4000-8000-000000000000}) for " + string(j.kind) + " '" + j.item.Name + "'.")
	}
	return nil
}

// cancelJob handles Cancel Job of the Tableau REST API. A job that has ended does not change.
func (t *tableauServer) cancelJob(r *http.Request, now time.Time) reply {
	j := t.jobByLUID(r.PathValue("job"))
	if j == nil {
		return jobNotFound(r)
	}
	j.cancels++
	if j.ended.IsZero() {
		j.ended, j.finish = now, FinishCancelled
		t.advance(now)
	}
	return reply{status: http.StatusNoContent}
}
