package sandbox

import "time"

// JobRecord is a Tableau job that a client of the API started: a refresh, or a run of a flow.
type JobRecord struct {
	LUID string
	// Type is workbook, datasource or flow; Target is the LUID of that item.
	Type, Target string
	// Task is the LUID of the extract refresh task that was run. Empty: the item was refreshed without one.
	Task        string
	Incremental bool
	// Status is Tableau's word: Pending, InProgress, Success, Failed, Cancelled.
	Status string
	// Cancels counts how often a client asked to cancel it.
	Cancels int
	// Created, Started and Ended are zero as long as they have not happened.
	Created, Started, Ended time.Time
}

// Jobs returns every Tableau job that was started by the API, in the order of creation.
func (s *Sandbox) Jobs() []JobRecord {
	return s.tableau.records(time.Now())
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
