package dbt

import (
	"context"

	"dbt-tableau-refresh/internal/rest"
)

// Account is an account of the dbt platform.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Account
type Account struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Locked bool   `json:"locked"`
	// LockReason is "" unless Locked is true.
	LockReason string `json:"lock_reason"`
}

func (a Account) id() int64 { return a.ID }

// Account returns the client's account. A token that can run jobs may lack the permission for it, so it is hardly retried.
func (c *Client) Account(ctx context.Context) (Account, error) {
	return call[Account](ctx, c, rest.Request{Operation: "get the dbt account", Retry: rest.BestEffort})
}
