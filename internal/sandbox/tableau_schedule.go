package sandbox

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

type xmlSchedules struct {
	Schedules []xmlSchedule `xml:"schedule"`
}

// xmlSchedule is a schedule. On Tableau Server it has a name, on Tableau Cloud only the times.
type xmlSchedule struct {
	ID             string        `xml:"id,attr,omitempty"`
	Name           string        `xml:"name,attr,omitempty"`
	State          string        `xml:"state,attr,omitempty"`
	Priority       int           `xml:"priority,attr,omitempty"`
	CreatedAt      string        `xml:"createdAt,attr,omitempty"`
	UpdatedAt      string        `xml:"updatedAt,attr,omitempty"`
	Type           string        `xml:"type,attr,omitempty"`
	Frequency      string        `xml:"frequency,attr"`
	NextRunAt      string        `xml:"nextRunAt,attr,omitempty"`
	ExecutionOrder string        `xml:"executionOrder,attr,omitempty"`
	Details        *xmlFrequency `xml:"frequencyDetails"`
}

type xmlFrequency struct {
	Start     string        `xml:"start,attr"`
	End       string        `xml:"end,attr,omitempty"`
	Intervals []xmlInterval `xml:"intervals>interval"`
}

type xmlInterval struct {
	Hours   int    `xml:"hours,attr,omitempty"`
	WeekDay string `xml:"weekDay,attr,omitempty"`
}

type xmlExtracts struct {
	Extracts []xmlScheduled `xml:"extract"`
}

// xmlScheduled is a task in the list of a schedule.
type xmlScheduled struct {
	ID         string        `xml:"id,attr"`
	Priority   int           `xml:"priority,attr"`
	Type       string        `xml:"type,attr"`
	Workbook   *xmlReference `xml:"workbook"`
	DataSource *xmlReference `xml:"datasource"`
}

// listSchedules handles Query Schedules of the Tableau REST API, for the whole server. The response of Tableau Cloud is
// not documented: both 403 and 404 have been reported.
func (t *tableauServer) listSchedules(r *http.Request, _ time.Time) reply {
	if t.site.Cloud {
		return noSchedules()
	}
	known := fields[Schedule]{"name": singleValue(func(s Schedule) string { return s.Name })}
	return listReply(r, t.site.Schedules, known, func(schedules []Schedule, answer *tsResponse) {
		answer.Schedules = &xmlSchedules{}
		for _, s := range schedules {
			answer.Schedules.Schedules = append(answer.Schedules.Schedules, t.scheduleXML(s, false))
		}
	})
}

func noSchedules() reply {
	return tableauError(403004, "Forbidden", "Schedules can't be queried on Tableau Cloud.")
}

// getSchedule handles Get Server Schedule of the Tableau REST API. Only its response contains the times of the schedule.
func (t *tableauServer) getSchedule(r *http.Request, _ time.Time) reply {
	s := t.schedule(r.PathValue("schedule"))
	switch {
	case t.site.Cloud:
		return noSchedules()
	case s == nil:
		return scheduleNotFound(r)
	}
	answer := t.scheduleXML(*s, false)
	answer.ExecutionOrder, answer.Details = "Parallel", s.details()
	return tableauXML(http.StatusOK, tsResponse{Schedule: &answer})
}

// scheduleExtracts handles List Extract Refresh Tasks in Schedule of the Tableau REST API.
func (t *tableauServer) scheduleExtracts(r *http.Request, _ time.Time) reply {
	s := t.schedule(r.PathValue("schedule"))
	switch {
	case t.site.Cloud:
		return noSchedules()
	case s == nil:
		return scheduleNotFound(r)
	}
	tasks := keep(t.visibleTasks(), func(task Task) bool { return task.Schedule == s.LUID })
	return listReply(r, tasks, fields[Task]{}, func(tasks []Task, answer *tsResponse) {
		answer.Extracts = &xmlExtracts{}
		for _, task := range tasks {
			extract := xmlScheduled{ID: task.LUID, Priority: 50, Type: "FullRefresh"}
			if task.Incremental {
				extract.Type = "IncrementalRefresh"
			}
			extract.Workbook, extract.DataSource = t.targetXML(task)
			answer.Extracts.Extracts = append(answer.Extracts.Extracts, extract)
		}
	})
}

func (t *tableauServer) schedule(luid string) *Schedule {
	for i := range t.site.Schedules {
		if t.site.Schedules[i].LUID == luid {
			return &t.site.Schedules[i]
		}
	}
	return nil
}

func scheduleNotFound(r *http.Request) reply {
	return tableauError(404000, "Resource Not Found", "Schedule '"+r.PathValue("schedule")+"' could not be found.")
}

func (t *tableauServer) scheduleXML(s Schedule, cloud bool) xmlSchedule {
	next := formatXMLTime(t.nextRun(s))
	if cloud {
		return xmlSchedule{Frequency: s.Frequency, NextRunAt: next, Details: s.details()}
	}
	answer := xmlSchedule{
		ID: s.LUID, Name: s.Name, State: "Active", Priority: 50, CreatedAt: formatXMLTime(t.itemCreated()), UpdatedAt: formatXMLTime(t.itemUpdated()),
		Type: cmp.Or(s.Type, "Extract"), Frequency: s.Frequency, NextRunAt: next,
	}
	if s.Suspended {
		answer.State, answer.NextRunAt = "Suspended", ""
	}
	return answer
}

func (s Schedule) details() *xmlFrequency {
	details := &xmlFrequency{Start: s.Start, End: s.End}
	if s.Hours > 0 {
		details.Intervals = append(details.Intervals, xmlInterval{Hours: s.Hours})
	}
	for _, day := range s.WeekDays {
		details.Intervals = append(details.Intervals, xmlInterval{WeekDay: day})
	}
	return details
}

// nextRun returns the time of the schedule on the day after the start of the sandbox.
func (t *tableauServer) nextRun(s Schedule) time.Time {
	day := t.start.UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	at, err := time.Parse(time.DateTime, day+" "+strings.TrimSpace(s.Start))
	if err != nil {
		return time.Time{}
	}
	return at
}
