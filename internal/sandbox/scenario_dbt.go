package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Account is a dbt account with one project in it.
type Account struct {
	// Token is what Authorization must carry. It sees this account and nothing else.
	Token string
	ID    int64
	Name  string
	// ProjectID and EnvironmentID are those of every job.
	ProjectID, EnvironmentID int64
	// Jobs of the account, in the order of their ids.
	Jobs []Job
	// VisibleAfter is how long a new run is still answered with 404; the real API does so now and then. Zero: never.
	VisibilityDelay time.Duration
	// CancelTakes is how long a run that has started goes on after it was asked to stop. A queued run stops at once.
	CancelDuration time.Duration
	// ArtifactsAfter is how long after the end of a run its artifacts are still missing.
	ArtifactsDelay time.Duration
	// ArtifactsOf is the run that every artifact names as its own. Zero: the one that has made it.
	ArtifactsRunID int64
}

// Job is a dbt job and what a run of it does.
type Job struct {
	ID          int64
	Name        string
	Description string
	// Cron is the job's schedule. Empty: it runs by API and by hand only.
	Cron string
	// Queue is how long a run waits for a slot (status 1), Prepare how long it starts (status 2). A run behind another
	// of the same job begins to wait for a slot when that one ends.
	QueueTime, PrepareTime time.Duration
	// Setup are the steps that dbt adds before the commands; Steps are the job's own commands. That of "dbt docs
	// generate" stands for the job's setting generate_docs.
	Setup, Steps []Step
	// CommandTakes is how long a command of steps_override takes that is not one of Steps.
	CommandDuration time.Duration
	// Outcomes are how its runs by API end: the first run as the first says, and so on; the last one goes for all
	// further runs. Empty: every run succeeds.
	Outcomes []Outcome
	// Others are runs that somebody else starts, in the order of their times. Most lie in the past and are its history.
	OtherRuns []OtherRun
	// Unbuilt are nodes of the project that the job's commands leave alone; Exposures are what reads its models. Both are
	// in the manifest.
	UnselectedNodes []Node
	Exposures       []Exposure
}

// Exposure is something outside of dbt that reads models of the project.
type Exposure struct {
	Name string
	// URL is its address. Empty is answered as null.
	URL string
	// DependsOn are the unique IDs of what it reads.
	DependsOn []string
	// Tableau is what stands under meta.tableau: workbook, workbooks, datasource, datasources.
	Tableau map[string]any
}

// Step is one step of a run.
type Step struct {
	// Name is shown for a step of the set-up. A step with a Command has its name made from it.
	Name, Command string
	Duration      time.Duration
	// Log holds the lines that the step has printed at its end, without their times.
	Log []string
	// Nodes are what the step ran, for its run_results.json. Empty: the step leaves no such artifact.
	Nodes []Node
}

// Node is one entry of run_results.json.
type Node struct {
	// UniqueID is that of the manifest, such as model.retail.fct_orders.
	UniqueID string
	// Status is dbt's word: success, error, skipped, pass, fail, warn.
	Status string
	// Relation is the table or view, quoted as the warehouse does. Empty is answered as null: tests, seeds.
	Relation string
	// Message is dbt's remark, such as the error of the database. Empty is answered as null.
	Message string
	// Failures counts the failing rows of a test.
	Failures int
	// View says that it is materialized as a view: it changes with what it reads.
	View bool
	// DependsOn are the unique IDs of what it reads.
	DependsOn []string
	Duration  time.Duration
}

// Outcome is the way a run ends. The zero value is success.
type Outcome struct {
	// FailedCommand is the command, or the name of the setup step, at which the run ends in error. Log and Nodes replace those of
	// that step.
	FailedCommand string
	Log           []string
	Nodes         []Node
	// Message is the run's status_message.
	Message string
	// CancelAfter is when, after its creation, somebody cancels the run. Zero: nobody does.
	CancelAfter time.Duration
}

// fails reports whether the run ends in error at this step.
func (o Outcome) fails(s Step) bool {
	return o.FailedCommand != "" && o.FailedCommand == cmp.Or(s.Command, strings.TrimSpace(s.Name))
}

// OtherRun is a run that is not the action's.
type OtherRun struct {
	// At is when it was created, counted from the start of the world. Negative: before it.
	At time.Duration
	// Cause is what its trigger shows, Category dbt's word for the kind of trigger, such as scheduled.
	Cause, Category string
	// Pace multiplies the durations of the job. Zero means 1.
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
