package report

import (
	"bytes"
	"encoding/json"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// jsonLimit is the size of each JSON output in bytes. Linux refuses an environment variable of more than 128 KiB
// (MAX_ARG_STRLEN, https://man7.org/linux/man-pages/man2/execve.2.html), and a later step can use an output as one.
const jsonLimit = 100 << 10

// refreshJSON is an object in the output refreshes.
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

func newRefreshJSON(c sanitize.Cleaner, r progress.Refresh, now time.Time) refreshJSON {
	return refreshJSON{
		Type: r.Type, ID: c.Line(r.ID, nameLimit), Name: c.Line(r.Name, 2*nameLimit), Project: c.Line(r.Project, 2*nameLimit),
		URL: c.Line(r.URL, lineLimit), JobID: c.Line(r.JobID, nameLimit), Status: r.Status,
		QueuedSeconds: seconds(r.Queued(now)), RunSeconds: seconds(r.Ran(now)), Error: c.Line(unescapeLineBreaks(r.Error), errorLimit),
	}
}

func seconds(d time.Duration) int64 { return int64(max(0, d).Round(time.Second) / time.Second) }

// jsonOutputs are the outputs refreshes and refresh-job-ids.
type jsonOutputs struct {
	refreshes, jobIDs string
	shortened         bool // whether errors were shortened to fit
	omitted           int  // number of refreshes
}

// newJSONOutputs returns outputs within the limit: it first shortens errors, then omits refreshes from the end, failed
// ones last.
func newJSONOutputs(c sanitize.Cleaner, refreshes []progress.Refresh, now time.Time) jsonOutputs {
	var objects []refreshJSON
	for _, r := range refreshes {
		objects = append(objects, newRefreshJSON(c, r, now))
	}
	texts, total := encodeObjects(objects, errorLimit)
	full := total
	for _, limit := range []int{300, 100, 1} {
		if total > jsonLimit {
			texts, total = encodeObjects(objects, limit)
		}
	}
	omit := omitObjects(objects, texts, total)
	kept, jobIDs := [][]byte{}, []string{}
	for i, object := range objects {
		if omit[i] {
			continue
		}
		kept = append(kept, texts[i])
		if object.JobID != "" {
			jobIDs = append(jobIDs, object.JobID)
		}
	}
	return jsonOutputs{
		refreshes: "[" + string(bytes.Join(kept, []byte(","))) + "]",
		jobIDs:    string(encodeJSON(jobIDs)),
		shortened: total < full,
		omitted:   len(objects) - len(kept),
	}
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

// omitObjects returns for each object whether it has to be omitted.
func omitObjects(objects []refreshJSON, texts [][]byte, total int) []bool {
	omit := make([]bool, len(objects))
	for _, omitFailed := range []bool{false, true} {
		for i := len(objects) - 1; i >= 0 && total > jsonLimit; i-- {
			if failed(objects[i].Status) == omitFailed {
				omit[i] = true
				total -= len(texts[i]) + len(",")
			}
		}
	}
	return omit
}

// encodeJSON returns v, which consists of strings and numbers, as one line of JSON. It does not escape "&", so that URLs
// stay readable.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}
