package sandbox

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInputs(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, scenario string
		want           map[string]string
	}{
		{
			name: "both", scenario: "success",
			want: map[string]string{
				"dbt-url": "https://dbt.test", "dbt-token": "sandbox-dbt-token", "dbt-account-id": "70471823456101", "dbt-job-id": "70471823457404",
				"tableau-url": "https://tableau.test", "tableau-site": "nordlys", "tableau-token-name": "github-actions", "tableau-token-value": "sandbox-tableau-token",
				"tableau-workbooks":   "6b7179ba-b82b-4f0f-91ed-812074ac5da6\n1f3a9c58-27d4-4be0-8a6e-5d90c7e1b243\nd2c8e6b0-9f41-4d7a-b35c-0e8a6f1d7c92",
				"tableau-datasources": "9dbd2263-16b5-46e1-9c43-a76bb8ab65fb\ne4a6b8c0-d2f4-4617-a839-5b7c9d1e3f50",
			},
		},
		{
			name: "dbt_alone", scenario: "dbt-only",
			want: map[string]string{"dbt-url": "https://dbt.test", "dbt-token": "sandbox-dbt-token", "dbt-account-id": "70471823456101", "dbt-job-id": "70471823457404"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got := New(findScenario(t, tc.scenario)).Inputs("https://dbt.test", "https://tableau.test")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestScenarioInputs asserts which inputs each scenario changes.
func TestScenarioInputs(t *testing.T) {
	t.Parallel()

	cases := []struct {
		scenario string
		// changed are the inputs that differ from those of Inputs. An empty one was removed.
		changed map[string]string
	}{
		{scenario: "success", changed: map[string]string{}},
		{
			scenario: "by-name",
			changed: map[string]string{
				"tableau-workbooks": "Finance/Weekly/Weekly revenue\ntag:after-dbt\nhttps://tableau.test/#/site/nordlys/views/MarginPLEMEA/Overview?:iid=1\n" +
					`/Sales & Marketing/Weekly/Cost, plan \/ actual & more`,
				"tableau-datasources": "Orders\nhttps://tableau.test/#/site/nordlys/datasources/31822",
			},
		},
		{
			scenario: "tasks",
			changed: map[string]string{
				"tableau-workbooks": "", "tableau-datasources": "", "tableau-schedules": "Weekday mornings",
				"tableau-tasks": "7a5c0000-0000-4000-8000-000000000004\n7a5c0000-0000-4000-8000-000000000005",
			},
		},
		{
			scenario: "connected-app",
			changed: map[string]string{
				"tableau-token-name": "", "tableau-token-value": "", "tableau-username": "analytics@nordlys.example",
				"tableau-connected-app-client-id":    "0a99c11e-0000-4000-8000-0000000000c1",
				"tableau-connected-app-secret-id":    "0a995ec2-0000-4000-8000-0000000000c2",
				"tableau-connected-app-secret-value": "sandbox-tableau-app-secret",
			},
		},
		{scenario: "flows", changed: map[string]string{"tableau-flows": "Certified data/Clean orders\nCustomers → CRM"}},
		{scenario: "cloud", changed: map[string]string{"tableau-tasks": "7a5c0000-0000-4000-8000-000000000001\n7a5c0000-0000-4000-8000-000000000003"}},
		{scenario: "exposures", changed: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-discover": "exposures"}},
		{scenario: "lineage", changed: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-discover": "lineage"}},
	}
	for _, tc := range cases {
		t.Run(tc.scenario, func(t *testing.T) {
			t.Parallel()

			s := New(findScenario(t, tc.scenario))
			plain, full := s.Inputs("https://dbt.test", "https://tableau.test"), s.ScenarioInputs("https://dbt.test", "https://tableau.test")
			if diff := cmp.Diff(tc.changed, changedInputs(plain, full)); diff != "" {
				t.Errorf("what differs (-want +got):\n%s", diff)
			}
		})
	}
}

// changedInputs returns the values of second that first does not have. What only first has is empty.
func changedInputs(first, second map[string]string) map[string]string {
	found := maps.Clone(second)
	for name, value := range first {
		if second[name] == value {
			delete(found, name)
		} else {
			found[name] = second[name]
		}
	}
	return found
}
