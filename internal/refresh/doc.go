// Package refresh starts refreshes in Tableau and follows each of them to its end.
//
// It takes a signed-in client and the targets, each with its row of the result. It returns when every target has ended, or
// with an error that concerns all of them. What became of each target is in its row; progress goes to an observer.
//
// It must never start a refresh before those that the target comes after. It must never start a target again unless Tableau
// has rejected its start or its job has failed. It must never forget a job that Tableau has accepted, and never report
// success for a refresh that may have read old data. It repeats no requests: package rest does.
//
// One goroutine owns all state and decides what is next. The others only wait for responses. A target is always in exactly
// one phase:
//
//	waiting ────> queued <────> sameItemStarting
//	   │          │ ^ ^ ^
//	   v          │ │ │ └────── retryLater <───────┐
//	blocked       │ │ └──────── awaitingBlocker <──┤
//	              │ └────────┐                     │
//	              v          │                     │
//	           starting ─────│─> findingBlocker ───┤
//	            │    │       │                     │
//	            │    └───────│─> polling <─────────┘
//	            │            └────┘ │
//	            v                   v
//	           done                done
//
//	waiting         -> queued            all data sources that it comes after were refreshed
//	                -> blocked           one of them was not
//	queued          -> starting          a request is free, and MaxParallel permits one more refresh
//	                -> sameItemStarting  another start of the same item is in flight; queued again with its response
//	starting        -> polling           accepted
//	                -> done              rejected, or accepted and not waited for
//	                -> findingBlocker    rejected because of another refresh of the same item
//	findingBlocker  -> polling           that one reads all that is new: it is adopted
//	                -> awaitingBlocker   it began too early; queued when it has ended
//	                -> retryLater        it was not found; queued at retryAt
//	polling         -> done              the job has ended
//	                -> queued            it has failed, and retries are left
package refresh
