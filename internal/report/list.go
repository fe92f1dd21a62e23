package report

import (
	"bytes"
	"encoding/json"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// listLimit is the size of the JSON outputs in bytes. Linux refuses a longer value in the environment of a later step.
const listLimit = 100 << 10

// row is one object of the output refreshes.
type row struct {
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

// list is the pair of JSON outputs. Left counts the targets that found no room.
type list struct {
	refreshes, jobs string
	left            int
}

// list fits refreshes into the limit: errors are shortened first, then rows are left out from the end, failed ones last.
func newList(c sanitize.Cleaner, refreshes []progress.Refresh, now time.Time) list {
	var rows []row
	for _, r := range refreshes {
		rows = append(rows, newRow(c, r, now))
	}
	texts, total := encodeAll(rows, errorLimit)
	for _, limit := range []int{300, 100, 1} {
		if total > listLimit {
			texts, total = encodeAll(rows, limit)
		}
	}
	keep := room(rows, texts, total)
	kept, jobs := [][]byte{}, []string{}
	for i, row := range rows {
		if keep[i] {
			kept = append(kept, texts[i])
			if row.JobID != "" {
				jobs = append(jobs, row.JobID)
			}
		}
	}
	return list{
		refreshes: "[" + string(bytes.Join(kept, []byte(","))) + "]",
		jobs:      string(encode(jobs)),
		left:      len(rows) - len(kept),
	}
}

func newRow(c sanitize.Cleaner, r progress.Refresh, now time.Time) row {
	return row{
		Type: r.Type, ID: c.Line(r.ID, nameLimit), Name: c.Line(r.Name, 2*nameLimit), Project: c.Line(r.Project, 2*nameLimit),
		URL: c.Line(r.URL, lineLimit), JobID: c.Line(r.JobID, nameLimit), Status: r.Status,
		QueuedSeconds: seconds(r.Queued(now)), RunSeconds: seconds(r.Ran(now)), Error: c.Line(notes(r.Error), errorLimit),
	}
}

// encodeAll returns each row as JSON, with its error cut to limit, and the size of the whole array.
func encodeAll(rows []row, limit int) (texts [][]byte, total int) {
	total = len("[]")
	for _, r := range rows {
		r.Error = sanitize.Truncate(r.Error, limit)
		text := encode(r)
		texts = append(texts, text)
		total += len(text) + len(",")
	}
	return texts, total
}

// room says which rows stay.
func room(rows []row, texts [][]byte, total int) []bool {
	keep := make([]bool, len(rows))
	for i := range keep {
		keep[i] = true
	}
	for _, failed := range []bool{false, true} {
		for i := len(rows) - 1; i >= 0 && total > listLimit; i-- {
			if bad(rows[i].Status) == failed {
				keep[i] = false
				total -= len(texts[i]) + len(",")
			}
		}
	}
	return keep
}

func seconds(d time.Duration) int64 { return int64(max(0, d).Round(time.Second) / time.Second) }

// encode returns v, made of strings and numbers, as one line of JSON. Signs such as "<" stay as they are, for addresses.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}
