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

// listJobs handles Query Jobs of the Tableau REST API. The list contains queued, running, and ended jobs.
func (t *tableauServer) listJobs(r *http.Request, _ time.Time) reply {
	if !t.site.MayListJobs {
		return tableauError(403022, "Forbidden", "The user does not have permission to list the jobs of this site.")
	}
	return listReply(r, t.queue.jobs, jobFields(), func(jobs []*refreshJob, answer *tsResponse) {
		answer.BackgroundJobs = &xmlBackgroundJob{}
		for _, j := range jobs {
			answer.BackgroundJobs.Jobs = append(answer.BackgroundJobs.Jobs, j.background())
		}
	})
}

func (j *refreshJob) background() xmlBackground {
	return xmlBackground{
		ID: j.luid, Status: j.status(), CreatedAt: formatXMLTime(j.created), StartedAt: formatXMLTime(j.started), EndedAt: formatXMLTime(j.ended),
		Priority: jobPriority, JobType: j.jobType(), Title: j.item.Name, Subtitle: j.subtitle(),
	}
}

// jobPriority is Tableau's default.
const jobPriority = 50

func (j *refreshJob) subtitle() string {
	switch j.kind {
	case kindWorkbook:
		return "Workbook"
	case kindDataSource:
		return "Data Source"
	}
	return "Flow"
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
	return fields[*refreshJob]{
		"createdAt":   singleValue(func(j *refreshJob) string { return formatXMLTime(j.created) }),
		"startedAt":   singleValue(func(j *refreshJob) string { return formatXMLTime(j.started) }),
		"completedAt": singleValue(func(j *refreshJob) string { return formatXMLTime(j.ended) }),
		"jobType":     singleValue((*refreshJob).jobType),
		"status":      singleValue((*refreshJob).status),
		"title":       singleValue(func(j *refreshJob) string { return j.item.Name }),
		"subtitle":    singleValue((*refreshJob).subtitle),
		"priority":    singleValue(func(*refreshJob) string { return strconv.Itoa(jobPriority) }),
	}
}
