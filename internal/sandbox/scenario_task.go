package sandbox

// Task is an extract refresh task.
type Task struct {
	// LUID of the task. On an old server, it can be a number.
	LUID string
	// Target is the LUID of the workbook or data source that it refreshes.
	Target string
	// Incremental is false for a full refresh.
	Incremental bool
	// Type is Tableau's type. Default: the usual one of the list in which the task is.
	Type string
	// Schedule is the LUID of its schedule. Default: none.
	Schedule string
	// Failures is how many runs have failed in a row.
	Failures int
	// TargetOmitted is true if responses do not contain the target.
	TargetOmitted bool
	// Hidden is true if it belongs to another user, and the signed-in user is no administrator.
	Hidden bool
}

// Schedule is when tasks run. On Tableau Cloud, no response contains its LUID.
type Schedule struct {
	LUID, Name string
	// Type is Tableau's type of the tasks in it. Default: Extract.
	Type string
	// Suspended is true if the schedule is disabled.
	Suspended bool
	// Frequency is Hourly, Daily, Weekly, or Monthly.
	Frequency string
	// Start and End are times of the day in UTC, such as 18:20:00. End can be empty.
	Start, End string
	// Hours between two runs, and WeekDays on which it runs, such as Monday. Zero and empty: not specified.
	Hours    int
	WeekDays []string
}
