package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

type xmlFlows struct {
	Flows []xmlFlow `xml:"flow"`
}

type xmlFlow struct {
	ID          string       `xml:"id,attr"`
	Name        string       `xml:"name,attr"`
	Description string       `xml:"description,attr"`
	WebpageURL  string       `xml:"webpageUrl,attr"`
	FileType    string       `xml:"fileType,attr"`
	CreatedAt   string       `xml:"createdAt,attr"`
	UpdatedAt   string       `xml:"updatedAt,attr"`
	Project     xmlReference `xml:"project"`
	Owner       xmlReference `xml:"owner"`
	Tags        xmlTags      `xml:"tags"`
	// Parameters are only in the response of Query Flow.
	Parameters []xmlParameter `xml:"parameters>parameter"`
}

type xmlParameter struct {
	ID         string `xml:"id,attr"`
	Name       string `xml:"name,attr"`
	Type       string `xml:"type,attr"`
	IsRequired bool   `xml:"isRequired,attr"`
}

// xmlFlowJob is the part of a job that is about its flow.
type xmlFlowJob struct {
	RunID string       `xml:"flowRunId,attr"`
	Notes *string      `xml:"notes"`
	Flow  xmlReference `xml:"flow"`
}

// listFlows handles Query Flows for Site of the Tableau REST API.
func (t *tableauServer) listFlows(r *http.Request, _ time.Time) reply {
	return listReply(r, visible(t.site.Flows), t.itemFields(kindFlow), func(items []Item, answer *tsResponse) {
		answer.Flows = &xmlFlows{}
		for _, item := range items {
			answer.Flows.Flows = append(answer.Flows.Flows, t.flowXML(item, r))
		}
	})
}

// getFlow handles Query Flow of the Tableau REST API.
func (t *tableauServer) getFlow(r *http.Request, _ time.Time) reply {
	item := t.item(t.site.Flows, r)
	if item == nil {
		return itemNotFound(kindFlow, r)
	}
	answer := t.flowXML(*item, r)
	for _, p := range item.Parameters {
		answer.Parameters = append(answer.Parameters, xmlParameter{ID: p.LUID, Name: p.Name, Type: "string", IsRequired: p.Required})
	}
	return tableauXML(http.StatusOK, tsResponse{Flow: &answer})
}

func (t *tableauServer) flowXML(item Item, r *http.Request) xmlFlow {
	return xmlFlow{
		ID: item.LUID, Name: item.Name, WebpageURL: t.pageURL(r) + t.webpage(kindFlow, item), FileType: "tflx",
		CreatedAt: formatXMLTime(t.itemCreated()), UpdatedAt: formatXMLTime(t.itemUpdated()),
		Project: xmlReference{ID: item.Project, Name: t.projectName(item.Project)}, Owner: xmlReference{ID: userLUID}, Tags: tagsXML(item),
	}
}

// runFlow handles Run Flow Now of the Tableau REST API. It is unknown whether the real one
// refuses a flow that is already running; this one does.
func (t *tableauServer) runFlow(r *http.Request, now time.Time) reply {
	item := t.item(t.site.Flows, r)
	request, ok := parseRequest(r)
	incremental := request.FlowRunSpec != nil && request.FlowRunSpec.Mode == "incremental"
	request.FlowRunSpec = nil
	switch {
	case item == nil:
		return itemNotFound(kindFlow, r)
	case slices.ContainsFunc(item.Parameters, func(p Parameter) bool { return p.Required }):
		return badRequest("A required parameter of the flow has no value.")
	case !ok || !request.empty():
		return badRequest("Payload is either malformed or incomplete.")
	}
	j := &refreshJob{kind: kindFlow, item: item, incremental: incremental}
	if refused := t.enqueue(j, now); refused != nil {
		return *refused
	}
	answer := &xmlJob{ID: j.luid, Mode: "Asynchronous", Type: "RunFlow", CreatedAt: formatXMLTime(j.created), Flow: j.flow()}
	answer.Flow.Notes = nil
	return tableauXML(http.StatusOK, tsResponse{Job: answer})
}

func (j *refreshJob) flow() *xmlFlowJob {
	return &xmlFlowJob{RunID: j.flowRun(), Notes: j.notes(), Flow: xmlReference{ID: j.item.LUID, Name: j.item.Name}}
}

// flowRun returns the LUID of the flow run, which is not that of its job.
func (j *refreshJob) flowRun() string {
	return strings.Replace(j.luid, "7e57ab1e", "f10e7e57", 1)
}
