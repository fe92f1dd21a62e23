package config

import (
	"crypto/sha256"
	"fmt"
)

// Step is where in GitHub this step runs. Every field is empty outside of a workflow, except Key.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
type Step struct {
	ServerURL  string
	Repository string
	Workflow   string
	RunID      string
	RunAttempt string
	Job        string
	// Action is the step's id, or the name that GitHub made up for it.
	Action    string
	Workspace string
	// Key tells steps and matrix legs apart: 12 hexadecimal digits of a hash over server,
	// repository, job, step and the inputs without secrets. The same in every attempt.
	StepKey string
}

// step reads where in GitHub the step runs.
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
	s.StepKey = l.key(s)
	return s
}

// key hashes what tells this step from every other. The legs of a matrix share job and step
// and differ in their inputs. Inputs at their default stay out, so that a release with a
// new input does not give every step a new key; so does dry-run, for a dry run looks at the
// runs of the step that it stands for.
func (l *loader) key(s Step) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q %q\n", s.ServerURL, s.Repository, s.Job, s.Action)
	for _, in := range inputs() {
		if !in.secret && in.name != "dry-run" && l.given(in.name) {
			fmt.Fprintf(hash, "%q %q\n", in.name, l.text(in.name))
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil))[:12]
}

// cause is the reason that dbt shows when the author gives none.
func (s Step) cause() string {
	if s.Repository == "" {
		return "dbt-tableau-refresh"
	}
	return fmt.Sprintf("%s, workflow %s, run %s", s.Repository, s.Workflow, s.RunID)
}
