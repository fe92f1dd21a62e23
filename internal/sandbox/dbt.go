package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// firstRunID is of today's length: 14 digits, more than 32 bits hold.
const firstRunID = 70471801200113

// dbtCloud is the state of the dbt half.
type dbtCloud struct {
	mu      sync.Mutex
	account Account
	start   time.Time
	// runs of all jobs in the order of their ids, which is that of their creation.
	runs []*run
	// others are runs that somebody else will start, in the order of their times.
	plannedRuns []plannedRun
}

func newDBTCloud(account Account, now time.Time) *dbtCloud {
	c := &dbtCloud{account: account, start: now}
	c.plannedRuns = plannedRuns(account)
	c.advance(now)
	return c
}

func (c *dbtCloud) handler(rec *recorder, f *faultList) http.Handler {
	s := service{
		name:      "dbt",
		mu:        &c.mu,
		recorder:  rec,
		faults:    f,
		advance:   c.advance,
		authorize: c.authorize,
		notFound: func(*http.Request, time.Time) reply {
			return reply{status: http.StatusNotFound, contentType: "text/html; charset=utf-8", body: []byte("<h1>Not Found</h1>")}
		},
		notAllowed: func(r *http.Request, _ time.Time) reply {
			return dbtJSON(http.StatusMethodNotAllowed, map[string]string{"detail": `Method "` + r.Method + `" not allowed.`})
		},
	}
	mux := s.mux(c.routes())
	slash := s.handler(route{operation: "append-slash", handle: appendSlash})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if lacksSlash(r.URL.Path) {
			slash.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (c *dbtCloud) routes() []route {
	const (
		account = "/api/v2/accounts/{account}/"
		job     = account + "jobs/{job}/"
		run     = account + "runs/{run}/"
	)
	return []route{
		{"get-account", http.MethodGet, account + "{$}", c.getAccount},
		{"list-jobs", http.MethodGet, account + "jobs/{$}", c.listJobs},
		{"get-job", http.MethodGet, job + "{$}", c.getJob},
		{"trigger-run", http.MethodPost, job + "run/{$}", c.triggerRun},
		{"list-runs", http.MethodGet, account + "runs/{$}", c.listRuns},
		{"get-run", http.MethodGet, run + "{$}", c.getRun},
		{"cancel-run", http.MethodPost, run + "cancel/{$}", c.cancelRun},
		{"get-retry", http.MethodGet, run + "retry/{$}", c.getRetry},
		{"retry-run", http.MethodPost, run + "retry/{$}", c.retryRun},
		{"list-artifacts", http.MethodGet, run + "artifacts/{$}", c.listArtifacts},
		{"get-artifact", http.MethodGet, run + "artifacts/{path...}", c.getArtifact},
		{"get-step", http.MethodGet, account + "steps/{step}/{$}", c.getStep},
	}
}

// check is what the real API does before it looks at the call: who asks, and may they see this account?
func (c *dbtCloud) authorize(operation string, r *http.Request, _ time.Time) *reply {
	// The redirect comes from a layer in front of the one that knows tokens.
	if operation == "append-slash" || operation == "unknown" {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if (scheme != "Bearer" && scheme != "Token") || token != c.account.Token {
		return new(dbtError(http.StatusUnauthorized, "Unauthorized: Invalid or expired token."))
	}
	if operation != "method-not-allowed" && r.PathValue("account") != strconv.FormatInt(c.account.ID, 10) {
		return new(dbtNotFound())
	}
	return nil
}

// lacksSlash tells an address that the real API sends on to the one with a slash. An artifact's path ends without.
func lacksSlash(path string) bool {
	return strings.HasPrefix(path, "/api/") && !strings.HasSuffix(path, "/") && !strings.Contains(path, "/artifacts/")
}

// appendSlash answers as the real API does. A client that follows it turns its POST into a GET.
func appendSlash(r *http.Request, _ time.Time) reply {
	target := *r.URL
	target.Path += "/"
	return reply{status: http.StatusMovedPermanently, location: target.RequestURI()}
}

type dbtStatus struct {
	Code             int    `json:"code"`
	IsSuccess        bool   `json:"is_success"`
	UserMessage      string `json:"user_message"`
	DeveloperMessage string `json:"developer_message"`
}

type dbtEnvelope struct {
	Status dbtStatus `json:"status"`
	Data   any       `json:"data"`
	Extra  any       `json:"extra,omitempty"`
}

func dbtData(data any) reply {
	return dbtJSON(http.StatusOK, dbtEnvelope{Status: dbtStatus{Code: http.StatusOK, IsSuccess: true, UserMessage: "Success!"}, Data: data})
}

func dbtError(status int, message string) reply {
	return dbtJSON(status, dbtEnvelope{Status: dbtStatus{Code: status, UserMessage: message}})
}

// dbtNotFound answers for what is not there and for what the token may not see: the real API does not tell them apart.
func dbtNotFound() reply {
	return dbtError(http.StatusNotFound, "The requested resource was not found. Please check that you have the proper permissions.")
}

func dbtJSON(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		return reply{status: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	return reply{status: status, contentType: "application/json", body: body}
}
