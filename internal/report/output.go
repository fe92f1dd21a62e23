package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

const (
	// earlyEvery and earlySize bound what is written of the refreshes before the end: the file grows with each writing, and a
	// job may set 1 MB in all.
	earlyEvery = 15 * time.Second
	earlySize  = 256 << 10
)

// outputs writes GITHUB_OUTPUT. Of two values for a name, the runner takes the later one.
type outputs struct {
	file file
	log  *printer
	set  map[string]string // what the file holds
	// refreshes is what is known of the targets before the end.
	refreshes []progress.Refresh
	changed   bool
	written   time.Time
}

// write adds what is new. A failure is told by the caller, once.
func (o *outputs) write(values map[string]string) error {
	var text strings.Builder
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(name string) bool {
		old, found := o.set[name]
		return found && old == values[name]
	})
	for _, name := range names {
		// One line, so that no delimiter is needed that a value could forge: the first "=" ends the name.
		text.WriteString(name + "=" + values[name] + "\n")
	}
	if len(names) == 0 {
		return nil
	}
	if o.file.path == "" {
		for _, name := range names {
			o.log.raw("output " + name + "=" + values[name])
		}
	} else if err := o.file.append(text.String()); err != nil {
		return err
	}
	for _, name := range names {
		o.set[name] = values[name]
	}
	return nil
}

// run returns the outputs about the dbt run, as far as they are known.
func (o *outputs) run(run progress.Run) map[string]string {
	values := map[string]string{}
	if run.ID == 0 {
		return values
	}
	values["run-id"] = strconv.FormatInt(run.ID, 10)
	for name, value := range map[string]string{"run-url": run.URL, "run-status": string(run.Status), "git-sha": run.GitSHA} {
		if value = o.log.clean.Line(value, lineLimit); value != "" {
			values[name] = value
		}
	}
	return values
}

// early writes the refreshes while they are under way, for the case that the process does not live to the end. To a
// terminal it would be noise.
func (o *outputs) early() error {
	if time.Since(o.written) < earlyEvery {
		return nil
	}
	return o.now()
}

// now is early without the wait.
func (o *outputs) now() error {
	if !o.changed || o.file.path == "" || o.file.size > earlySize {
		return nil
	}
	now := time.Now()
	o.changed, o.written = false, now
	list := newList(o.log.clean, o.refreshes, now)
	return o.write(map[string]string{"refreshes": list.refreshes, "refresh-job-ids": list.jobs})
}

// finish returns all outputs, and how many targets found no room in them.
func (o *outputs) finish(res progress.Result) (values map[string]string, left int) {
	list := newList(o.log.clean, res.Refreshes, res.End)
	values = o.run(res.Run)
	values["result"] = string(res.Outcome)
	values["message"] = o.log.clean.Line(message(res, messageLimit), messageLimit)
	values["refreshes"] = list.refreshes
	values["refresh-job-ids"] = list.jobs
	return values, list.left
}

// open are the targets that are still to be refreshed.
func (o *outputs) open() []progress.Refresh {
	return slices.DeleteFunc(slices.Clone(o.refreshes), func(r progress.Refresh) bool { return r.Status.Ended() })
}

// ready takes the targets as they are before dbt runs.
func (o *outputs) ready(refreshes []progress.Refresh) {
	o.refreshes = slices.Clone(refreshes)
	o.changed = true
}

// put takes one target that changed; discovery may have added it. What only shows that it runs is not worth a writing.
func (o *outputs) put(i int, r progress.Refresh) {
	if i < 0 {
		return
	}
	for len(o.refreshes) <= i {
		o.refreshes = append(o.refreshes, progress.Refresh{Status: progress.StatusNotStarted})
	}
	o.changed = o.changed || o.refreshes[i].JobID != r.JobID || o.refreshes[i].Status != r.Status
	o.refreshes[i] = r
}
