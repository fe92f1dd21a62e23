package tableau

import (
	"strings"
	"testing"
)

// FuzzDecode checks that a body is either valid or returns an error, and that a job is a success only with the finish codes of a
// success.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`<tsResponse xmlns="http://tableau.com/api"><job id="a" finishCode="0" completedAt="2026-11-23T10:00:00Z"/></tsResponse>`,
		`<ns0:tsResponse xmlns:ns0="http://tableau.com/api"><ns0:job id="a" finishCode="3"/></ns0:tsResponse>`,
		`<tsResponse><job id="a" finishCode=""/><warnings><warning errorCode="1" id="w" message="m"/></warnings></tsResponse>`,
		`<tsResponse><credentials token="t"><site id="s"/></credentials></tsResponse>`,
		`<tsResponse><pagination totalAvailable="x"/><workbooks><workbook id="1" hasExtracts="maybe"/></workbooks></tsResponse>`,
		`<tsResponse><error code="409093"><detail>retry after 29 minutes</detail></error></tsResponse>`,
		`<html><title>no</title></html>`, ``, "\x00", `<tsResponse>`, `<a/>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var job jobResponse
		if err := decode(body, &job); err == nil && job.Job.ID == "" {
			t.Errorf("decode(%q) returned a job without an ID", body)
		}
		code := strings.TrimSpace(job.Job.FinishCode)
		if job.Job.State() == JobSucceeded && strings.Trim(code, "+0") != "" && strings.TrimLeft(code, "+0") != "3" {
			t.Errorf("finish code %q is a success", code)
		}
		_ = job.Job.FailureReason()
		var signIn signInResponse
		if err := decode(body, &signIn); err == nil && (signIn.Credentials.Token == "" || signIn.Credentials.Site.ID == "") {
			t.Errorf("decode(%q) returned a session without a token or a site", body)
		}
		for _, payload := range []any{&page[Item]{}, &page[project]{}, &taskResponse{}, &itemResponse{}, &page[jobRow]{}, &serverInfoResponse{}} {
			_ = decode(body, payload) // must not panic
		}
	})
}
