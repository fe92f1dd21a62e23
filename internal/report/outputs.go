package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
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

// write adds the values that are new. A terminal gets them as lines.
func (o *outputs) write(values map[string]string) {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if old, found := o.written[name]; !found || old != values[name] {
			// Each value is one line, so there is no delimiter that a value could forge: the first "=" ends the name.
			text.WriteString(name + "=" + values[name] + "\n")
		}
	}
	if o.file.path == "" {
		for line := range strings.Lines(text.String()) {
			fmt.Fprint(o.log.w, "output "+line)
		}
	} else if text.Len() == 0 || !o.file.append(text.String()) {
		return
	}
	maps.Copy(o.written, values)
}

// writeRun writes the outputs about the dbt run as soon as they are known. A terminal gets them at the end.
func (o *outputs) writeRun(run progress.Run) {
	if o.file.path != "" {
		o.write(o.runValues(run))
	}
}

func (o *outputs) runValues(run progress.Run) map[string]string {
	id := run.InvocationID
	if run.ID != 0 {
		id = strconv.FormatInt(run.ID, 10)
	}
	values := map[string]string{"run-id": id, "run-url": run.URL, "run-status": string(run.Status), "git-sha": run.GitSHA}
	for name, value := range values {
		values[name] = o.log.clean.Line(value, lineLimit)
	}
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" || !run.Known() })
	return values
}

// writeEarly writes the refreshes while they are in progress, because the process can be killed before its end: now, or once
// per earlyInterval. A terminal gets them at the end.
func (o *outputs) writeEarly(isUrgent bool) {
	now := time.Now()
	if !o.changed || o.file.path == "" || o.file.size > earlyFileLimit || !isUrgent && now.Sub(o.writtenAt) < earlyInterval {
		return
	}
	o.changed, o.writtenAt = false, now
	values, _, _ := o.refreshValues(o.refreshes, now)
	o.write(values)
}

func (o *outputs) finish(res progress.Result) {
	values, shortened, omitted := o.refreshValues(res.Refreshes, res.End)
	maps.Copy(values, o.runValues(res.Run))
	values["result"], values["message"] = string(res.Outcome), o.log.clean.Line(message(res), messageLimit)
	if shortened {
		o.log.event("errors are shortened in the output refreshes, which is limited to %d KiB", jsonLimit>>10)
	}
	if omitted > 0 {
		o.log.annotate("warning", "", fmt.Sprintf(
			"%d of %s are omitted from the outputs refreshes and refresh-job-ids, which are limited to %d KiB",
			omitted, progress.Count(len(res.Refreshes), "refresh"), jsonLimit>>10))
	}
	o.write(values)
}

func (o *outputs) setRefreshes(all []progress.Refresh) {
	o.refreshes, o.changed = slices.Clone(all), true
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

// jsonLimit is the size of each JSON output in bytes. Linux refuses an environment variable of more than 128 KiB
// (MAX_ARG_STRLEN, https://man7.org/linux/man-pages/man2/execve.2.html), and a later step can use an output as one.
const jsonLimit = 100 << 10

type refreshJSON struct {
	Type          content.Type    `json:"type"`
	ID            string          `json:"id"`
	Name          string          `json:"name"`
	Project       string          `json:"project"`
	URL           string          `json:"url"`
	JobID         string          `json:"job-id"`
	Status        progress.Status `json:"status"`
	QueuedSeconds int64           `json:"queued-seconds"`
	RunSeconds    int64           `json:"run-seconds"`
	Error         string          `json:"error"`
}

// refreshValues returns the outputs about the refreshes within the limit: it first shortens errors, then omits refreshes from the
// end, failed ones last. It also returns whether it shortened any, and how many it omitted.
func (o *outputs) refreshValues(all []progress.Refresh, now time.Time) (values map[string]string, shortened bool, omitted int) {
	c := o.log.clean
	var objects []refreshJSON
	for _, r := range all {
		objects = append(objects, refreshJSON{
			Type: r.Type, ID: c.Line(r.ID, nameLimit), Name: c.Line(r.Name, 2*nameLimit), Project: c.Line(r.Project, 2*nameLimit),
			URL: c.Line(r.URL, lineLimit), JobID: c.Line(r.JobID, nameLimit), Status: r.Status,
			QueuedSeconds: seconds(r.Queued(now)), RunSeconds: seconds(r.Ran(now)), Error: c.Line(readable(r.Error), errorLimit),
		})
	}
	texts, total := encodeObjects(objects, errorLimit)
	full := total
	for _, limit := range []int{300, 100, 1} {
		if total > jsonLimit {
			texts, total = encodeObjects(objects, limit)
		}
	}
	kept, jobIDs := [][]byte{}, []string{}
	keep := fitting(objects, texts)
	for i, object := range objects {
		if keep[i] {
			kept = append(kept, texts[i])
		}
		if keep[i] && object.JobID != "" {
			jobIDs = append(jobIDs, object.JobID)
		}
	}
	values = map[string]string{
		"refreshes": "[" + string(bytes.Join(kept, []byte(","))) + "]", "refresh-job-ids": string(encodeJSON(jobIDs)),
	}
	return values, total < full, len(objects) - len(kept)
}

// encodeObjects returns each object as JSON, with its error truncated to limit, and the size of the array of all of them.
func encodeObjects(objects []refreshJSON, limit int) (texts [][]byte, total int) {
	total = len("[]")
	for _, object := range objects {
		object.Error = sanitize.Truncate(object.Error, limit)
		text := encodeJSON(object)
		texts = append(texts, text)
		total += len(text) + len(",")
	}
	return texts, total
}

// fitting returns for each object whether it is within the limit, if failed ones come first.
func fitting(objects []refreshJSON, texts [][]byte) []bool {
	keep, total := make([]bool, len(objects)), len("[]")
	for _, isFailed := range []bool{true, false} {
		for i, object := range objects {
			if failed(object.Status) == isFailed {
				total += len(texts[i]) + len(",")
				keep[i] = total <= jsonLimit
			}
		}
	}
	return keep
}

// encodeJSON returns v, of strings and numbers, as one line of JSON. It does not escape "&", so that URLs stay readable.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}
