package sandbox

import (
	"slices"
	"time"
)

// Site is a Tableau site on its own server.
type Site struct {
	// LUID of the site. Default: no Tableau.
	LUID string
	// ContentURL is the name of the site in URLs. Default: the Default site of a Tableau Server.
	ContentURL string
	// APIVersion is the newest version of the REST API that the server supports, such as 3.26.
	APIVersion string
	// TokenName and TokenValue are the personal access token, which has one session at a time.
	TokenName, TokenValue string
	// Username and Password also allow signing in; these sessions do not end each other.
	Username, Password string
	// App is a connected app whose JSON web tokens sign Username in. The zero value: none.
	App ConnectedApp
	// IdleLimit is how long a session lasts without a request. Default: 120 minutes, as on Tableau Cloud.
	IdleLimit time.Duration
	// ClockOffset is the server's time minus the real time.
	ClockOffset time.Duration
	// MaxRefreshes is how many refreshes run at a time. Default: 10.
	MaxRefreshes int
	// MayListJobs is true if the signed-in user has permission to list jobs.
	MayListJobs bool
	// Cloud is true for Tableau Cloud, where there is no list of schedules and each task contains its own.
	Cloud bool
	// SignInHost is a host, such as online.tableau.test, that redirects sign-ins to PodHost. Default: none.
	SignInHost, PodHost string
	// PageURL is the base URL of web pages. Default: that of the API.
	PageURL string
	// Metadata is the behavior of the Metadata API.
	Metadata    Metadata
	Projects    []Project
	Workbooks   []Item
	DataSources []Item
	Flows       []Item
	// Tasks are the extract refresh tasks, Schedules the schedules of tasks and of other things.
	Tasks     []Task
	Schedules []Schedule
}

// ConnectedApp is a connected app with direct trust.
type ConnectedApp struct{ ClientID, SecretID, SecretValue string }

// Project is a project of the site.
type Project struct {
	LUID, Name string
	// Parent is the LUID of the parent project. Default: top level.
	Parent string
}

// Item is a workbook, a published data source, or a flow.
type Item struct {
	LUID, Name string
	// ContentURL is the name of the item in URLs. Default: its name without the characters that a URL can't contain.
	ContentURL string
	// Number is its ID in the URLs of web pages.
	Number int
	// Project is the LUID of its project. Default: it is in its owner's personal space.
	Project string
	Tags    []string
	// Description is what its author wrote, in lists with all fields.
	Description string
	// Live is true if it has no extract.
	Live bool
	// ExtractsUnknown is true if no list has the attribute hasExtracts, as on old servers.
	ExtractsUnknown bool
	// Hidden is true if the signed-in user can't view it.
	Hidden bool
	// Bridge is true if Tableau Bridge refreshes it: its jobs have finish code 0 when they are assigned, and 3 when they are
	// done.
	Bridge bool
	// EarlyCode is a finish code that its jobs have before they have ended; 0 means none.
	EarlyCode Finish
	// Parameters are the parameters of a flow.
	Parameters []Parameter
	// Unqueryable is true if its jobs are in the list, but can't be queried by ID.
	Unqueryable bool
	// Views are the names of a workbook's views. Default: one named Overview.
	Views []string
	// Connections are connections to databases. Connections to published data sources are derived from Reads.
	Connections []Connection
	// Reads are the LUIDs of the published data sources that a workbook uses.
	Reads []string
	// Tables are the tables that it uses directly; Queries are its custom SQL.
	Tables  []Table
	Queries []Query
	// Selected is true if [Sandbox.Inputs] selects it.
	Selected bool
	// QueueTime is how long a refresh waits even if a slot is free, Duration how long it runs.
	QueueTime, Duration time.Duration
	// Refreshes are the outcomes of the refreshes that clients start, in that order; the last one is for all further
	// refreshes. Default: all refreshes succeed.
	Refreshes []Refresh
	// OtherRefreshes are refreshes that clients do not start, in the order of their times.
	OtherRefreshes []OtherRefresh
}

// Parameter is a parameter of a flow.
type Parameter struct {
	LUID, Name string
	// Required is true if each run needs a value for it.
	Required bool
}

// Connection is a connection of an item.
type Connection struct {
	LUID string
	// Type is Tableau's connection type, such as snowflake.
	Type, Server, Username string
	// Source is the name of the data source in the workbook.
	Source, SourceLUID string
}

// Refresh is the outcome of a refresh. The zero value is success.
type Refresh struct {
	// Finish is its finish code.
	Finish Finish
	// Notes are the notes of the job. The two characters \n in them are literal, as in real notes.
	Notes string
}

// Finish is the finishCode of a Tableau job.
type Finish int

// The finish codes of Tableau jobs. Successful refreshes by Tableau Bridge have 3 instead of 0.
const (
	FinishSuccess   Finish = 0
	FinishFailed    Finish = 1
	FinishCancelled Finish = 2
	FinishBridge    Finish = 3
)

// OtherRefresh is a refresh that clients do not start.
type OtherRefresh struct {
	// At is when it is queued, relative to the start of the sandbox. Negative: before it.
	At time.Duration
	// Duration is how long it runs. Default: the duration of the item.
	Duration time.Duration
}

func (s Site) faster(by time.Duration) Site {
	s.IdleLimit /= by
	s.Projects = slices.Clone(s.Projects)
	s.Workbooks = fasterItems(s.Workbooks, by)
	s.DataSources = fasterItems(s.DataSources, by)
	s.Flows = fasterItems(s.Flows, by)
	s.Tasks = slices.Clone(s.Tasks)
	s.Schedules = slices.Clone(s.Schedules)
	return s
}

func fasterItems(items []Item, by time.Duration) []Item {
	items = slices.Clone(items)
	for i, item := range items {
		items[i].QueueTime = item.QueueTime / by
		items[i].Duration = item.Duration / by
		items[i].Tags = slices.Clone(item.Tags)
		items[i].Parameters = slices.Clone(item.Parameters)
		items[i].Views = slices.Clone(item.Views)
		items[i].Connections = slices.Clone(item.Connections)
		items[i].Reads = slices.Clone(item.Reads)
		items[i].Tables = slices.Clone(item.Tables)
		items[i].Queries = slices.Clone(item.Queries)
		items[i].Refreshes = slices.Clone(item.Refreshes)
		items[i].OtherRefreshes = slices.Clone(item.OtherRefreshes)
		for k, o := range item.OtherRefreshes {
			items[i].OtherRefreshes[k] = OtherRefresh{At: o.At / by, Duration: o.Duration / by}
		}
	}
	return items
}
