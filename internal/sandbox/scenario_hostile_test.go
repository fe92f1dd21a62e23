package sandbox

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestHostile asserts that hostile text is in the responses unchanged, except for characters that XML can't contain.
func TestHostile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "hostile-run"))
		dbt, tableau := newDBTClient(t, s), newTableauClient(t, s)
		id := dbt.trigger(s).ID
		time.Sleep(time.Hour)
		run := dbt.run(id, "?include_related=[%22run_steps%22,%22job%22]")
		if run.Status != statusError || run.StatusMessage == nil || *run.StatusMessage != hostileName() {
			t.Errorf("got status %v and message %v, want an error with the hostile message", run.Status, run.StatusMessage)
		}
		var logs strings.Builder
		for _, step := range run.RunSteps {
			logs.WriteString(step.Name + *step.Logs)
		}
		xml := tableau.get("/workbooks/" + s.scenario.Tableau.Workbooks[0].LUID)
		name := decodeTableau(t, xml).Workbook.Name
		for _, line := range hostileLines() {
			if !strings.Contains(logs.String(), line) {
				t.Errorf("the log lacks %q", line)
			}
			visible := strings.Map(func(c rune) rune {
				if c < ' ' && c != '\r' && c != '\n' && c != '\t' {
					return '\uFFFD'
				}
				return c
			}, line)
			if !strings.Contains(name, visible) {
				t.Errorf("the workbook's name lacks %q", visible)
			}
		}
		if long := decodeTableau(t, tableau.get("/workbooks/"+s.scenario.Tableau.Workbooks[1].LUID)).Workbook.Name; len([]rune(long)) != 10000 {
			t.Errorf("the long name has %d characters", len([]rune(long)))
		}
	})
}
