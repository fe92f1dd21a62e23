package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Account is a dbt account with one project.
type Account struct {
	// Token is required in the header Authorization. It has access to this account only.
	Token string
	ID    int64
	Name  string
	// ProjectID and EnvironmentID are the same for all jobs.
	ProjectID, EnvironmentID int64
	// Jobs are the jobs of the account, by ID.
	Jobs []Job
	// VisibilityDelay is how long a new run returns 404, which the real API sometimes does. Default: not at all.
	VisibilityDelay time.Duration
	// CancelDuration is how long a running run continues after a cancel request. A queued run ends at once.
	CancelDuration time.Duration
	// ArtifactsDelay is how long the artifacts are missing after the end of a run.
	ArtifactsDelay time.Duration
	// ArtifactsRunID is the ID of the run in the metadata of each artifact. Default: the ID of its run. ManifestRunID is that in
	// manifests, which keep the first one with partial parsing. Default: ArtifactsRunID.
	ArtifactsRunID, ManifestRunID int64
	// IgnoreStep makes the artifact request ignore its parameter step, so that it returns the artifact of the last step.
	IgnoreStep bool
	// WriteNaN puts NaN and infinities into the artifacts, as Python writes them.
	WriteNaN bool
}

// Job is a dbt job and what its runs do.
type Job struct {
	ID          int64
	Name        string
	Description string
	// Cron is the schedule. Default: it only runs when it is triggered.
	Cron string
	// QueueTime is how long a run waits for a slot (status 1), PrepareTime how long it starts (status 2). A run that waits
	// for an earlier run of the job is queued after the end of that one.
	QueueTime, PrepareTime time.Duration
	// Setup are the steps that dbt adds before the commands; Steps are the commands of the job. The command "dbt docs
	// generate" stands for the job's setting generate_docs.
	Setup, Steps []Step
	// CommandDuration is the duration of a command in steps_override that is not in Steps.
	CommandDuration time.Duration
	// Outcomes are the outcomes of the runs that clients start, in that order; the last one is for all further runs. Empty:
	// all runs succeed.
	Outcomes []Outcome
	// OtherRuns are runs that clients do not start, in the order of their times. Most are in the past, as the history of the
	// job.
	OtherRuns []OtherRun
	// UnselectedNodes are nodes of the project that no command selects; Exposures depend on its models. Both are in the
	// manifest.
	UnselectedNodes []Node
	Exposures       []Exposure
}

// Exposure is an exposure of the dbt project.
type Exposure struct {
	Name string
	// URL points to its content. Default: null.
	URL string
	// DependsOn are unique IDs.
	DependsOn []string
	// Tableau is meta.tableau: workbook, workbooks, datasource, datasources.
	Tableau map[string]any
}

// Step is one step of a run.
type Step struct {
	// Name is the name of a setup step. The name of a step with a Command is derived from it.
	Name, Command string
	Duration      time.Duration
	// Log holds the lines that the step prints, without their times.
	Log []string
	// Nodes are what the step runs, for its run_results.json. Default: the step has no such artifact.
	Nodes []Node
	// Artifacts are the files that the step leaves, by path. Default: they are generated from Nodes.
	Artifacts map[string][]byte
}

// Node is one entry of run_results.json.
type Node struct {
	// UniqueID is the unique ID in the manifest, such as model.retail.fct_orders.
	UniqueID string
	// Status is dbt's: success, error, skipped, pass, fail, warn.
	Status string
	// Relation is the table or view, quoted as by the warehouse. Default: null, as for tests that store no failures.
	Relation string
	// ManifestRelation is the table or view if only the manifest contains it, as for seeds.
	ManifestRelation string
	// Message is dbt's message, such as the error of the database. Default: null.
	Message string
	// Failures is the number of failing rows of a test.
	Failures int
	// View is true for a node that is materialized as a view, which changes when its parents do.
	View bool
	// DependsOn are the unique IDs of its parents.
	DependsOn []string
	Duration  time.Duration
}

// Outcome is how a run ends. The zero value is success.
type Outcome struct {
	// FailedCommand is the command, or the name of the setup step, at which the run ends in error. Log, Nodes, and
	// Artifacts replace those of that step.
	FailedCommand string
	Log           []string
	Nodes         []Node
	Artifacts     map[string][]byte
	// Message is the run's status_message.
	Message string
	// CancelAfter is how long after its creation the run is canceled in dbt. Default: never.
	CancelAfter time.Duration
}

// fails reports whether the run ends in error at this step.
func (o Outcome) fails(s Step) bool {
	return o.FailedCommand != "" && o.FailedCommand == cmp.Or(s.Command, strings.TrimSpace(s.Name))
}

// OtherRun is a run that clients do not start.
type OtherRun struct {
	// At is when it is created, relative to the start of the sandbox. Negative: before it.
	At time.Duration
	// Cause is the cause of its trigger, Category dbt's cause category, such as scheduled.
	Cause, Category string
	// PullRequestID is the GitHub pull request that it checks. Default: none.
	PullRequestID int64
	// DurationFactor multiplies the durations of the steps. Default: 1.
	DurationFactor float64
	Outcome        Outcome
}

func (a Account) faster(by time.Duration) Account {
	a.VisibilityDelay /= by
	a.CancelDuration /= by
	a.ArtifactsDelay /= by
	a.Jobs = slices.Clone(a.Jobs)
	for i, j := range a.Jobs {
		a.Jobs[i] = j.faster(by)
	}
	return a
}

func (j Job) faster(by time.Duration) Job {
	j.QueueTime /= by
	j.PrepareTime /= by
	j.CommandDuration /= by
	j.Setup = fasterSteps(j.Setup, by)
	j.Steps = fasterSteps(j.Steps, by)
	j.Outcomes = slices.Clone(j.Outcomes)
	for i, o := range j.Outcomes {
		j.Outcomes[i] = o.faster(by)
	}
	j.OtherRuns = slices.Clone(j.OtherRuns)
	for i, o := range j.OtherRuns {
		j.OtherRuns[i].At = o.At / by
		j.OtherRuns[i].Outcome = o.Outcome.faster(by)
	}
	j.UnselectedNodes = fasterNodes(j.UnselectedNodes, by)
	j.Exposures = slices.Clone(j.Exposures)
	return j
}

func (o Outcome) faster(by time.Duration) Outcome {
	o.CancelAfter /= by
	o.Log = slices.Clone(o.Log)
	o.Nodes = fasterNodes(o.Nodes, by)
	return o
}

func fasterSteps(steps []Step, by time.Duration) []Step {
	steps = slices.Clone(steps)
	for i, s := range steps {
		steps[i].Duration = s.Duration / by
		steps[i].Log = slices.Clone(s.Log)
		steps[i].Nodes = fasterNodes(s.Nodes, by)
	}
	return steps
}

func fasterNodes(nodes []Node, by time.Duration) []Node {
	nodes = slices.Clone(nodes)
	for i := range nodes {
		nodes[i].Duration /= by
		nodes[i].DependsOn = slices.Clone(nodes[i].DependsOn)
	}
	return nodes
}
