package sandbox

import (
	"slices"
	"time"
)

// Site is a Tableau site on a server of its own.
type Site struct {
	// LUID of the site. Empty stands for a world without Tableau.
	LUID string
	// ContentURL is the site's name in addresses. Empty: the Default site of a Tableau Server.
	ContentURL string
	// APIVersion is the newest that the server speaks, such as 3.26.
	APIVersion string
	// TokenName and TokenValue are the personal access token; one session of it lives at a time.
	TokenName, TokenValue string
	// Username and Password sign in as well; sessions of theirs do not end each other.
	Username, Password string
	// App is a connected app whose JSON web tokens sign Username in. The zero value: there is none.
	App ConnectedApp
	// IdleLimit is how long a session lives without a request. Zero means 120 minutes, as on Tableau Cloud.
	IdleLimit time.Duration
	// MaxRefreshes is how many refreshes run at once; the rest waits. Zero means 10.
	MaxRefreshes int
	// MayListJobs says whether whoever signs in may use the job list.
	MayListJobs bool
	// Cloud says that schedules are no content of their own: there is no list of them, and a task spells its own out.
	Cloud bool
	// Entrance is a host, such as online.tableau.test, that sends a sign-in on to the host Pod. Empty: there is none.
	SignInHost, PodHost string
	// PageURL is where its pages are, if that is not the address that its API is asked at.
	PageURL string
	// Metadata is how the Metadata API behaves.
	Metadata    Metadata
	Projects    []Project
	Workbooks   []Item
	DataSources []Item
	Flows       []Item
	// Tasks are the extract refresh tasks, Schedules what they and others run by.
	Tasks     []Task
	Schedules []Schedule
}

// ConnectedApp is a connected app with direct trust.
type ConnectedApp struct{ ClientID, SecretID, SecretValue string }

// Project is a project of the site.
type Project struct {
	LUID, Name string
	// Parent is the LUID of the project around it. Empty: top level.
	Parent string
}

// Item is a workbook, a published data source or a flow.
type Item struct {
	LUID, Name string
	// ContentURL is the item's name in addresses. Empty: its name without what an address can't hold.
	ContentURL string
	// Number is its id in the browser's addresses.
	Number int
	// Project is the LUID of its project. Empty: it lies in its owner's personal space.
	Project string
	Tags    []string
	// Live says that there is no extract of its own to refresh.
	Live bool
	// Untold says that no list tells whether there is one, as on old servers.
	ExtractsUnknown bool
	// Hidden says that whoever signs in may not see it.
	Hidden bool
	// Bridge says that Tableau Bridge does its refreshes: they answer finish code 0 when assigned and 3 when done.
	Bridge bool
	// Unqueryable says that its jobs are in the list, but can't be asked for one by one.
	Unqueryable bool
	// Views are the names of a workbook's views. Empty: one that is called Overview.
	Views []string
	// Connections are those to databases. Those to published data sources follow from Reads.
	Connections []Connection
	// Reads are the LUIDs of the published data sources that a workbook reads.
	Reads []string
	// Tables are what it reads itself, Queries the custom SQL by which it reads more.
	Tables  []Table
	Queries []Query
	// Selected says that [Sandbox.Inputs] names it.
	Selected bool
	// Queue is how long a refresh waits even if a slot is free, Takes how long it runs.
	QueueTime, Duration time.Duration
	// Refreshes are how its refreshes by API end: the first as the first says, and so on; the last one goes for all
	// further ones. Empty: every refresh succeeds.
	Refreshes []Refresh
	// Others are refreshes that somebody else starts, in the order of their times.
	OtherRefreshes []OtherRefresh
}

// Connection is a connection of an item.
type Connection struct {
	LUID string
	// Type is Tableau's word, such as snowflake.
	Type, Server, Username string
	// Source names the data source inside the workbook.
	Source, SourceLUID string
}

// Refresh is the way a refresh ends. The zero value is success.
type Refresh struct {
	// Finish is how it ends.
	Finish Finish
	// Notes is Tableau's remark. The two characters \n in it stand for themselves, as in the real ones.
	Notes string
}

// Finish is the way a Tableau job ends, as its finishCode.
type Finish int

// The finish codes of Tableau jobs. Bridge answers 3 where others answer 0.
const (
	FinishSuccess   Finish = 0
	FinishFailed    Finish = 1
	FinishCancelled Finish = 2
	FinishBridge    Finish = 3
)

// OtherRefresh is a refresh that is not the action's.
type OtherRefresh struct {
	// At is when it is queued, counted from the start of the world. Negative: before it.
	At time.Duration
	// Takes is how long it runs. Zero means as long as the item's own.
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
