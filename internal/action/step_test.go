package action_test

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/action"
	"dbt-tableau-refresh/internal/sandbox"
)

func TestQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("success")
		box := sandbox.New(scenario)
		network := sandbox.NewNetwork()
		dbtURL, tableauURL, stop := box.Serve(network)
		defer stop()
		env := map[string]string{}
		for name, value := range box.Inputs(dbtURL, tableauURL) {
			env["INPUT_"+strings.ToUpper(name)] = value
		}
		maps.Copy(env, map[string]string{"INPUT_TIMEOUT": "5h45m", "GITHUB_ACTIONS": "true"})
		var log bytes.Buffer
		code := action.Main(context.Background(), []string{"/dbt-tableau-refresh"}, func(k string) string { return env[k] }, &log,
			action.WithDial(network.DialContext), action.WithoutJitter())
		t.Logf("exit %d\n%s", code, log.String())
		for _, r := range box.Requests() {
			t.Log(r.Operation, r.Status)
		}
	})
}
