package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

type xmlBackgroundJob struct {
	Jobs []xmlBackground `xml:"backgroundJob"`
}

type xmlBackground struct {
	ID        string `xml:"id,attr"`
	Status    string `xml:"status,attr"`
	CreatedAt string `xml:"createdAt,attr,omitempty"`
	StartedAt string `xml:"startedAt,attr,omitempty"`
	EndedAt   string `xml:"endedAt,attr,omitempty"`
	Priority  int    `xml:"priority,attr"`
	JobType   string `xml:"jobType,attr"`
	Title     string `xml:"title,attr,omitempty"`
	Subtitle  string `xml:"subtitle,attr,omitempty"`
}

// listJobs is Query Jobs of the Tableau REST API: what is queued, running, or has ended.
func (t *tableauServer) listJobs(r *http.Request, _ time.Time) reply {
	if !t.site.MayListJobs {
		return tableauError(403022, "Forbidden", "The user does not have permission to list the jobs of this site.")
	}
	return listing(r, t.queue.jobs, jobFields(), func(jobs []*refreshJob, answer *tsResponse) {
		answer.BackgroundJobs = &xmlBackgroundJob{}
		for _, j := range jobs {
			answer.BackgroundJobs.Jobs = append(answer.BackgroundJobs.Jobs, j.background())
		}
	})
}

func (j *refreshJob) background() xmlBackground {
	subtitle := map[itemKind]string{kindWorkbook: "Workbook", kindDataSource: "Data Source", kindFlow: "Flow"}[j.kind]
	return xmlBackground{
		ID: j.luid, Status: j.status(), CreatedAt: xmlTime(j.created), StartedAt: xmlTime(j.started), EndedAt: xmlTime(j.ended),
		Priority: 50, JobType: j.jobType(), Title: j.item.Name, Subtitle: subtitle,
	}
}

func (j *refreshJob) status() string {
	switch {
	case j.pending():
		return "Pending"
	case j.running():
		return "InProgress"
	}
	switch j.finish {
	case FinishFailed:
		return "Failed"
	case FinishCancelled:
		return "Cancelled"
	default:
		return "Success"
	}
}

func (j *refreshJob) jobType() string {
	name := "refresh_extracts"
	switch {
	case j.kind == kindFlow:
		return "run_flow"
	case j.incremental:
		name = "increment_extracts"
	}
	if j.item.Bridge {
		name += "_via_bridge"
	}
	return name
}

func jobFields() fields[*refreshJob] {
	text := func(value func(xmlBackground) string) func(*refreshJob) []string {
		return one(func(j *refreshJob) string { return value(j.background()) })
	}
	return fields[*refreshJob]{
		"createdAt":   text(func(b xmlBackground) string { return b.CreatedAt }),
		"startedAt":   text(func(b xmlBackground) string { return b.StartedAt }),
		"completedAt": text(func(b xmlBackground) string { return b.EndedAt }),
		"jobType":     text(func(b xmlBackground) string { return b.JobType }),
		"status":      text(func(b xmlBackground) string { return b.Status }),
		"title":       text(func(b xmlBackground) string { return b.Title }),
		"subtitle":    text(func(b xmlBackground) string { return b.Subtitle }),
		"priority":    text(func(b xmlBackground) string { return strconv.Itoa(b.Priority) }),
	}
}
