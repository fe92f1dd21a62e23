package config

import (
	"crypto/sha256"
	"fmt"
)

// Step identifies the step in GitHub. All fields except StepKey are empty outside of a workflow.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
type Step struct {
	ServerURL  string
	Repository string
	Workflow   string
	RunID      string
	RunAttempt string
	Job        string
	// Action is the id of the step, or a name that GitHub generated.
	Action    string
	Workspace string
	// StepKey differs between steps and matrix jobs, and is the same in every attempt: 12 hexadecimal digits of a hash over
	// server, repository, job, step, and the inputs without secrets.
	StepKey string
}

// step reads the variables that identify the step.
func (l *loader) step() Step {
	s := Step{
		ServerURL:  l.getenv("GITHUB_SERVER_URL"),
		Repository: l.getenv("GITHUB_REPOSITORY"),
		Workflow:   l.getenv("GITHUB_WORKFLOW"),
		RunID:      l.getenv("GITHUB_RUN_ID"),
		RunAttempt: l.getenv("GITHUB_RUN_ATTEMPT"),
		Job:        l.getenv("GITHUB_JOB"),
		Action:     l.getenv("GITHUB_ACTION"),
		Workspace:  l.getenv("GITHUB_WORKSPACE"),
	}
	s.StepKey = l.stepKey(s)
	return s
}

// stepKey returns a hash that identifies the step. The jobs of a matrix differ only in their inputs. Inputs with their
// default value are omitted, so that a release with a new input does not change the key. dry-run is omitted, because a dry
// run looks for the runs of the real step.
func (l *loader) stepKey(s Step) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q %q\n", s.ServerURL, s.Repository, s.Job, s.Action)
	for _, in := range inputs() {
		if !in.secret && in.name != "dry-run" && l.isSet(in.name) {
			fmt.Fprintf(hash, "%q %q\n", in.name, l.text(in.name))
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil))[:12]
}

// defaultCause returns the reason that dbt shows if dbt-cause is not set.
func (s Step) defaultCause() string {
	if s.Repository == "" {
		return "dbt-tableau-refresh"
	}
	return fmt.Sprintf("%s, workflow %s, run %s", s.Repository, s.Workflow, s.RunID)
}
