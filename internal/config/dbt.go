package config

import (
	"cmp"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
)

// DBT is which run to start or to follow, and how.
type DBT struct {
	// URL has only a scheme and a host. The scheme is https, except for loopback.
	URL       *url.URL
	Token     Secret
	AccountID int64
	// JobID is zero only if RunID or TargetPaths is set.
	JobID int64
	// RunID is the run to follow, and FollowLatest is whether to follow the newest run of the job. Without both, the step starts a
	// run. With either, ReuseRun, Resume, Retries, and Overrides are zero.
	RunID        int64
	FollowLatest bool
	// TargetPaths are the target folders of dbt commands that ran in earlier steps, or patterns for them: relative to the
	// workspace, inside it, and cleaned by [path.Clean]. With them, URL is nil, and only MaxAge is used of the other fields.
	TargetPaths []string
	// MaxAge is the maximum time since the end of a run that is used instead of a new one. It is always more than zero.
	MaxAge time.Duration
	// Wait is false if the step ends as soon as the run is started.
	Wait bool
	// ReuseRun is whether to adopt a queued or running run with the same overrides.
	ReuseRun bool
	// Resume is whether a later attempt resumes the run that an earlier attempt of this step started.
	Resume bool
	// Retries is how often a failed run is retried from its point of failure.
	Retries int
	// Cause is the reason that dbt shows for the run. It is never empty, and may exceed dbt's maximum.
	Cause     string
	Overrides Overrides
	// PollInterval is at least a second; zero means that the interval depends on the run.
	PollInterval time.Duration
	// Timeout counts from the start of the run; zero means that only Config.Timeout limits it.
	Timeout time.Duration
	// Artifacts are the relative paths of artifacts to save, with forward slashes.
	Artifacts []string
	// ArtifactsPath is the folder to save them in, relative to the workspace and inside it.
	ArtifactsPath string
}

// Overrides are the settings of the job that this run replaces. Zero values keep the job's own settings, and must not be
// sent.
//
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Trigger%20Job%20Run
type Overrides struct {
	GitBranch, GitSHA, Schema, TargetName, DbtVersion string
	// Threads is at least 1.
	Threads *int64
	// TimeoutSeconds is at least 0, which means no limit.
	TimeoutSeconds      *int64
	GitHubPullRequestID *int64
	GenerateDocs        *bool
	// Steps are the dbt commands to run instead of the job's own.
	Steps []string
}

// dbt reads the inputs that start with "dbt-".
func (l *loader) dbt(step Step) DBT {
	if paths := l.targetPaths("dbt-target-path"); len(paths) > 0 {
		return DBT{TargetPaths: paths, MaxAge: l.timeout("dbt-max-age"), Wait: true}
	}
	runID, jobID := l.dbtID("dbt-run-id", "run"), l.dbtID("dbt-job-id", "job")
	l.require("dbt-token", "")
	if runID.text == "" || runID.isLatest() {
		l.require("dbt-job-id", ", unless dbt-run-id is the ID or the URL of a run")
	}
	cause := strings.FieldsFunc(l.text("dbt-cause"), unicode.IsControl) // for example, the lines of a commit message
	d := DBT{
		URL:           l.dbtURL(jobID, runID),
		Token:         l.token("dbt-token"),
		AccountID:     l.dbtAccount(jobID, runID),
		JobID:         jobID.id,
		RunID:         runID.id,
		FollowLatest:  runID.isLatest(),
		MaxAge:        l.timeout("dbt-max-age"),
		Wait:          l.boolean("dbt-wait"),
		ReuseRun:      l.boolean("dbt-reuse-run"),
		Resume:        l.boolean("dbt-resume"),
		Retries:       l.count("dbt-retries"),
		Cause:         cmp.Or(strings.Join(cause, " "), step.defaultCause()),
		PollInterval:  l.interval("dbt-poll-interval"),
		Timeout:       l.timeout("dbt-timeout"),
		Artifacts:     l.artifacts("dbt-artifacts"),
		ArtifactsPath: l.folder("dbt-artifacts-path"),
		Overrides: Overrides{
			GitBranch:           l.singleLine("dbt-git-branch"),
			GitSHA:              l.singleLine("dbt-git-sha"),
			Schema:              l.singleLine("dbt-schema-override"),
			TargetName:          l.singleLine("dbt-target-name-override"),
			DbtVersion:          l.singleLine("dbt-version-override"),
			Threads:             l.optionalInteger("dbt-threads-override", 1),
			TimeoutSeconds:      l.optionalInteger("dbt-timeout-seconds-override", 0),
			GitHubPullRequestID: l.optionalInteger("dbt-github-pull-request-id", 1),
			GenerateDocs:        l.optionalBoolean("dbt-generate-docs-override"),
			Steps:               l.steps("dbt-steps-override"),
		},
	}
	if runID.text != "" {
		l.ignoreStartInputs(&d)
	}
	return d
}

