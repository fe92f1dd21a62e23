package sandbox

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestGetUser tests the user that Tableau's own clients request after they have signed in.
func TestGetUser(t *testing.T) {
	t.Parallel()
	c := newTableauClient(t, New(successScenario()))
	if user := decodeTableau(t, c.get("/users/"+userLUID)).User; user == nil || user.Name != ownerName || user.SiteRole != "SiteAdministratorCreator" {
		t.Errorf("user is %+v", user)
	}
	if got := errorCode(t, c.get("/users/"+ordersLUID)); got != 404002 {
		t.Errorf("code of another user is %d, want 404002", got)
	}
}

// TestForbiddenCharacters tests texts of a scenario that are not escaped, and the fault that adds some to any response.
func TestForbiddenCharacters(t *testing.T) {
	t.Parallel()
	scenario := successScenario()
	scenario.Tableau.Workbooks[0].Description = "a" + RawXML("&#11;\x00") + "b<" + RawXML("\x1b")
	s := New(scenario)
	c := newTableauClient(t, s)
	if body := c.get("/workbooks?fields=_all_").Body; !strings.Contains(body, `description="a&#11;`+"\x00b&lt;\x1b\"") {
		t.Errorf("body is %q", body)
	}
	s.AddFault(Fault{Service: "tableau", Operation: "list-projects", Kind: ForbiddenCharacters, Times: 1})
	got := c.get("/projects")
	if got.Status != http.StatusOK || !strings.Contains(got.Body, `name="Finance"`) || !strings.Contains(got.Body, forbiddenCharacters) {
		t.Errorf("status %d, body %q", got.Status, got.Body)
	}
}

// TestClockOffset asserts that every time of Tableau is on its own clock.
func TestClockOffset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		scenario.Tableau.ClockOffset = time.Hour
		s := New(scenario)
		c := newTableauClient(t, s)
		created := decodeTableau(t, c.refresh(kindWorkbook, scenario.Tableau.Workbooks[0], "<tsRequest/>")).Job.CreatedAt
		if want := formatXMLTime(time.Now().Add(time.Hour)); created != want {
			t.Errorf("created at %s, want %s", created, want)
		}
		time.Sleep(time.Minute)
		if jobs := s.Jobs(); len(jobs) != 1 || jobs[0].Status != "Success" || !jobs[0].Created.Equal(time.Now().Add(59*time.Minute)) {
			t.Errorf("jobs are %+v", jobs)
		}
	})
}

// TestFlowParameters asserts that only Query Flow returns parameters, and that a flow with a required one can't be run.
func TestFlowParameters(t *testing.T) {
	t.Parallel()
	scenario := scenarioWithFlows()
	scenario.Tableau.Flows[0].Parameters = []Parameter{{LUID: ordersLUID, Name: "Region", Required: true}}
	c := newTableauClient(t, New(scenario))
	if got := decodeTableau(t, c.get("/flows/"+flowLUID)).Flow.Parameters; len(got) != 1 || got[0].Name != "Region" || !got[0].IsRequired {
		t.Errorf("parameters are %+v", got)
	}
	if body := c.get("/flows").Body; strings.Contains(body, "Region") {
		t.Errorf("the list has parameters: %s", body)
	}
	if got := errorCode(t, c.do(http.MethodPost, "/flows/"+flowLUID+"/run", "<tsRequest/>")); got != 400000 {
		t.Errorf("code of the run is %d, want 400000", got)
	}
}

// TestJob_EarlyCode tests jobs with a finish code before they have ended.
func TestJob_EarlyCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		scenario.Tableau.Workbooks[0].EarlyCode = FinishFailed
		c := newTableauClient(t, New(scenario))
		path := "/jobs/" + decodeTableau(t, c.refresh(kindWorkbook, scenario.Tableau.Workbooks[0], "<tsRequest/>")).Job.ID
		for _, want := range []Finish{FinishFailed, FinishSuccess} {
			job := decodeTableau(t, c.get(path)).Job
			if *job.FinishCode != want || (job.CompletedAt == "") != (want == FinishFailed) {
				t.Errorf("finish code is %d, completed at %q", *job.FinishCode, job.CompletedAt)
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestNetwork_Lookup tests host names without a listener, and a DNS server that fails.
func TestNetwork_Lookup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := NewNetwork()
		defer network.Listen("known.test:80").Close()
		lookup := func(addr string) *net.DNSError {
			_, err := network.DialContext(t.Context(), "tcp", addr)
			dnsErr, _ := errors.AsType[*net.DNSError](err)
			return dnsErr
		}
		if err := lookup("known.test:443"); err != nil {
			t.Errorf("known host: %v", err)
		}
		if err := lookup("unknown.test:80"); err == nil || !err.IsNotFound {
			t.Errorf("unknown host: %v", err)
		}
		network.FailDNS(time.Minute)
		if err := lookup("known.test:443"); err == nil || err.IsNotFound || !err.IsTemporary {
			t.Errorf("DNS server that fails: %v", err)
		}
	})
}
