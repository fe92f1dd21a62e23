package sandbox

import (
	"net/http"
	"time"
)

// getAccount handles Retrieve Account of the dbt Administrative API v2.
func (c *dbtCloud) getAccount(_ *http.Request, now time.Time) reply {
	return dbtData(c.accountJSON(now))
}

// listAccounts handles List Accounts of the dbt Administrative API v2: those that the token can access.
func (c *dbtCloud) listAccounts(_ *http.Request, now time.Time) reply {
	return dbtData([]map[string]any{c.accountJSON(now)})
}

func (c *dbtCloud) accountJSON(now time.Time) map[string]any {
	return map[string]any{
		"id":                         c.account.ID,
		"name":                       c.account.Name,
		"state":                      1,
		"plan":                       "enterprise",
		"run_slots":                  5,
		"queue_limit":                50,
		"run_duration_limit_seconds": 86400,
		"developer_seats":            12,
		"read_only_seats":            50,
		"locked":                     false,
		"lock_reason":                nil,
		"lock_cause":                 nil,
		"unlocked_at":                nil,
		"run_locked_until":           nil,
		"pending_cancel":             false,
		"static_subdomain":           nil,
		"vanity_subdomain":           nil,
		"billing_email_address":      nil,
		"docs_job_id":                nil,
		"freshness_job_id":           nil,
		"created_at":                 formatJobTime(c.start.AddDate(-3, 0, 0)),
		"updated_at":                 formatJobTime(now.AddDate(0, 0, -2)),
	}
}
