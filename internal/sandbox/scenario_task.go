package sandbox

// Task is an extract refresh task.
type Task struct {
	// LUID of the task; on a server with a past it may be a plain number.
	LUID string
	// Target is the LUID of the workbook or data source that it refreshes.
	Target string
	// Incremental says that it is no full refresh.
	Incremental bool
	// Type is Tableau's word for its kind. Empty: the usual one of the list that it is in.
	Type string
	// Schedule is the LUID of its schedule. Empty: it has none.
	Schedule string
	// Failures is how many of its runs have failed in a row.
	Failures int
	// Targetless says that answers do not name the target.
	TargetOmitted bool
	// Hidden says that it is somebody else's, and that whoever signs in is no administrator, who would see it.
	Hidden bool
}

// Schedule is when tasks run. On Tableau Cloud LUID only joins it to its tasks: no answer shows it.
type Schedule struct {
	LUID, Name string
	// Type is Tableau's word for what runs by it. Empty: Extract.
	Type string
	// Suspended says that it is switched off.
	Suspended bool
	// Frequency is Hourly, Daily, Weekly or Monthly.
	Frequency string
	// Start and End are times of the day in UTC, such as 18:20:00. Empty End: none.
	Start, End string
	// Hours between two runs, and WeekDays such as Monday, on which it runs. Zero and empty: not said.
	Hours    int
	WeekDays []string
}
