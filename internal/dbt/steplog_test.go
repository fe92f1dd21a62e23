package dbt_test

import (
	"fmt"
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/dbt"
)

// TestLogErrors_First covers the errors that dbt Core, dbt Fusion, and git write before or without results.
func TestLogErrors_First(t *testing.T) {
	t.Parallel()

	const batchError = "12:00:01  Unhandled error while executing \nException on worker thread. Runtime Error\n  Binder Error: no column \"no_such\"\n" +
		"12:00:01  Batch 1 of 4 ERROR creating batch 2026-11-29 of analytics.by_day ..... [ERROR in 0.02s]\n"
	cases := []struct {
		name, log, node, want string
	}{
		{name: "empty"},
		{name: "no_error", log: "12:00:00  Running with dbt=1.11.16\n12:00:01  Done. PASS=1 WARN=0 ERROR=0 SKIP=0 TOTAL=1\n"},
		{
			name: "database_error", log: "12:00:00  Encountered an error:\nDatabase Error\n  250001 (08001): Failed to connect to DB\n  Incorrect username or password\n",
			want: "Database Error: 250001 (08001): Failed to connect to DB Incorrect username or password",
		},
		{
			name: "colors", log: "\x1b[0m12:00:00  Running with dbt=1.11.16\n\x1b[0m12:00:00  \x1b[31mEncountered an error:\x1b[0m\n\x1b[31mRuntime Error\x1b[0m\n  Could not find profile named 'nope'\n",
			want: "Runtime Error: Could not find profile named 'nope'",
		},
		{
			name: "exception_before_a_long_traceback", log: "12:00:00  Encountered an error:\nIO Error: Cannot open file\n12:00:00  Traceback (most recent call last):\n" + strings.Repeat("  File\n", 500),
			want: "Encountered an error: IO Error: Cannot open file",
		},
		{
			name: "missing_macro", log: "12:00:00  Encountered an error while running operation: Runtime Error\n  dbt could not find a macro with the name \"nope\"\n12:00:00  Encountered an error:\n",
			want: `Encountered an error while running operation: Runtime Error dbt could not find a macro with the name "nope"`,
		},
		{name: "unknown_option", log: "Usage: dbt build [OPTIONS]\nTry 'dbt build --help' for help.\n\nError: No such option '--foo'.\n", want: "Error: No such option '--foo'."},
		{
			name: "git", log: "Cloning into '/tmp/jobs/1/target'...\r\nERROR: Repository not found.\r\nfatal: Could not read from remote repository.\r\n\r\nPlease make sure you have the correct access rights\r\n",
			want: "ERROR: Repository not found.",
		},
		{
			name: "git_fatal", log: "Cloning into 'target'...\nfatal: Remote branch nope not found in upstream origin\n",
			want: "fatal: Remote branch nope not found in upstream origin",
		},
		{
			name: "fusion", log: "dbt-fusion 2.0.0-preview.110\n   Loading ~/.dbt/profiles.yml\n\n========= Errors and Warnings =========\n" +
				"warning: dbt1065: deprecated\nerror: dbt1502: Failed to compile Jinja\n(in models/a.sql:1:1)\n  --> models/a.sql:1:1\nerror: dbt1005: second\n\n========= Execution Summary =========\n",
			want: "error: dbt1502: Failed to compile Jinja (in models/a.sql:1:1) --> models/a.sql:1:1",
		},
		{
			name: "fusion_with_colors", log: "\x1b[1m\x1b[31merror:\x1b[0m dbt1005: Data type of snapshot table\n========= Execution Summary =========\n",
			want: "error: dbt1005: Data type of snapshot table",
		},
		{
			name: "fusion_of_a_node", node: "broken", log: "12:00:04 Failed model analytics.broken (table)\n[error] [DbDriverFailed (dbt1308)]: Database Error in model broken (models/broken.sql)\n  no column\n12:00:05 Passed test t\n",
			want: "[error] [DbDriverFailed (dbt1308)]: Database Error in model broken (models/broken.sql) no column",
		},
		{
			name: "of_the_node", node: "orders", log: batchError + "12:00:02  Failure in model by_day (models/by_day.sql)\n12:00:02    ERROR\n12:00:02  \n" +
				"12:00:02  Failure in model orders (models/orders.sql)\n12:00:02    Runtime Error in model orders (models/orders.sql)\n  Binder Error: no column\n12:00:02  \n",
			want: "Runtime Error in model orders (models/orders.sql): Binder Error: no column",
		},
		{
			name: "of_a_microbatch_model", node: "by_day", log: batchError + "12:00:02  Failure in model by_day (models/by_day.sql)\n12:00:02    ERROR\n12:00:02  \n",
			want: `Exception on worker thread. Runtime Error: Binder Error: no column "no_such"`,
		},
		{
			name: "model_before_test", log: "12:00:02  Failure in test unique (a.yml)\n12:00:02    Got 3 results\n12:00:02  \n12:00:02    Runtime Error in model a (a.sql)\n  no column\n",
			want: "Runtime Error in model a (a.sql): no column",
		},
		{name: "test", log: "12:00:02  Failure in test unique (a.yml)\n12:00:02    Got 3 results\n12:00:02  \n", want: "Failure in test unique (a.yml): Got 3 results"},
		{name: "of_another_node", node: "by_day", log: "12:00:02    Runtime Error in model orders (models/orders.sql)\n  Binder Error: no column\n"},
		{name: "longer_name", node: "order", log: "12:00:02    Runtime Error in model order_items (models/order.sql)\n  Binder Error: no column\n"},
		{name: "heading_alone", log: "12:00:00  Encountered an error:\n\n12:00:00  [WARNING]: Deprecated\n"},
		{
			name: "long_error", log: "12:00:00  Encountered an error:\nRuntime Error\n" + strings.Repeat("  line\n", 500),
			want: "Runtime Error: " + strings.TrimSpace(strings.Repeat("line ", 11)),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := (dbt.RunStep{Logs: tc.log}).LogErrors().First(tc.node); got != tc.want {
				t.Errorf("First(%q) = %q, want %q", tc.node, got, tc.want)
			}
		})
	}
}

