package progress

// Leftover is what the step leaves of its dbt run when it ends. Its zero value is LeftoverNone.
type Leftover int

// The values of Leftover.
const (
	// LeftoverNone means that there is no run, or that it has ended.
	LeftoverNone Leftover = iota
	// LeftoverUnknownStart means that a start got no response: there may be a run with an unknown ID, and nothing searches for it.
	LeftoverUnknownStart
	// LeftoverUnknownStartForPost is the same, but the post step searches for the run and cancels it.
	LeftoverUnknownStartForPost
	// LeftoverRunForPost means that the run may be in progress and that the post step cancels it.
	LeftoverRunForPost
	// LeftoverRunCanceling means that dbt accepted the cancellation of the run, which may have ended since.
	LeftoverRunCanceling
	// LeftoverRunContinues means that the run had not ended when last seen, and that nothing cancels it.
	LeftoverRunContinues
)

// ForPost reports whether the post step has something to do.
func (l Leftover) ForPost() bool { return l == LeftoverUnknownStartForPost || l == LeftoverRunForPost }

// StartUnknown reports whether there may be a run with an unknown ID.
func (l Leftover) StartUnknown() bool {
	return l == LeftoverUnknownStart || l == LeftoverUnknownStartForPost
}
