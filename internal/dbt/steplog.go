package dbt

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	maxLogSearch  = 1 << 20 // how many bytes at the end of a log are searched
	maxErrorLines = 12      // how many lines of an error are kept
)

var (
	terminalColor = compileOnce("\x1b\\[[0-9;]*m")
	// eventTime matches the time at the start of an event in the log of dbt.
	eventTime = compileOnce(`^\d\d:\d\d:\d\d(?:\.\d+)? {0,2}`)
	// untimedEvent matches the start of an event of dbt Fusion or of git, which can lack the time.
	untimedEvent = compileOnce(`^(?:(?i:error|fatal|warning): |\[(?:error|warning)\] |=====)`)
	// errorHeading matches the heading of an error of dbt Core. The lines below it contain the reason.
	// https://docs.getdbt.com/guides/debug-errors
	errorHeading = compileOnce(`^(?:Encountered an error:|(?:Exception on worker thread\. )?(?:\w+ )?(?:Error|Failure)(?: in .+)?|.+ failed, error:)$`)
	// errorLine matches the first line of any other error, such as "error: dbt1005: ..." of dbt Fusion.
	errorLine = compileOnce(`^(?:(?i:error|fatal): |\[error\] |Exited because of |Encountered an error while ).`)
)

func compileOnce(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// logEvents returns the lines of each event in the step's log, without colors, times, and empty lines.
func (s RunStep) logEvents() [][]string {
	events := [][]string{nil}
	for line := range strings.Lines(s.Logs[max(0, len(s.Logs)-maxLogSearch):]) {
		line = terminalColor().ReplaceAllString(line, "")
		text := line[len(eventTime().FindString(line)):]
		// The text of an error can have a time of its own, and is indented then.
		if isTimed := len(text) < len(line); !strings.HasPrefix(text, " ") && (isTimed || untimedEvent().MatchString(text)) {
			events = append(events, nil)
		}
		if text = strings.TrimSpace(text); text != "" {
			last := &events[len(events)-1]
			*last = append(*last, text)
		}
	}
	return events
}

// LogErrors are the errors in the log of a step, in their order.
type LogErrors []logError

// logError is an error in one line and without colors.
type logError struct{ heading, text string }

// LogErrors returns the errors in the step's log. It omits those without a text except "ERROR", which are of microbatch models.
func (s RunStep) LogErrors() LogErrors {
	var found LogErrors
	for _, lines := range s.logEvents() {
		i := slices.IndexFunc(lines, func(line string) bool { return errorHeading().MatchString(line) || errorLine().MatchString(line) })
		if i < 0 {
			continue
		}
		heading := lines[i]
		for i+1 < len(lines) && errorHeading().MatchString(lines[i+1]) {
			i++ // this heading is more specific
		}
		text := strings.Join(lines[i+1:min(i+maxErrorLines, len(lines))], " ")
		switch {
		case !errorHeading().MatchString(lines[i]):
			found = append(found, logError{heading, strings.TrimSpace(lines[i] + " " + text)})
		case text != "" && !strings.EqualFold(text, "error"):
			found = append(found, logError{heading, strings.TrimSuffix(lines[i], ":") + ": " + text})
		}
	}
	return found
}

// First returns the first error, if possible not of a data test, because these usually fail as a consequence; "" if there is none.
// If node is not empty, it returns the first error about the node of that name, or else the first one that is not about a node.
func (e LogErrors) First(node string) string {
	second := ""
	for _, err := range e {
		switch {
		case node == "" && !strings.HasPrefix(err.heading, "Failure in test "), node != "" && strings.Contains(err.heading, " "+node+" "):
			return err.text
		case second == "" && (node == "" || !strings.Contains(err.heading, " in ")):
			second = err.text
		}
	}
	return second
}

// LastLine returns the last line of the step's log that is not empty and does not belong to a warning, without colors and
// without its time; "" if there is none.
func (s RunStep) LastLine() string {
	for _, lines := range slices.Backward(s.logEvents()) {
		if len(lines) > 0 && !strings.HasPrefix(lines[0], "[WARNING]") {
			return lines[len(lines)-1]
		}
	}
	return ""
}
