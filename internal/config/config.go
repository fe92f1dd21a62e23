// Package config turns the inputs of the step into a checked [Config].
//
// It takes the environment of the step, and returns either a Config without contradictions, or one error that lists all
// invalid inputs. It is the only package that reads inputs. It must never send a request, and never show a secret in an
// error.
package config

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config is what the inputs request.
type Config struct {
	DBT DBT
	// Tableau is nil if no tableau input is set: then the step only runs dbt.
	Tableau *Tableau
	// Timeout limits the whole step. It is always more than zero.
	Timeout time.Duration
	// CancelDBTRun is whether to cancel a run that the step has started when the step is canceled or reaches a timeout.
	CancelDBTRun bool
	// DryRun is whether to check everything and to start nothing.
	DryRun bool
	// CACertificate contains extra root certificates in PEM format; it is empty if there are none.
	CACertificate []byte
	Step          Step
	// Warnings do not stop the step, and Notices are no problems. They are sentences without a final period.
	Warnings, Notices []string
}

// PostStepCancels reports whether the post step cancels the dbt run of a step that was killed.
func (c *Config) PostStepCancels() bool {
	return c.CancelDBTRun && c.DBT.Wait && len(c.DBT.TargetPaths) == 0
}

// Step identifies the step in GitHub. All fields except StepKey are empty outside of a workflow.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
type Step struct {
	ServerURL, Repository, Workflow, RunID, RunAttempt, Job string
	// Action is the id of the step, or a name that GitHub generated.
	Action    string
	Workspace string
	// StepKey differs between steps and matrix jobs, and is the same in every attempt: 12 hexadecimal digits of a hash over
	// server, repository, job, step, and the inputs without secrets.
	StepKey string
}

// Load reads and checks all inputs. environ contains the environment variables, as in [os.Environ], in which it searches for
// mistyped names of inputs. The error joins one [*InputError] for each invalid input, in the order of action.yml; the
// Config is nil then.
func Load(getenv func(string) string, environ ...string) (*Config, error) {
	l := newLoader(getenv)
	l.rejectMistypedInputs(environ)
	c := l.config()
	if err := l.err(); err != nil {
		return nil, err
	}
	c.Warnings, c.Notices = l.warnings, l.notices
	return c, nil
}

// loader reads the inputs and collects the errors, so that all invalid inputs are reported at once.
type loader struct {
	getenv            func(string) string
	inputs            map[string]input
	values            map[string]string // trimmed, or the default
	secrets           []string
	errs              []error // each is an *InputError
	warnings, notices []string
}

func newLoader(getenv func(string) string) *loader {
	l := &loader{getenv: getenv, inputs: make(map[string]input), values: make(map[string]string), secrets: Secrets(getenv)}
	for _, in := range inputs() {
		l.inputs[in.name] = in
		l.values[in.name] = cmp.Or(inputValue(getenv, in.name), in.defaultValue)
		if n := len(l.values[in.name]); in.secret && n > 0 && n <= 3 {
			l.warn("use a longer secret for %s: it has only %d bytes, and masking it also hides parts of words in the log", in.name, n)
		}
	}
	return l
}

func (l *loader) config() *Config {
	c := &Config{
		Timeout: l.timeout("timeout"), CancelDBTRun: l.boolean("cancel-dbt-run"), DryRun: l.boolean("dry-run"),
		CACertificate: l.certificatesPEM("ca-certificate"), Step: l.step(),
	}
	c.DBT = l.dbt(c.Step)
	c.Tableau = l.tableau(c.DBT.Wait)
	return c
}

// step reads the variables that identify the step.
func (l *loader) step() Step {
	s := Step{
		ServerURL: l.getenv("GITHUB_SERVER_URL"), Repository: l.getenv("GITHUB_REPOSITORY"), Workflow: l.getenv("GITHUB_WORKFLOW"),
		RunID: l.getenv("GITHUB_RUN_ID"), RunAttempt: l.getenv("GITHUB_RUN_ATTEMPT"), Job: l.getenv("GITHUB_JOB"),
		Action: l.getenv("GITHUB_ACTION"), Workspace: l.getenv("GITHUB_WORKSPACE"),
	}
	// The jobs of a matrix differ only in their inputs. Without inputs that have their default value, a release with a new input
	// keeps the key. Without dry-run, a dry run finds the runs of the real step.
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q %q\n", s.ServerURL, s.Repository, s.Job, s.Action)
	for _, in := range inputs() {
		if !in.secret && in.name != "dry-run" && l.isSet(in.name) {
			fmt.Fprintf(hash, "%q %q\n", in.name, l.text(in.name))
		}
	}
	s.StepKey = fmt.Sprintf("%x", hash.Sum(nil))[:12]
	return s
}

func (s Step) defaultCause() string {
	if s.Repository == "" {
		return "dbt-tableau-refresh"
	}
	return fmt.Sprintf("%s, workflow %s, run %s", s.Repository, s.Workflow, s.RunID)
}

func (l *loader) text(name string) string { return l.values[name] }

// isSet reports whether an input differs from its default. The runner passes the default of an input that is not set.
func (l *loader) isSet(name string) bool {
	return !strings.EqualFold(l.values[name], l.inputs[name].defaultValue)
}

// invalid adds an error. value is what the error shows of the input; "" shows nothing.
func (l *loader) invalid(name, value, format string, args ...any) {
	before, _, found := strings.Cut(value, "@")
	if containsPassword := found && strings.Contains(before, ":"); containsPassword || l.inputs[name].secret {
		value = ""
	}
	problem := l.redact(fmt.Sprintf(format, args...), minSecretInMessage)
	l.errs = append(l.errs, &InputError{Input: name, Value: l.redact(value, 1), Problem: problem})
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, l.redact(fmt.Sprintf(format, args...), minSecretInMessage))
}

// minSecretInMessage keeps a short secret from breaking up the words of a message.
const minSecretInMessage = 8

// redact masks the secrets of at least minLength bytes in text, in case one is in the wrong input. It ignores case, because
// hosts are shown in lower case.
func (l *loader) redact(text string, minLength int) string {
	for _, secret := range l.secrets {
		if len(secret) >= minLength {
			text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)).ReplaceAllLiteralString(text, mask)
		}
	}
	return text
}

// err joins the errors in the order of action.yml.
func (l *loader) err() error {
	position := func(err error) int {
		return slices.IndexFunc(inputs(), func(in input) bool { return in.name == err.(*InputError).Input })
	}
	slices.SortStableFunc(l.errs, func(a, b error) int { return cmp.Compare(position(a), position(b)) })
	return errors.Join(l.errs...)
}

// InputError is one invalid input. Load joins them with errors.Join.
type InputError struct {
	// Input is the input's name in action.yml.
	Input string
	// Value is the input's value, or the invalid entry of a list; "" if it is not set or must not be shown.
	Value string
	// Problem is what is wrong and what to write instead, without the input's name.
	Problem string
}

// maxShownLength is how many characters of a value an error shows.
const maxShownLength = 80

// Error returns the input, the problem, and the value, which is quoted and truncated.
func (e *InputError) Error() string {
	text := fmt.Sprintf("input %s: %s", e.Input, e.Problem)
	if e.Value == "" {
		return text
	}
	return text + fmt.Sprintf(" (got %q)", truncate(e.Value))
}

func truncate(value string) string {
	if runes := []rune(value); len(runes) > maxShownLength {
		return string(runes[:maxShownLength-1]) + "…"
	}
	return value
}
