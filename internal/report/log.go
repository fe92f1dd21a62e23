package report

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	githubactions "github.com/sethvargo/go-githubactions"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// The runner truncates a text after 4096 characters, and shows 10 annotations of a type.
// See https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs.
const (
	annotationLimit = 4000
	maxAnnotations  = 10
)

// logger writes the log. Where no runner reads it, workflow commands are replaced by their text.
type logger struct {
	w              io.Writer
	onRunner       bool
	debug          bool // whether step debug logging is on
	action         *githubactions.Action
	secrets        []string
	clean          sanitize.Cleaner
	random         io.Reader // of the tokens for stop-commands, which no service can guess
	begin          time.Time // of the step
	clockExplained bool
	annotations    map[string]int // how many there are of each type
}

func newLogger(w io.Writer, getenv func(string) string) *logger {
	w = bestEffortWriter{w}
	return &logger{
		w:           w,
		onRunner:    OnRunner(getenv),
		debug:       getenv("RUNNER_DEBUG") == "1",
		action:      githubactions.New(githubactions.WithWriter(w), githubactions.WithGetenv(getenv)),
		random:      rand.Reader,
		begin:       time.Now(),
		annotations: map[string]int{},
	}
}

// OnRunner reports whether a runner reads the log: GITHUB_ACTIONS is "true", or is unset and there is a file for outputs.
func OnRunner(getenv func(string) string) bool {
	value := getenv("GITHUB_ACTIONS")
	return value == "true" || value == "" && getenv("GITHUB_OUTPUT") != ""
}

// bestEffortWriter ignores errors: a log that can't be written is no reason to end a run, or to panic.
type bestEffortWriter struct{ io.Writer }

func (w bestEffortWriter) Write(p []byte) (int, error) {
	_, _ = w.Writer.Write(p)
	return len(p), nil
}

// mask keeps secrets out of everything that is written from now on. Those of white space are ignored: the runner would
// only log a warning about them.
func (l *logger) mask(secrets ...string) {
	for _, secret := range secrets {
		if strings.TrimSpace(secret) == "" {
			continue
		}
		l.secrets = append(l.secrets, secret)
		for _, form := range sanitize.Masks(secret) {
			if l.onRunner { // a terminal would show the mask
				l.action.AddMask(form)
			}
		}
	}
	l.clean = sanitize.NewCleaner(l.secrets)
}

func (l *logger) line(format string, args ...any) {
	fmt.Fprintln(l.w, l.clean.Line(fmt.Sprintf(format, args...), lineLimit))
}

func (l *logger) event(format string, args ...any) {
	if !l.clockExplained {
		l.line("times are counted from the start of the step")
		l.clockExplained = true
	}
	l.timedLine(fmt.Sprintf(format, args...))
}

func (l *logger) timedLine(text string) {
	fmt.Fprintf(l.w, "%s  %s\n", l.elapsed(), l.clean.Line(text, lineLimit))
}

func (l *logger) elapsed() string {
	seconds := int(time.Since(l.begin) / time.Second)
	text := fmt.Sprintf("%02d:%02d", seconds/60%60, seconds%60)
	if seconds >= 60*60 {
		text = fmt.Sprintf("%d:%s", seconds/(60*60), text)
	}
	return text
}

func (l *logger) command(name, title, text string) {
	if !l.onRunner {
		fmt.Fprintf(l.w, "%s: %s\n", name, strings.ReplaceAll(text, "\n", "\n  "))
		return
	}
	command := &githubactions.Command{Name: name, Message: text}
	if title != "" {
		command.Properties = githubactions.CommandProperties{"title": title}
	}
	l.action.IssueCommand(command)
}

// annotate writes an error, a warning, or a notice, which a runner shows on the page of the workflow run; if there are too many
// of a kind, a line. An annotation has no time, because its page would show it.
func (l *logger) annotate(kind, title, text string) {
	if l.annotations[kind]++; l.annotations[kind] > maxAnnotations {
		l.line("%s: %s", kind, text)
		return
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = l.clean.Line(line, annotationLimit); line != "" {
			lines = append(lines, line)
		}
	}
	l.command(kind, l.clean.Line(title, nameLimit), sanitize.Truncate(withPeriod(capitalize(strings.Join(lines, "\n"))), annotationLimit))
}

// group writes lines that a reader can expand. It always closes the group, because annotations in an open one are hidden.
func (l *logger) group(title string, lines []string) {
	if title = l.clean.Line(title, lineLimit); !l.onRunner {
		fmt.Fprintln(l.w, title)
		l.block(lines)
		return
	}
	l.action.Group(title)
	l.block(lines)
	l.action.EndGroup()
}

// block writes lines from outside with their indentation, while the runner reads no commands.
func (l *logger) block(lines []string) {
	if l.onRunner {
		var token [16]byte
		_, _ = io.ReadFull(l.random, token[:]) // crypto/rand never fails
		fmt.Fprintf(l.w, "::stop-commands::%x\n", token)
		defer fmt.Fprintf(l.w, "::%x::\n", token)
	}
	for _, text := range lines {
		for _, line := range l.clean.Tail(text, progress.LogTail, lineLimit) {
			fmt.Fprintln(l.w, "| "+line)
		}
	}
}
