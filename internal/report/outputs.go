package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

// Every write makes the file longer, and a job can set outputs of 1 MB in all, so writes before the end are limited.
// See https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs.
const (
	earlyInterval  = 15 * time.Second
	earlyFileLimit = 256 << 10
)

// outputs writes GITHUB_OUTPUT. Of two values for a name, the runner takes the later one.
type outputs struct {
	file      runnerFile
	log       *logger
	written   map[string]string  // the value of each name in the file
	refreshes []progress.Refresh // as last reported
	changed   bool               // whether refreshes differ from the file
	writtenAt time.Time          // when refreshes were last written
}

// write adds the values that are new.
func (o *outputs) write(values map[string]string) {
	var text strings.Builder
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(name string) bool {
		old, found := o.written[name]
		return found && old == values[name]
	})
	for _, name := range names {
		// Each value is one line, so there is no delimiter that a value could forge: the first "=" ends the name.
		text.WriteString(name + "=" + values[name] + "\n")
	}
	if len(names) == 0 {
		return
	}
	if o.file.path == "" {
		for line := range strings.Lines(text.String()) {
			o.log.exactLine("output " + strings.TrimSuffix(line, "\n"))
		}
	} else if !o.file.append(text.String()) {
		return
	}
	for _, name := range names {
		o.written[name] = values[name]
	}
}

// writeRun writes the outputs about the dbt run as soon as they are known. A terminal gets them at the end.
func (o *outputs) writeRun(run progress.Run) {
	if o.file.path != "" {
		o.write(o.runValues(run))
	}
}

// runValues returns the outputs about the dbt run that are known.
func (o *outputs) runValues(run progress.Run) map[string]string {
	values := map[string]string{}
	if !run.Known() {
		return values
	}
	id := run.InvocationID
	if run.ID != 0 {
		id = strconv.FormatInt(run.ID, 10)
	}
	for name, value := range map[string]string{"run-id": id, "run-url": run.URL, "run-status": string(run.Status), "git-sha": run.GitSHA} {
		if value = o.log.clean.Line(value, lineLimit); value != "" {
			values[name] = value
		}
	}
	return values
}

// writeEarly calls writeNow, unless that was less than earlyInterval ago.
func (o *outputs) writeEarly() {
	if time.Since(o.writtenAt) >= earlyInterval {
		o.writeNow()
	}
}

// writeNow writes the refreshes while they are in progress, because the process can be killed before its end. A terminal gets
// them at the end.
func (o *outputs) writeNow() {
	if !o.changed || o.file.path == "" || o.file.size > earlyFileLimit {
		return
	}
	now := time.Now()
	o.changed, o.writtenAt = false, now
	values := newJSONOutputs(o.log.clean, o.refreshes, now)
	o.write(map[string]string{"refreshes": values.refreshes, "refresh-job-ids": values.jobIDs})
}

// finish writes all outputs.
func (o *outputs) finish(res progress.Result) {
	refreshes := newJSONOutputs(o.log.clean, res.Refreshes, res.End)
	values := o.runValues(res.Run)
	values["result"] = string(res.Outcome)
	values["message"] = o.log.clean.Line(message(res, messageLimit), messageLimit)
	values["refreshes"] = refreshes.refreshes
	values["refresh-job-ids"] = refreshes.jobIDs
	if refreshes.shortened {
		o.log.event("errors are shortened in the output refreshes, which is limited to %d KiB", jsonLimit>>10)
	}
	if refreshes.omitted > 0 {
		o.log.annotateWarning(fmt.Sprintf("%d of %s are omitted from the outputs refreshes and refresh-job-ids, which are limited to %d KiB",
			refreshes.omitted, pluralize(len(res.Refreshes), "refresh"), jsonLimit>>10))
	}
	o.write(values)
}

// pending returns the refreshes that have not ended.
func (o *outputs) pending() []progress.Refresh {
	return slices.DeleteFunc(slices.Clone(o.refreshes), func(r progress.Refresh) bool { return r.Status.Ended() })
}

func (o *outputs) setRefreshes(refreshes []progress.Refresh) {
	o.refreshes = slices.Clone(refreshes)
	o.changed = true
}

// setRefresh sets the refresh at index i, which can be a new one. Only a new job ID or status is a reason to write.
func (o *outputs) setRefresh(i int, r progress.Refresh) {
	if i < 0 {
		return
	}
	for len(o.refreshes) <= i {
		o.refreshes = append(o.refreshes, progress.Refresh{Status: progress.StatusNotStarted})
	}
	o.changed = o.changed || o.refreshes[i].JobID != r.JobID || o.refreshes[i].Status != r.Status
	o.refreshes[i] = r
}
