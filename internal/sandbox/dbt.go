package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// firstRunID has 14 digits, as the IDs of the dbt platform have today: more than fit into 32 bits.
const firstRunID = 70471801200113

// dbtCloud is the state of the dbt platform.
type dbtCloud struct {
	mu      sync.Mutex
	account Account
	start   time.Time
	// runs are those of all jobs, by ID, which is the order of their creation.
	runs []*run
	// plannedRuns are runs that a client does not start, in the order of their times.
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
		{"list-accounts", http.MethodGet, "/api/v2/accounts/{$}", c.listAccounts},
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

// authorize checks the token and the account, which the real API does before everything else.
func (c *dbtCloud) authorize(operation string, r *http.Request, _ time.Time) *reply {
	// The real redirect comes from a layer that does not know tokens.
	if operation == "append-slash" || operation == "unknown" {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if (scheme != "Bearer" && scheme != "Token") || token != c.account.Token {
		return new(dbtError(http.StatusUnauthorized, "Unauthorized: Invalid or expired token."))
	}
	if operation != "method-not-allowed" && operation != "list-accounts" && r.PathValue("account") != strconv.FormatInt(c.account.ID, 10) {
		return new(dbtNotFound())
	}
	return nil
}

// lacksSlash reports whether the real API redirects the path to the one with a trailing slash. Paths of artifacts have
// none.
func lacksSlash(path string) bool {
	return strings.HasPrefix(path, "/api/") && !strings.HasSuffix(path, "/") && !strings.Contains(path, "/artifacts/")
}

// appendSlash redirects as the real API does. A client that follows the redirect turns a POST into a GET.
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

// dbtNotFound is the response for a resource that does not exist or is not visible to the token, as in the real API.
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
