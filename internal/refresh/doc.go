// Package refresh starts refreshes in Tableau and follows each of them to its end.
//
// It takes a signed-in client and the targets, each with its row of the result. It returns when every target has ended, or
// with an error that concerns all of them. What became of each target is in its row. Progress goes to an observer.
//
// It must never start a refresh before those that the target comes after, never start the refresh of a target again unless
// Tableau has rejected it or its job has failed, never forget a job that Tableau has accepted, and never call a refresh a
// success that may have read old data. It does not repeat requests; package rest does.
//
// One goroutine owns all state and decides what is next. The others only wait for responses. A target is always in exactly
// one phase:
//
//	    source not refreshed
//	waiting ───────────────> blocked
//	   │ all sources refreshed
//	   │
//	   │  ┌──────────────────────────────────── polling ────> done
//	   │  │ failed, with retries left             ^ ^  ended
//	   v  v           room for it        accepted │ │
//	  queued ────────────────────────> starting ──┘ │ adopts a queued refresh
//	   ^  ^  │                          │   │       │
//	   │  │  │ another start of    conflict └───────│───────> done
//	   │  │  v its item is in flight    v           │  rejected, skipped, or not waited for
//	   │  │ sameItemStarting       findingBlocker ──┘
//	   │  │  │ response             │        │
//	   │  └──┘                 none │        │ it began too early
//	   │                            v        v
//	   ├──────────────────── retryLater   awaitingBlocker
//	   │       at retryAt                    │
//	   └─────────────────────────────────────┘
//	           its job has ended
package refresh
