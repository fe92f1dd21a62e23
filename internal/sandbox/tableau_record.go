package sandbox

import "time"

// JobRecord is a Tableau job that a client started: a refresh, or a run of a flow.
type JobRecord struct {
	LUID string
	// Type is workbook, datasource, or flow; Target is the LUID of the item.
	Type, Target string
	// Task is the LUID of the extract refresh task that was run. Default: none.
	Task        string
	Incremental bool
	// Status is Tableau's: Pending, InProgress, Success, Failed, Cancelled.
	Status string
	// Cancels counts the cancel requests.
	Cancels int
	// Created, Started, and Ended are zero until then.
	Created, Started, Ended time.Time
}

// Jobs returns all Tableau jobs that clients have started, in the order of creation.
func (s *Sandbox) Jobs() []JobRecord {
	return s.tableau.records(time.Now().Add(s.scenario.Tableau.ClockOffset))
}

func (t *tableauServer) records(now time.Time) []JobRecord {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(now)
	var records []JobRecord
	for _, j := range t.queue.jobs {
		if j.byClient {
			records = append(records, JobRecord{
				LUID: j.luid, Type: string(j.kind), Target: j.item.LUID, Task: j.task, Incremental: j.incremental, Status: j.status(),
				Cancels: j.cancels, Created: j.created, Started: j.started, Ended: j.ended,
			})
		}
	}
	return records
}
