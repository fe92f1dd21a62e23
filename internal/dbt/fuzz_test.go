package dbt

import "testing"

// FuzzDecode: every body results in a run with an ID, or in an error.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"status":{"code":200,"is_success":true},"data":{"id":70471800000001,"status":10,"created_at":"2026-11-23 10:00:00.123456+00:00"}}`,
		`{"status":{"code":200,"is_success":false,"user_message":"no"},"data":null}`,
		`{"data":{"id":"7","status":"10"}}`, `{"data":[]}`, `{"data":{"id":1e3,"run_steps":[null,{}]}}`, `[]`, `null`, ``, "\x00", `{"data":{"id":-1}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		run, err := decode[Run](body)
		if err == nil && run.ID == 0 {
			t.Errorf("decode(%q) returned a run without an ID", body)
		}
		if run.Status == Success && !run.Ended() {
			t.Error("a run that succeeded has not ended")
		}
		_ = run.Duration()
		_ = run.Status.String()
	})
}
