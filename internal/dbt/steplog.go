package dbt

import (
	"regexp"
	"strings"
	"sync"
)

const (
	maxLogSearch  = 1 << 20 // how many bytes at the end of a log are searched
	maxErrorLines = 12      // how many lines of an error are kept
)

var (
	terminalColor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;]*m") })
	// eventTime matches the time at the start of an event. If an event has several lines, the others have no time.
	eventTime = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d\d:\d\d:\d\d(?:\.\d+)? {0,2}`) })
	// errorHeading matches the first line of an error of dbt Core, which says why only in the lines below.
	// https://docs.getdbt.com/guides/debug-errors
	errorHeading = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:Encountered an error:|(?:Exception on worker thread\. )?(?:\w+ )?(?:Error|Failure)(?: in .+)?|.+ failed, error:)$`)
	})
	// errorLine matches the first line of an error of git, of the command line, or of dbt Fusion: "error: dbt1005: ..." or
	// "[error] ...".
	errorLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(?i:error|fatal): |\[error\] |Exited because of |Encountered an error while ).`)
	})
	// fusionSection matches what follows the last error of dbt Fusion.
	fusionSection = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:=====|warning: |\[warning\] )`) })
)

// logLine is a line of a log, without colors and without its time.
type logLine struct {
	text string
	// startsEvent is false if the line continues the text of the line before. Logs without times have no events.
	startsEvent bool
}

func (s RunStep) logLines() []logLine {
	var lines []logLine
	for line := range strings.Lines(s.Logs[max(0, len(s.Logs)-maxLogSearch):]) {
		line = terminalColor().ReplaceAllString(line, "")
		text := line[len(eventTime().FindString(line)):]
		// The text of an error can have a time of its own, and is indented then.
		startsEvent := len(text) < len(line) && !strings.HasPrefix(text, " ")
		lines = append(lines, logLine{strings.TrimSpace(text), startsEvent})
	}
	return lines
}

// LogErrors are the errors in the log of a step, in their order.
type LogErrors []logError

// logError is an error in one line and without colors.
type logError struct{ heading, text string }

// LogErrors returns the errors in the step's log.
func (s RunStep) LogErrors() LogErrors {
	var found LogErrors
	lines := s.logLines()
	for i, line := range lines {
		if !errorHeading().MatchString(line.text) && !errorLine().MatchString(line.text) {
			continue
		}
		if text := errorText(lines[i:]); text != "" {
			found = append(found, logError{line.text, text})
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

// errorText returns the error that starts in the first of lines. It returns "" if there is only its heading, or "ERROR", which is
// all that dbt writes for a microbatch model.
func errorText(lines []logLine) string {
	heading := lines[0].text
	isHeading := errorHeading().MatchString(heading)
	var texts []string
	for i, line := range lines[1:min(len(lines), maxErrorLines)] {
		if line.startsEvent || fusionSection().MatchString(line.text) || !isHeading && errorLine().MatchString(line.text) {
			break
		}
		if isHeading && len(texts) == 0 && errorHeading().MatchString(line.text) {
			return errorText(lines[i+1:]) // the second heading is more specific
		}
		if line.text != "" {
			texts = append(texts, line.text)
		}
	}
	text := strings.Join(texts, " ")
	switch {
	case !isHeading:
		return strings.TrimSpace(heading + " " + text)
	case text == "" || strings.EqualFold(text, "error"):
		return ""
	}
	return strings.TrimSuffix(heading, ":") + ": " + text
}

// LastLine returns the last line of the step's log that is not empty and does not belong to a warning, without colors and
// without its time; "" if there is none.
func (s RunStep) LastLine() string {
	last, inWarning := "", false
	for _, line := range s.logLines() {
		if line.startsEvent {
			inWarning = strings.HasPrefix(line.text, "[WARNING]")
		}
		if line.text != "" && !inWarning {
			last = line.text
		}
	}
	return last
}
