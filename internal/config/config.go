// Package config turns the inputs of the step into a checked Config.
//
// It decides what the workflow author meant, so that nothing after it reads an input.
// It makes no request: every mistake is found, and all of them are told at once, before
// a run is started or a credential leaves the machine.
package config

import (
	"strings"
	"time"
)

// Config is what the author asked for, complete and free of contradictions.
type Config struct {
	DBT DBT
	// Tableau is nil when no tableau input is set: then the step only runs dbt.
	Tableau *Tableau
	// Timeout bounds the whole step. Always more than zero.
	Timeout time.Duration
	// CancelDBTRun says to cancel our own dbt run when the step is cancelled or a limit runs out.
	CancelDBTRun bool
	// DryRun says to check everything and to start nothing.
	DryRun bool
	// CACertificate holds extra root certificates as PEM, at least one, or nothing.
	CACertificate []byte
	Step          Step
	// Warnings are worth telling, but stop nothing. Sentences without a closing period.
	Warnings []string
}

// Secrets gives the values of the secret inputs that are set, and of a value with several
// lines each line as well: the runner masks line by line. They must be masked before
// anything else is printed, whether or not Load succeeds.
func Secrets(getenv func(string) string) []string {
	var secrets []string
	for _, in := range inputs() {
		value := strings.TrimSpace(getenv(variable(in.name)))
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

// Load reads and checks every input, and makes no request. The error joins one *InputError
// for each mistake, in the order of action.yml; the Config is nil then.
func Load(getenv func(string) string) (*Config, error) {
	l := newLoader(getenv)
	c := l.config()
	if err := l.err(); err != nil {
		return nil, err
	}
	c.Warnings = l.warnings
	return c, nil
}

func (l *loader) config() *Config {
	c := &Config{Step: l.step()}
	c.DBT = l.dbt(c.Step)
	c.Tableau = l.tableau(c.DBT.Wait)
	c.Timeout = l.limit("timeout")
	c.CancelDBTRun = l.boolean("cancel-dbt-run")
	c.DryRun = l.boolean("dry-run")
	c.CACertificate = l.certificates("ca-certificate")
	return c
}
