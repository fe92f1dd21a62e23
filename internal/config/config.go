// Package config turns the inputs of the step into a checked [Config].
//
// It takes the environment of the step, and returns either a Config without contradictions, or one error that lists all
// invalid inputs. It is the only package that reads inputs. It must never send a request, and never show a secret in an
// error.
package config

import (
	"strings"
	"time"
)

// Config is what the inputs ask for.
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

// Secrets returns the values of the secret inputs that are set, and also each line of a value with several lines, because the
// runner masks line by line. They must be masked before anything else is printed, whether or not Load succeeds.
func Secrets(getenv func(string) string) []string {
	var secrets []string
	for _, in := range inputs() {
		value := strings.TrimSpace(getenv(environmentVariable(in.name)))
		if !in.secret || value == "" {
			continue
		}
		secrets = append(secrets, value)
		if lines := splitLines(value); len(lines) > 1 {
			secrets = append(secrets, lines...)
		}
	}
	return secrets
}

// Load reads and checks all inputs. environ are the variables of the environment, as in [os.Environ], in which it searches for
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

func (l *loader) config() *Config {
	c := &Config{Step: l.step()}
	c.DBT = l.dbt(c.Step)
	c.Tableau = l.tableau(c.DBT.Wait)
	c.Timeout = l.timeout("timeout")
	c.CancelDBTRun = l.boolean("cancel-dbt-run")
	c.DryRun = l.boolean("dry-run")
	c.CACertificate = l.certificatesPEM("ca-certificate")
	return c
}
