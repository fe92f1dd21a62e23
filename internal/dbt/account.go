package dbt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

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

// ExplainAccount returns the error of a request that dbt rejected, with the accounts that the token can access, if the client's
// account is not one of them. It returns any other error as it is.
func (c *Client) ExplainAccount(ctx context.Context, err error) error {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || status.Status != http.StatusUnauthorized && status.Status != http.StatusForbidden && status.Status != http.StatusNotFound {
		return err
	}
	accounts, listErr := call[[]Account](ctx, c, rest.Request{
		Operation: "list the dbt accounts", Path: []string{"api", "v2", "accounts"}, Retry: rest.BestEffort,
	})
	var names []string
	for _, account := range accounts {
		if account.ID == c.accountID {
			return err
		}
		names = append(names, fmt.Sprintf("%d (%q)", account.ID, account.Name))
	}
	if listErr != nil || len(names) == 0 {
		return err
	}
	return fmt.Errorf("check dbt-account-id: dbt accepted dbt-token, but not account %d. The token can access: %s. %w", c.accountID, strings.Join(names, ", "), err)
}