// ignoreStartInputs clears what only applies to a run that the step starts, and lists these inputs in a notice: the same step can
// run on a schedule, and manually with a run ID.
func (l *loader) ignoreStartInputs(d *DBT) {
	if !d.Wait {
		l.invalid("dbt-wait", l.text("dbt-wait"), "can't be combined with dbt-run-id, because the step then does not start a run")
	}
	d.ReuseRun, d.Resume, d.Retries, d.Overrides = false, false, 0, Overrides{}
	names := []string{
		"dbt-reuse-run", "dbt-resume", "dbt-retries", "dbt-cause", "dbt-git-branch", "dbt-git-sha", "dbt-schema-override",
		"dbt-target-name-override", "dbt-version-override", "dbt-threads-override", "dbt-timeout-seconds-override",
		"dbt-github-pull-request-id", "dbt-generate-docs-override", "dbt-steps-override",
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !l.isSet(name) })
	if len(names) > 0 {
		l.notices = append(l.notices, "these inputs have no effect with dbt-run-id: "+strings.Join(names, ", ")+
			". They apply only to a run that the step starts")
	}
}

func (l *loader) steps(name string) []string {
	steps := l.list(name)
	for _, step := range steps {
		if step == "-" || strings.HasPrefix(step, "[") {
			l.invalid(name, step, `must be one dbt command per line, or a JSON array of strings, such as ["dbt seed", "dbt build"]`)
		}
	}
	return steps
}

func (l *loader) artifacts(name string) []string {
	entries := l.commaList(name)
	for _, entry := range entries {
		if !isInside(entry) {
			l.invalid(name, entry, "must be the path of an artifact, without a leading / and without ..")
		}
	}
	return entries
}

func (l *loader) folder(name string) string {
	path := l.singleLine(name)
	if !isInside(path) {
		l.invalid(name, path, "must be a relative path inside the workspace, without ..")
	}
	return path
}

// isInside also rejects an inner .. element, which could leave the folder through a symbolic link.
func isInside(path string) bool {
	return filepath.IsLocal(path) && !slices.Contains(strings.Split(path, "/"), "..")
}

// targetPaths reads the target folders of dbt. With them, it rejects the inputs of the dbt platform and a step without a Tableau
// part.
func (l *loader) targetPaths(name string) []string {
	paths := l.uniqueList(name)
	if len(paths) == 0 {
		return nil
	}
	for i, entry := range paths {
		if _, err := path.Match(entry, ""); err != nil {
			l.invalid(name, entry, `contains an incomplete pattern; write \[ for a literal bracket`)
		} else if !filepath.IsLocal(entry) {
			l.invalid(name, entry, "must be a relative path inside the workspace")
		}
		paths[i] = path.Clean(entry)
	}
	for _, in := range inputs() {
		if strings.HasPrefix(in.name, "dbt-") && in.name != name && in.name != "dbt-max-age" && l.isSet(in.name) {
			l.invalid(in.name, l.text(in.name), "can't be combined with %s, because dbt ran in an earlier step. Remove one of the two", name)
		}
	}
	if !l.isTableauSet() {
		l.invalid(name, "", "requires tableau-url, a sign-in method, and something to refresh")
	}
	return paths
}
