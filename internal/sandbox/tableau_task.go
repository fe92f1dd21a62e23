package sandbox

import (
	"net/http"
	"time"
)

type xmlTasks struct {
	Tasks []xmlTask `xml:"task"`
}

type xmlTask struct {
	Refresh xmlTaskRefresh `xml:"extractRefresh"`
}

type xmlTaskRefresh struct {
	ID          string        `xml:"id,attr"`
	Priority    int           `xml:"priority,attr"`
	Failures    int           `xml:"consecutiveFailedCount,attr"`
	Type        string        `xml:"type,attr"`
	Incremental *bool         `xml:"incremental,attr"`
	Schedule    *xmlSchedule  `xml:"schedule"`
	Workbook    *xmlReference `xml:"workbook"`
	DataSource  *xmlReference `xml:"datasource"`
}

// listTasks handles List Extract Refresh Tasks in Site of the Tableau REST API. It returns all visible tasks, and ignores
// filters and pages.
func (t *tableauServer) listTasks(*http.Request, time.Time) reply {
	answer := &xmlTasks{}
	for _, task := range t.visibleTasks() {
		answer.Tasks = append(answer.Tasks, t.taskXML(task))
	}
	return tableauXML(http.StatusOK, tsResponse{Tasks: answer})
}

func (t *tableauServer) visibleTasks() []Task {
	return keep(t.site.Tasks, func(task Task) bool { return !task.Hidden })
}

// getTask handles Get Extract Refresh Task of the Tableau REST API.
func (t *tableauServer) getTask(r *http.Request, _ time.Time) reply {
	task := t.task(r)
	if task == nil {
		return taskNotFound(r)
	}
	return tableauXML(http.StatusOK, tsResponse{Task: new(t.taskXML(*task))})
}

// runTask handles Run Extract Refresh Task of the Tableau REST API. Only the job contains the refreshed item, not this
// response.
func (t *tableauServer) runTask(r *http.Request, now time.Time) reply {
	task := t.task(r)
	if task == nil {
		return taskNotFound(r)
	}
	if request, ok := parseRequest(r); !ok || !request.empty() {
		return badRequest("Payload is either malformed or incomplete.")
	}
	kind, item := t.target(task.Target)
	j := &refreshJob{kind: kind, item: item, task: task.LUID, incremental: task.Incremental}
	if refused := t.enqueue(j, now); refused != nil {
		return *refused
	}
	return tableauXML(http.StatusOK, tsResponse{Job: &xmlJob{ID: j.luid, Mode: "Asynchronous", Type: "RefreshExtract"}})
}

// task returns the task in the path, or nil if the task or its item does not exist or is hidden.
func (t *tableauServer) task(r *http.Request) *Task {
	for i, task := range t.site.Tasks {
		if task.LUID != r.PathValue("task") || task.Hidden {
			continue
		}
		if _, item := t.target(task.Target); item != nil {
			return &t.site.Tasks[i]
		}
	}
	return nil
}

func taskNotFound(r *http.Request) reply {
	return tableauError(404000, "Resource Not Found", "Task '"+r.PathValue("task")+"' could not be found.")
}

// target is a workbook or data source that a task can refresh.
type target struct {
	kind itemKind
	item *Item
}

func (t *tableauServer) addTargets(kind itemKind, items []Item) {
	for i := range items {
		t.targets[items[i].LUID] = target{kind, &items[i]}
	}
}

// target returns the workbook or data source with the LUID, even if it is hidden.
func (t *tableauServer) target(luid string) (itemKind, *Item) {
	found := t.targets[luid]
	return found.kind, found.item
}

func (t *tableauServer) taskXML(task Task) xmlTask {
	refresh := xmlTaskRefresh{ID: task.LUID, Priority: 50, Failures: task.Failures, Type: task.kind(t.site.Cloud)}
	if t.site.Cloud || task.Type != "" {
		refresh.Incremental = &task.Incremental
	}
	if s := t.schedule(task.Schedule); s != nil {
		refresh.Schedule = new(t.scheduleXML(*s, t.site.Cloud))
	}
	refresh.Workbook, refresh.DataSource = t.targetXML(task)
	return xmlTask{refresh}
}

func (t *tableauServer) targetXML(task Task) (workbook, dataSource *xmlReference) {
	kind, _ := t.target(task.Target)
	switch {
	case task.TargetOmitted:
		return nil, nil
	case kind == kindWorkbook:
		return &xmlReference{ID: task.Target}, nil
	}
	return nil, &xmlReference{ID: task.Target}
}

// kind returns Tableau's type of full and incremental tasks in the list of tasks. The list of a schedule has other types.
func (task Task) kind(cloud bool) string {
	switch {
	case task.Type != "":
		return task.Type
	case !task.Incremental:
		return "RefreshExtractTask"
	case cloud:
		return "IncrementalExtract"
	}
	return "IncrementExtractTask"
}
