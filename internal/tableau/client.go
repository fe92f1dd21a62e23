// Package tableau is a client of Tableau's REST API (XML) and Metadata API (GraphQL), with one file for each resource. It
// takes credentials and content selectors, and returns items, jobs, and lineage. XML is decoded by local names, because
// prefixes and namespaces differ between versions.
//
// It must never send a start again without a search for its job, if the user can list jobs. It must never use more than one session, or depend on the language of Tableau's texts.
//
// API reference: https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref.htm
package tableau

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// Client sends requests to one site of Tableau Cloud or of a Tableau Server. It is safe for concurrent use after SignIn.
type Client struct {
	rest        *rest.Client
	version     Version
	session     session
	clockOffset atomic.Pointer[time.Duration] // Tableau's time minus local time, or up to a second less; nil if unknown
	// itemsByJob caches the items of jobs, which the list of jobs does not include: LUIDs in lower case.
	itemsByJob  sync.Map
	jobRequests singleflight.Group
}

// Options are the URL of Tableau, the site, and the credentials.
type Options struct {
	REST rest.Options
	// Site is the content URL of the site; "" is the default site of a Tableau Server.
	Site        string
	Credentials Credentials
	// Version is the REST API version to use; zero selects the server's own version.
	Version Version
	// OnSecret is called with each session token and JWT before it is first sent. It can be nil.
	OnSecret func(secret string)
}

// New returns a client that is not signed in yet.
func New(options Options) (*Client, error) {
	options.REST.Service = "Tableau"
	options.REST.ParseError = parseError
	client, err := rest.New(options.REST)
	if err != nil {
		return nil, err
	}
	if options.OnSecret == nil {
		options.OnSecret = func(string) {}
	}
	host := selector.Host(options.REST.Base)
	return &Client{
		rest:    client,
		version: options.Version,
		session: session{host: host, site: options.Site, credentials: options.Credentials, onSecret: options.OnSecret},
	}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.rest.Close() }

// Version returns the REST API version in use. It is zero before ServerInfo, unless Options set it.
func (c *Client) Version() Version { return c.version }

// call sends a request in the session, to a path below the site. Only the list of schedules is not below a site.
func call[T any](ctx context.Context, c *Client, r rest.Request, path ...string) (T, error) {
	r.RetryPages = true
	for {
		identity := c.session.current()
		r.Path = []string{"api", c.version.String()}
		if len(path) > 1 || path[0] != schedulesPath {
			r.Path = append(r.Path, "sites", identity.siteLUID)
		}
		r.Path = append(r.Path, path...)
		r.Header = http.Header{"X-Tableau-Auth": {identity.token}}
		response, err := send[T](ctx, c, r)
		if !hasStatus(err, http.StatusUnauthorized) || r.Retry == (rest.RetryTimes{}) {
			return response, err // a request that is not retried does not renew the session either
		}
		// A request that got 401 had no effect, so any request can be sent again.
		if err := c.renew(ctx, identity.token, requiredScope(r.Method, path), err); err != nil {
			return response, err
		}
	}
}

// requiredScope returns the scope that a connected app needs for a request.
func requiredScope(method string, path []string) string {
	if method == http.MethodPost {
		return ScopeRun
	}
	scopes := map[string]string{"jobs": ScopeJobs, "tasks": ScopeTasks, schedulesPath: ScopeTasks, "flows": ScopeFlows}
	return cmp.Or(scopes[path[0]], ScopeContent)
}

// send sends a request and decodes its response. T is a struct of the expected children of tsResponse.
func send[T any](ctx context.Context, c *Client, r rest.Request) (T, error) {
	var response T
	r.Method = cmp.Or(r.Method, http.MethodGet)
	r.Accept, r.ContentType = "application/xml", "text/xml"
	r.Decode = func(body []byte) error {
		var attempt T // a truncated response must not leave its fields to the next attempt
		err := decode(body, &attempt)
		response = attempt
		return err
	}
	header, err := c.rest.Do(ctx, r)
	c.setClock(header, err == nil)
	if err != nil {
		return response, c.withHint(err)
	}
	return response, nil
}

// setClock reads the Date header of a response, which has a resolution of one second. An error might come from a proxy with
// another clock: it only counts as long as the offset is unknown.
func (c *Client) setClock(header http.Header, ok bool) {
	date, err := http.ParseTime(header.Get("Date"))
	if err == nil && (ok || c.clockOffset.Load() == nil) {
		c.clockOffset.Store(new(time.Until(date)))
	}
}

func (c *Client) offset() time.Duration {
	if offset := c.clockOffset.Load(); offset != nil {
		return *offset
	}
	return 0
}

// ServerTime returns the time on Tableau's clock in UTC, or up to a second before. The times of jobs must only be compared
// with this clock.
func (c *Client) ServerTime() time.Time { return time.Now().Add(c.offset()).UTC() }

// negligibleOffset is the offset below which the two clocks count as equal, because the Date header has whole seconds.
const negligibleOffset = 2 * time.Second

// LocalTime converts a time on Tableau's clock to local time; the zero time stays zero.
func (c *Client) LocalTime(serverTime time.Time) time.Time {
	offset := c.offset()
	if serverTime.IsZero() || offset.Abs() < negligibleOffset {
		return serverTime
	}
	return serverTime.Add(-offset)
}

// ServerInfo contains the versions that Tableau reports without a session.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm
type ServerInfo struct {
	ProductVersion string `xml:"productVersion"`
	APIVersion     string `xml:"restApiVersion"`
}

type serverInfoResponse struct {
	Info ServerInfo `xml:"serverInfo"`
}

func (r *serverInfoResponse) isValid() bool {
	_, err := ParseVersion(r.Info.APIVersion)
	return err == nil
}

// ServerInfo requests the versions. From then on, the client uses the server's own REST API version, unless Options set
// another. With that, the versions are empty if Tableau refuses the request: a sign-in can work nevertheless.
// https://github.com/tableau/server-client-python/issues/1213
func (c *Client) ServerInfo(ctx context.Context) (ServerInfo, error) {
	path := []string{"api", "2.4", "serverinfo"} // the oldest version that has this request
	r := rest.Request{Operation: "get the Tableau version", Path: path, Retry: rest.Preflight}
	response, err := send[serverInfoResponse](ctx, c, r)
	switch {
	case isRejected(err) && c.version != (Version{}):
		c.rest.Note(fmt.Sprintf("%v. Using tableau-api-version %s", err, c.version))
		return ServerInfo{}, nil
	case err != nil:
		return ServerInfo{}, err
	}
	if c.version == (Version{}) {
		c.version, err = ParseVersion(response.Info.APIVersion)
	}
	return response.Info, err
}

// Version is a version of the REST API. The zero value means that it is not set.
type Version struct{ Major, Minor int }

// ParseVersion parses a version such as 3.10, which is newer than 3.9.
func ParseVersion(text string) (Version, error) {
	majorText, minorText, ok := strings.Cut(strings.TrimSpace(text), ".")
	major, majorErr := strconv.ParseUint(majorText, 10, 31)
	minor, minorErr := strconv.ParseUint(minorText, 10, 31)
	if !ok || majorErr != nil || minorErr != nil {
		return Version{}, fmt.Errorf("%q is not a REST API version such as 3.19", text)
	}
	return Version{int(major), int(minor)}, nil
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// AtLeast reports whether v is the given version or a newer one.
func (v Version) AtLeast(major, minor int) bool {
	return cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor)) >= 0
}

// SupportsIncremental reports whether a refresh request can ask for an incremental refresh, as of version 3.25.
func (v Version) SupportsIncremental() bool { return v.AtLeast(3, 25) }
