package config

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
)

// input is an input of action.yml. A test compares the two.
type input struct {
	name         string
	defaultValue string
	secret       bool // masked in the log, and never shown in an error
}

// inputs returns all inputs in the order of action.yml.
func inputs() []input {
	return []input{
		{name: "dbt-url"}, {name: "dbt-token", secret: true}, {name: "dbt-account-id"},
		{name: "dbt-job-id"}, {name: "dbt-run-id"}, {name: "dbt-target-path"}, {name: "dbt-max-age", defaultValue: "6h"},
		{name: "dbt-wait", defaultValue: "true"},
		{name: "dbt-reuse-run", defaultValue: "false"},
		{name: "dbt-resume", defaultValue: "true"},
		{name: "dbt-retries", defaultValue: "0"},
		{name: "dbt-cause"}, {name: "dbt-git-branch"}, {name: "dbt-git-sha"},
		{name: "dbt-schema-override"}, {name: "dbt-target-name-override"}, {name: "dbt-version-override"},
		{name: "dbt-threads-override"}, {name: "dbt-timeout-seconds-override"}, {name: "dbt-github-pull-request-id"},
		{name: "dbt-generate-docs-override"}, {name: "dbt-steps-override"},
		{name: "dbt-poll-interval"}, {name: "dbt-timeout"},
		{name: "dbt-artifacts"}, {name: "dbt-artifacts-path", defaultValue: "target"},
		{name: "tableau-url"}, {name: "tableau-site"},
		{name: "tableau-token-name"}, {name: "tableau-token-value", secret: true},
		{name: "tableau-username"}, {name: "tableau-password", secret: true},
		{name: "tableau-connected-app-client-id"}, {name: "tableau-connected-app-secret-id"},
		{name: "tableau-connected-app-secret-value", secret: true},
		{name: "tableau-workbooks"}, {name: "tableau-datasources"}, {name: "tableau-flows"},
		{name: "tableau-tasks"}, {name: "tableau-schedules"},
		{name: "tableau-discover"}, {name: "tableau-exclude"},
		{name: "tableau-include-datasources", defaultValue: "false"},
		{name: "tableau-incremental", defaultValue: "false"},
		{name: "tableau-preflight", defaultValue: "fail"},
		{name: "tableau-on-conflict", defaultValue: "wait"},
		{name: "tableau-retries", defaultValue: "0"},
		{name: "tableau-max-parallel", defaultValue: "0"},
		{name: "tableau-wait", defaultValue: "true"},
		{name: "tableau-poll-interval"}, {name: "tableau-timeout"},
		{name: "tableau-api-version"}, {name: "tableau-allow-http", defaultValue: "false"},
		{name: "timeout", defaultValue: "5h45m"},
		{name: "cancel-dbt-run", defaultValue: "true"},
		{name: "dry-run", defaultValue: "false"},
		{name: "ca-certificate"},
	}
}

// inputValue reads the environment variable in which the runner passes an input. Its name keeps dashes.
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
func inputValue(getenv func(string) string, name string) string {
	return strings.TrimSpace(getenv("INPUT_" + strings.ToUpper(name)))
}

// rejectMistypedInputs adds an error for each variable that looks like a mistyped input. The runner also passes inputs that
// are not in action.yml, and only warns about them. A variable with any other name can come from the env of the workflow.
// https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionRunner.cs
func (l *loader) rejectMistypedInputs(environ []string) {
	normalize := strings.NewReplacer("-", "", "_", "")
	for _, variable := range environ {
		variable, _, _ = strings.Cut(variable, "=")
		name, isInput := strings.CutPrefix(variable, "INPUT_")
		name = strings.ToLower(name)
		if _, known := l.inputs[name]; known || !isInput || len(name) > maxShownLength {
			continue
		}
		closest, best := "", 3 // fewer letters than this may differ
		for _, in := range inputs() {
			if d := levenshtein.ComputeDistance(normalize.Replace(name), normalize.Replace(in.name)); d < best {
				closest, best = in.name, d
			}
		}
		if closest != "" {
			l.invalid(name, "", "is not an input; did you mean %s?", closest)
		}
	}
}

// Secrets returns the values of the secret inputs that are set, and also each line of a value with several lines, because the
// runner masks line by line. They must be masked before anything else is printed, whether or not Load succeeds.
func Secrets(getenv func(string) string) []string {
	var secrets []string
	for _, in := range inputs() {
		if value := inputValue(getenv, in.name); in.secret && value != "" {
			secrets = append(secrets, unique(append([]string{value}, splitLines(value)...))...)
		}
	}
	return secrets
}

const mask = "***"

// Secret is a credential. Every fmt verb and JSON print three asterisks; string(s) is its value.
type Secret string

// Format writes three asterisks for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// MarshalText returns three asterisks.
func (Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// token reads a secret that a service created. It can't contain white space, and could not be sent in a header if it did.
func (l *loader) token(name string) Secret {
	text := l.text(name)
	scheme, _, found := strings.Cut(text, " ")
	switch {
	case found && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token")):
		l.invalid(name, "", "starts with %q. Store only the token that follows it", scheme)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		l.invalid(name, "", "contains spaces, line breaks, or invalid characters; paste only the token")
	}
	return Secret(text)
}

// password reads a secret that a person chose, which may contain spaces.
func (l *loader) password(name string) Secret {
	text := l.text(name)
	if strings.ContainsFunc(text, unicode.IsControl) {
		l.invalid(name, "", "contains a line break or a control character. Store it again, on one line")
	}
	return Secret(text)
}

// require adds an error if an input is not set. reason follows "is required" in its text.
func (l *loader) require(name, reason string) {
	if l.text(name) != "" {
		return
	}
	if l.inputs[name].secret {
		reason += "; the input is not set, or its secret is empty or undefined"
		if strings.HasPrefix(l.getenv("GITHUB_EVENT_NAME"), "pull_request") || l.getenv("GITHUB_ACTOR") == "dependabot[bot]" {
			reason += ". GitHub does not pass secrets to pull requests from forks or from Dependabot"
		}
	}
	l.invalid(name, "", "is required%s", reason)
}

// certificatesPEM reads extra root certificates. Errors do not contain the value: it is long, and may be a key by mistake.
func (l *loader) certificatesPEM(name string) []byte {
	text := l.text(name)
	if text == "" {
		return nil
	}
	if problem := certificateProblem(text); problem != "" {
		l.invalid(name, "", "%s", problem)
	}
	return []byte(text)
}

func certificateProblem(text string) string {
	count := 0
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return "contains a private key. Remove it, and keep only the certificates"
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "contains an invalid certificate. Copy the PEM text again"
		}
		count++
	}
	switch count {
	case 0:
		return "contains no certificate. Paste PEM text, with -----BEGIN CERTIFICATE----- on a separate line"
	case strings.Count(text, "-----BEGIN CERTIFICATE-----"):
		return ""
	}
	return "contains an incomplete certificate. Copy the PEM text again, each certificate from BEGIN to END"
}
