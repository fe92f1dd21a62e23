package dbt

import (
	"context"

	"dbt-tableau-refresh/internal/rest"
)

// Account is what a run needs to know of its account.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Account
type Account struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Locked bool   `json:"locked"`
	// LockReason is "" unless Locked.
	LockReason string `json:"lock_reason"`
}

func (a Account) identity() int64 { return a.ID }

// Account reads the client's account. A token that may run jobs need not be allowed to: the call is not worth much patience.
func (c *Client) Account(ctx context.Context) (Account, error) {
	return call[Account](ctx, c, rest.Request{Operation: "get the dbt account", Retry: rest.BestEffort})
}
