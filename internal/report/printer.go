package report

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"

	githubactions "github.com/sethvargo/go-githubactions"
)

// printer writes the log. Commands are for a runner: a terminal, where nobody takes them away, gets their text alone.
type printer struct {
	w      io.Writer
	runner bool // whether somebody reads commands
	action *githubactions.Action
	clean  sanitize.Cleaner
	random io.Reader // of the tokens that no service may guess
	begin  time.Time
}

func newPrinter(w io.Writer, getenv func(string) string) *printer {
	w = lenient{w}
	return &printer{
		w:      w,
		runner: OnRunner(getenv),
		action: githubactions.New(githubactions.WithWriter(w), githubactions.WithGetenv(getenv)),
		random: rand.Reader,
		begin:  time.Now(),
	}
}

// OnRunner reports whether a runner reads the log: it says so, or, where nobody says anything, it gives a file for outputs.
func OnRunner(getenv func(string) string) bool {
	said := getenv("GITHUB_ACTIONS")
	return said == "true" || said == "" && getenv("GITHUB_OUTPUT") != ""
}

// lenient hides that a write failed: a log that nobody can read any more is no reason to end a run, or to panic.
type lenient struct{ io.Writer }

func (l lenient) Write(p []byte) (int, error) {
	_, _ = l.Writer.Write(p)
	return len(p), nil
}

// line writes one line. It is cleaned as a whole.
func (p *printer) line(format string, args ...any) {
	fmt.Fprintln(p.w, p.clean.Line(fmt.Sprintf(format, args...), lineLimit))
}

// event writes one line behind the time that has passed since the step began.
func (p *printer) event(format string, args ...any) {
	fmt.Fprintf(p.w, "%s  %s\n", p.clock(), p.clean.Line(fmt.Sprintf(format, args...), lineLimit))
}

// clock is the time that has passed since the step began.
func (p *printer) clock() string {
	since := int(time.Since(p.begin) / time.Second)
	at := fmt.Sprintf("%02d:%02d", since/60%60, since%60)
	if since >= 60*60 {
		at = fmt.Sprintf("%d:%s", since/(60*60), at)
	}
	return at
}

// debug writes an event that a runner shows only where a workflow runs with debug logging.
func (p *printer) debug(text string) {
	text = p.clock() + "  " + p.clean.Line(text, lineLimit)
	if !p.runner {
		fmt.Fprintf(p.w, "debug: %s\n", text)
		return
	}
	p.action.Debugf("%s", text)
}

// raw writes a line that is clean already, and must stay to the letter.
func (p *printer) raw(line string) { fmt.Fprintln(p.w, line) }

// group writes lines that a reader unfolds. A group never stays open, so no annotation is hidden in one.
func (p *printer) group(title string, lines []string) {
	title = p.clean.Line(title, lineLimit)
	if p.runner {
		p.action.Group(title)
	} else {
		fmt.Fprintln(p.w, title)
	}
	p.bulk(lines)
	if p.runner {
		p.action.EndGroup()
	}
}

// bulk writes lines that others may have written, cleaned but with their own white space. Commands are off meanwhile.
func (p *printer) bulk(lines []string) {
	if p.runner {
		token := p.token()
		fmt.Fprintln(p.w, "::stop-commands::"+token)
		defer fmt.Fprintln(p.w, "::"+token+"::")
	}
	for _, line := range lines {
		for _, clean := range p.clean.Tail(line, progress.LogTail, lineLimit) {
			fmt.Fprintln(p.w, "| "+clean)
		}
	}
}

func (p *printer) token() string {
	var b [16]byte
	// crypto/rand never fails; the reader of a test does not either.
	_, _ = io.ReadFull(p.random, b[:])
	return hex.EncodeToString(b[:])
}

// mask hides secrets, in the log by the runner and in everything else by the cleaner.
func (p *printer) mask(secrets []string, fresh ...string) {
	p.clean = sanitize.NewCleaner(secrets)
	if !p.runner {
		return // to a terminal a mask would be the leak
	}
	for _, secret := range fresh {
		for _, form := range sanitize.Masks(secret) {
			p.action.AddMask(form)
		}
	}
}

// fail and warn write annotations, which a runner shows on the page of the workflow run.
func (p *printer) fail(title, text string) {
	title, text = p.clean.Line(title, nameLimit), p.clean.Line(text, annotationLimit)
	if !p.runner {
		fmt.Fprintf(p.w, "error: %s: %s\n", title, text)
		return
	}
	p.action.WithFieldsMap(map[string]string{"title": title}).Errorf("%s", text)
}

func (p *printer) warn(text string) {
	text = p.clean.Line(text, annotationLimit)
	if !p.runner {
		fmt.Fprintf(p.w, "warning: %s\n", text)
		return
	}
	p.action.Warningf("%s", text)
}
