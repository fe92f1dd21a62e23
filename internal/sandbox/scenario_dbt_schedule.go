package sandbox

import "time"

// dbtScheduleScenario is a job that a dbt schedule starts every night. A pull request is checked at the same time.
func dbtScheduleScenario() Scenario {
	s := successScenario()
	s.Name = "dbt-schedule"
	s.Description = "A dbt schedule started the run. The step follows it with dbt-run-id: latest, and starts no run."
	s.Inputs = map[string]string{"dbt-run-id": "latest"}
	job := &s.DBT.Jobs[0]
	job.Cron = "30 4 * * *"
	for i := range job.OtherRuns {
		job.OtherRuns[i].Cause, job.OtherRuns[i].Category = "Scheduled", "scheduled"
	}
	job.OtherRuns = append(job.OtherRuns,
		OtherRun{At: -90 * time.Second, Cause: "Scheduled", Category: "scheduled"},
		OtherRun{At: -20 * time.Second, Cause: "Pull request 17", Category: "ci", PullRequestID: 17},
	)
	return s
}
