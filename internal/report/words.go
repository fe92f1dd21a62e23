package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// How many characters are shown of what others wrote.
const (
	nameLimit  = 120
	noteLimit  = 400 // a name and what is said of it
	errorLimit = 1000
	lineLimit  = 2000
)

// words returns d as a person says it: 58s, 3m 42s, 1h 02m.
func words(d time.Duration) string {
	seconds := int(max(0, d).Round(time.Second) / time.Second)
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 60*60:
		return fmt.Sprintf("%dm %02ds", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%dh %02dm", seconds/3600, seconds/60%60)
}

// number returns n with the noun in the right form: "1 step", "2 steps".
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "sh") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// kind is what a reader calls a target of this kind.
func kind(k content.Type) string {
	if k == content.Datasource {
		return "data source"
	}
	return string(k)
}

// label names a target in a sentence: "Churn" (workbook, Sales).
func label(r progress.Refresh) string {
	in := kind(r.Type)
	if r.Project != "" {
		in += ", " + sanitize.Truncate(r.Project, nameLimit)
	}
	return fmt.Sprintf("%s (%s)", quote(name(r)), in)
}

// name is what a target is called, even when a service says nothing that can be seen.
func name(r progress.Refresh) string {
	return cmp.Or(sanitize.Line(r.Name, lineLimit), r.ID, "no name")
}

func quote(name string) string { return `"` + sanitize.Truncate(name, nameLimit) + `"` }

// state is a status as it stands in a sentence.
func state(s progress.Status) string {
	switch s {
	case progress.StatusStarted:
		return "still going"
	case progress.StatusSuccess:
		return "succeeded"
	case progress.StatusNotStarted:
		return "not started"
	case progress.StatusTimedOut:
		return "timed out"
	case progress.StatusUnknown:
		return "of unknown end"
	}
	return string(s)
}

// stepName is the command of a dbt step, or its name when dbt does not wrap it in a sentence.
func stepName(s progress.RunStep) string {
	name, found := strings.CutPrefix(s.Name, "Invoke dbt with `")
	if found {
		name = strings.TrimSuffix(strings.TrimSpace(name), "`")
	}
	return strings.TrimSpace(name)
}

// took is the time that a run took without its queue, up to now while it is going; 0 when it never started.
func took(r progress.Run, now time.Time) time.Duration { return between(r.Started, r.Finished, now) }

func between(start, end, now time.Time) time.Duration {
	if start.IsZero() {
		return 0
	}
	if end.IsZero() {
		end = now
	}
	return max(0, end.Sub(start))
}

// waited is the time that a run stood in the queue.
func waited(r progress.Run) time.Duration {
	if r.Created.IsZero() || r.Started.IsZero() {
		return 0
	}
	return max(0, r.Started.Sub(r.Created))
}

// ended reports whether dbt is through with the run.
func ended(r progress.Run) bool {
	return !r.Finished.IsZero() || r.Status == progress.RunStatusSuccess || r.Status == progress.RunStatusError || r.Status == progress.RunStatusCancelled
}

// notes reads the line ends that Tableau writes as a backslash and an n.
func notes(s string) string {
	return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(s)
}
