package config

import (
	"cmp"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// DBT says which run to start or to follow, and how.
type DBT struct {
	// URL has a scheme and a host, nothing else. https, except on loopback.
	URL       *url.URL
	Token     Secret
	AccountID int64
	// JobID is zero only when RunID is set.
	JobID int64
	// RunID is the run to follow instead of starting one. Zero: start one.
	RunID int64
	// Wait is false when the step ends as soon as the run is started.
	Wait bool
	// ReuseRun says to adopt a queued or running run whose overrides equal ours.
	ReuseRun bool
	// Resume says to take over the run that an earlier attempt of this step started.
	Resume bool
	// Retries is how often a failed run is retried from its point of failure.
	Retries int
	// Cause is the reason to show in dbt. Never empty, not yet cut to dbt's length.
	Cause     string
	Overrides Overrides
	// PollInterval is fixed, at least a second. Zero: the action chooses.
	PollInterval time.Duration
	// Timeout counts from the start of the run. Zero: only Config.Timeout bounds it.
	Timeout time.Duration
	// Artifacts are the names of artifacts to save, relative and with forward slashes.
	Artifacts []string
	// ArtifactsPath is the folder to save them in, relative to the workspace and inside it.
	ArtifactsPath string
}

// Overrides are the job settings that this run replaces. An empty string, nil pointer or
// empty list leaves the job's own setting, and must not be sent.
//
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Trigger%20Job%20Run
type Overrides struct {
	GitBranch  string
	GitSHA     string
	Schema     string
	TargetName string
	DbtVersion string
	// Threads is at least 1.
	Threads *int64
	// TimeoutSeconds is at least 0, which is no limit.
	TimeoutSeconds      *int64
	GitHubPullRequestID *int64
	GenerateDocs        *bool
	// Steps are the dbt commands to run instead of the job's own.
	Steps []string
}

// dbt reads the inputs that begin with "dbt-".
func (l *loader) dbt(step Step) DBT {
	run, job := l.dbtPage("dbt-run-id", "run"), l.dbtPage("dbt-job-id", "job")
	l.require("dbt-token", "")
	if run.text == "" {
		l.require("dbt-job-id", ", unless dbt-run-id is given")
	} else {
		l.refuseWithRunID()
	}

	return DBT{
		URL:           l.dbtURL(job, run),
		Token:         l.token("dbt-token"),
		AccountID:     l.dbtAccount(job, run),
		JobID:         job.id,
		RunID:         run.id,
		Wait:          l.boolean("dbt-wait"),
		ReuseRun:      l.boolean("dbt-reuse-run"),
		Resume:        l.boolean("dbt-resume"),
		Retries:       l.count("dbt-retries"),
		Cause:         cmp.Or(l.line("dbt-cause"), step.cause()),
		Overrides:     l.overrides(),
		PollInterval:  l.interval("dbt-poll-interval"),
		Timeout:       l.limit("dbt-timeout"),
		Artifacts:     l.artifacts("dbt-artifacts"),
		ArtifactsPath: l.folder("dbt-artifacts-path"),
	}
}

func (l *loader) overrides() Overrides {
	return Overrides{
		GitBranch:           l.line("dbt-git-branch"),
		GitSHA:              l.line("dbt-git-sha"),
		Schema:              l.line("dbt-schema-override"),
		TargetName:          l.line("dbt-target-name-override"),
		DbtVersion:          l.line("dbt-version-override"),
		Threads:             l.optionalInteger("dbt-threads-override", 1),
		TimeoutSeconds:      l.optionalInteger("dbt-timeout-seconds-override", 0),
		GitHubPullRequestID: l.optionalInteger("dbt-github-pull-request-id", 1),
		GenerateDocs:        l.optionalBoolean("dbt-generate-docs-override"),
		Steps:               l.steps("dbt-steps-override"),
	}
}

// refuseWithRunID refuses what only makes sense for a run that the step starts itself.
func (l *loader) refuseWithRunID() {
	for _, name := range []string{
		"dbt-wait", "dbt-reuse-run", "dbt-resume", "dbt-retries", "dbt-cause",
		"dbt-git-branch", "dbt-git-sha", "dbt-schema-override", "dbt-target-name-override",
		"dbt-version-override", "dbt-threads-override", "dbt-timeout-seconds-override",
		"dbt-github-pull-request-id", "dbt-generate-docs-override", "dbt-steps-override",
	} {
		if l.given(name) {
			l.problem(name, l.text(name), "can't be combined with dbt-run-id, which follows a run instead of starting one")
		}
	}
}

// steps reads commands. Copied from a job's YAML they bring the dash of a list along.
func (l *loader) steps(name string) []string {
	var steps []string
	for _, line := range l.list(name) {
		step := strings.TrimSpace(strings.TrimPrefix(line, "- "))
		if step == "-" {
			l.problem(name, line, "holds a dash without a command")
			continue
		}
		steps = append(steps, step)
	}
	return steps
}

func (l *loader) artifacts(name string) []string {
	entries := l.unique(name)
	for _, entry := range entries {
		if !isInside(entry) {
			l.problem(name, entry, "must be the name of an artifact, without a leading / and without ..")
		}
	}
	return entries
}

func (l *loader) folder(name string) string {
	path := l.line(name)
	if !isInside(path) {
		l.problem(name, path, "must be a folder inside the workspace: relative, and without ..")
	}
	return path
}

// isInside tells whether a path stays in the folder it is relative to, whatever links there are.
func isInside(path string) bool {
	return filepath.IsLocal(path) && !slices.Contains(strings.Split(path, "/"), "..")
}
