package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// refreshWorkbook is Update Workbook Now of the Tableau REST API.
func (t *tableauServer) refreshWorkbook(r *http.Request, now time.Time) reply {
	return t.refresh(kindWorkbook, t.item(t.site.Workbooks, r), r, now)
}

// refreshDataSource is Update Data Source Now of the Tableau REST API.
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
	case item.Live:
		return tableauXML(http.StatusConflict, tsResponse{Error: &xmlError{
			Code: 409090, Summary: "Bad Request", Detail: fmt.Sprintf("Extract operation for the %s '%s' is not allowed.", kind, item.Name),
		}})
	case t.queue.active(item) != nil:
		return tableauError(409093, "Resource Conflict", fmt.Sprintf("Job for '%s' is already queued. Not queuing a duplicate.", item.Name))
	}
	j := &refreshJob{
		kind: kind, item: item, incremental: incremental, created: now, takes: item.Takes, byClient: true,
		outcome: t.nextRefresh(item),
	}
	t.queue.add(j)
	t.advance(now)
	answer := &xmlJob{ID: j.luid, Mode: "Asynchronous", Type: "RefreshExtract", CreatedAt: xmlTime(j.created), Extract: j.detail()}
	answer.Extract.Notes = nil
	return tableauXML(http.StatusAccepted, tsResponse{Job: answer})
}

// parseRefresh reads the body by the rules of the request's API version: extractRefresh is known from 3.25 on.
func parseRefresh(r *http.Request) (incremental, ok bool) {
	request, ok := parseRequest(r)
	if !ok || len(request.Others) > 0 || request.Credentials != nil {
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

// nextRefresh is the end that the scenario has for the item's next refresh by API.
func (t *tableauServer) nextRefresh(item *Item) Refresh {
	if len(item.Refreshes) == 0 {
		return Refresh{}
	}
	done := len(keep(t.queue.jobs, func(j *refreshJob) bool { return j.byClient && j.item == item }))
	return item.Refreshes[min(done, len(item.Refreshes)-1)]
}
