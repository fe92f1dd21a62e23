package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// xmlFlowRuns is a list whose items have the same name as the list.
type xmlFlowRuns struct {
	Runs []xmlFlowRun `xml:"flowRuns"`
}

// xmlFlowRun is a run of a flow. Unknown times are empty attributes.
type xmlFlowRun struct {
	ID              string `xml:"id,attr"`
	FlowID          string `xml:"flowId,attr"`
	Status          string `xml:"status,attr"`
	StartedAt       string `xml:"startedAt,attr"`
	CompletedAt     string `xml:"completedAt,attr"`
	Progress        int    `xml:"progress,attr"`
	BackgroundJobID string `xml:"backgroundJobId,attr"`
}

// listFlowRuns handles Get Flow Runs of the Tableau REST API. It has filters like other lists, but no pages.
func (t *tableauServer) listFlowRuns(r *http.Request, now time.Time) reply {
	var runs []xmlFlowRun
	for _, j := range t.queue.jobs {
		if j.kind == kindFlow {
			runs = append(runs, j.flowRunXML(now))
		}
	}
	known := fields[xmlFlowRun]{
		"flowId":      singleValue(func(run xmlFlowRun) string { return run.FlowID }),
		"progress":    singleValue(func(run xmlFlowRun) string { return strconv.Itoa(run.Progress) }),
		"startedAt":   singleValue(func(run xmlFlowRun) string { return run.StartedAt }),
		"completedAt": singleValue(func(run xmlFlowRun) string { return run.CompletedAt }),
		"userId":      singleValue(func(xmlFlowRun) string { return userLUID }),
	}
	return listReply(r, runs, known, func(runs []xmlFlowRun, answer *tsResponse) {
		answer.Pagination, answer.FlowRuns = nil, &xmlFlowRuns{runs}
	})
}

// getFlowRun handles Get Flow Run of the Tableau REST API. Its pattern also matches paths with another word than "runs".
func (t *tableauServer) getFlowRun(r *http.Request, now time.Time) reply {
	for _, j := range t.queue.jobs {
		if r.PathValue("item") == "runs" && j.kind == kindFlow && j.flowRun() == r.PathValue("run") {
			return tableauXML(http.StatusOK, tsResponse{FlowRun: new(j.flowRunXML(now))})
		}
	}
	return tableauError(404000, "Resource Not Found", "Flow run '"+r.PathValue("run")+"' could not be found.")
}

func (j *refreshJob) flowRunXML(now time.Time) xmlFlowRun {
	return xmlFlowRun{
		ID: j.flowRun(), FlowID: j.item.LUID, Status: j.status(), StartedAt: formatXMLTime(j.started), CompletedAt: formatXMLTime(j.ended),
		Progress: j.progress(now), BackgroundJobID: j.luid,
	}
}