func TestRunStep_LastLine(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, log, want string
	}{
		{name: "empty"},
		{name: "blank", log: " \n12:00:00  \n"},
		{name: "truncated", log: "Nothing to do.\n12:00:00", want: "Nothing to do."},
		{name: "profile", log: "Create profile from connection Snowflake\n\x1b[31mCould not decrypt the credentials.\x1b[0m\n\n", want: "Could not decrypt the credentials."},
		{name: "before_a_warning", log: "12:00:00  Nothing to do.\n12:00:00  \n12:00:00  [WARNING][DeprecationsSummary]: Deprecated\nfunctionality\n", want: "Nothing to do."},
		{name: "after_a_warning", log: "12:00:00  [WARNING]: Deprecated\nfunctionality\n12:00:01  Done.\n", want: "Done."},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := (dbt.RunStep{Logs: tc.log}).LastLine(); got != tc.want {
				t.Errorf("LastLine() = %q, want %q", got, tc.want)
			}
		})
	}
}

// TestLogErrors_First_recorded reads what dbt Core wrote in situations with and without an error.
func TestLogErrors_First_recorded(t *testing.T) {
	t.Parallel()

	const noColumn = `Runtime Error in model orders (models/marts/orders.sql): Binder Error: Referenced column "no_such_column" not found in FROM clause!`
	cases := map[string]string{
		"build": "", "compile": "", "clone": "", "docs_generate": "", "list": "", "nothing_selected": "", "retry": "", "run_operation": "", "source_freshness": "", "test": "",
		"hook_failed":    `on-run-start`,
		"interrupted":    "Exited because of keyboard interrupt",
		"jinja_error":    "Compilation Error in model extra (models/marts/extra.sql): unexpected '}', expected ')'",
		"missing_ref":    "Compilation Error: Model 'model.shop.extra' (models/marts/extra.sql) depends on a node named 'no_such' which was not found",
		"no_such_target": "Runtime Error: The profile 'shop' does not have a target named 'nowhere'.",
	}
	for _, version := range []string{"1.7", "1.9", "1.11"} {
		for situation, want := range cases {
			log := string(fixture(t, fmt.Sprintf("core/%s/%s/console.txt", version, situation)))
			got := dbt.RunStep{Logs: log}.LogErrors().First("")
			if !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("%s, %s: First() = %q, want %q", version, situation, got, want)
			}
		}
		log := string(fixture(t, fmt.Sprintf("core/%s/build_failed/console.txt", version)))
		if got := (dbt.RunStep{Logs: log}).LogErrors().First("orders"); !strings.HasPrefix(got, noColumn) {
			t.Errorf("%s: First(orders) = %q, want %q", version, got, noColumn)
		}
	}
}
