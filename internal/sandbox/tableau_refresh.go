package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// refreshWorkbook handles Update Workbook Now of the Tableau REST API.
func (t *tableauServer) refreshWorkbook(r *http.Request, now time.Time) reply {
	return t.refresh(kindWorkbook, t.item(t.site.Workbooks, r), r, now)
}

// refreshDataSource handles Update Data Source Now of the Tableau REST API.
func (t *tableauServer) refreshDataSource(r *http.Request, now time.Time) reply {
	return t.refresh(kindDataSource, t.item(t.site.DataSources, r), r, now)
}

func (t *tableauServer) refresh(kind itemKind, item *Item, r *http.Request, now time.Time) reply {
	incremental, ok := parseRefresh(r)
	switch {
	case item == nil:
		return itemNotFound(kind, r)
	case !ok:
		return badRequest("Payload is either malformed or incomplete.")
	}
	j := &refreshJob{kind: kind, item: item, incremental: incremental}
	if refused := t.enqueue(j, now); refused != nil {
		return *refused
	}
	answer := &xmlJob{ID: j.luid, Mode: "Asynchronous", Type: "RefreshExtract", CreatedAt: formatXMLTime(j.created), Extract: j.extract()}
	answer.Extract.Notes = nil
	return tableauXML(http.StatusAccepted, tsResponse{Job: answer})
}

// enqueue adds a job, or returns a refusal: if the item has no extract, or a job for it is active.
func (t *tableauServer) enqueue(j *refreshJob, now time.Time) *reply {
	switch {
	case j.item.Live:
		return new(tableauXML(http.StatusConflict, tsResponse{Error: &xmlError{
			Code: 409090, Summary: "Bad Request", Detail: fmt.Sprintf("Extract operation for the %s '%s' is not allowed.", j.kind, j.item.Name),
		}}))
	case t.queue.active(j.item) != nil:
		return new(tableauError(409093, "Resource Conflict", fmt.Sprintf("Job for '%s' is already queued. Not queuing a duplicate.", j.item.Name)))
	}
	j.created, j.takes, j.byClient, j.outcome = now, j.item.Duration, true, t.nextRefresh(j.item)
	t.queue.add(j)
	t.advance(now)
	return nil
}

// parseRefresh parses the body by the rules of the request's API version: extractRefresh exists since 3.25.
func parseRefresh(r *http.Request) (incremental, ok bool) {
	request, ok := parseRequest(r)
	if !ok || len(request.Others) > 0 || request.Credentials != nil || request.FlowRunSpec != nil {
		return false, false
	}
	if request.ExtractRefresh == nil {
		return false, true
	}
	if requestVersion(r).before(version{3, 25}) {
		return false, false
	}
	switch request.ExtractRefresh.Incremental {
	case "", "false", "0":
		return false, true
	case "true", "1":
		return true, true
	}
	return false, false
}

// nextRefresh returns the outcome of the next refresh of the item that a client starts.
func (t *tableauServer) nextRefresh(item *Item) Refresh {
	if len(item.Refreshes) == 0 {
		return Refresh{}
	}
	done := len(keep(t.queue.jobs, func(j *refreshJob) bool { return j.byClient && j.item == item }))
	return item.Refreshes[min(done, len(item.Refreshes)-1)]
}
