package config

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/selector"
)

// dbtID is the value of dbt-job-id or dbt-run-id: an ID, or the URL of a page. url and accountID are set only for a URL, and
// id is 0 for dbt-run-id: latest.
type dbtID struct {
	input, text   string
	url           *url.URL
	accountID, id int64
}

// dbtPagePath matches the URL path of the page of a job or a run, which may be followed by a tab of the page.
var dbtPagePath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/deploy/([0-9]+)/projects/[0-9]+/(job|run)s/([0-9]+)(?:/|$)`)
})

// dbtID reads the ID of a job or a run, or the URL of its page.
func (l *loader) dbtID(name, kind string) dbtID {
	l.values[name] = selector.StripZeroWidth(l.text(name))
	d := dbtID{input: name, text: l.text(name)}
	notID := fmt.Sprintf("must be a %[1]s ID or the URL of the %[1]s's page, such as https://HOST/deploy/ACCOUNT/projects/PROJECT/%[1]ss/ID", kind)
	if d.text == "" || d.isLatest() {
		return d
	}
	if _, err := parseURL(d.text); !isDigits(d.text) && (!d.isURL() || err != nil && !strings.Contains(d.text, "://")) {
		l.invalid(name, d.text, "%s", notID) // for example, the name
		return d
	}
	if !d.isURL() {
		d.id = l.integer(name, 1, math.MaxInt64)
		return d
	}
	u := l.url(name)
	if u == nil {
		return d
	}
	match := dbtPagePath().FindStringSubmatch(u.Path)
	if match == nil || match[2] != kind {
		l.invalid(name, d.text, "%s", notID)
		return d
	}
	var errAccount, errID error
	d.accountID, errAccount = strconv.ParseInt(match[1], 10, 64)
	d.id, errID = strconv.ParseInt(match[3], 10, 64)
	if errAccount != nil || errID != nil || d.accountID == 0 || d.id == 0 {
		l.invalid(name, d.text, "contains an ID that is zero or too large")
	}
	d.url = origin(u)
	l.rejectHTTP(name, u)
	return d
}

func (d dbtID) isLatest() bool { return d.input == "dbt-run-id" && d.text == "latest" }

func (d dbtID) isURL() bool { return strings.Contains(d.text, "/") }

func (l *loader) rejectHTTP(name string, u *url.URL) {
	if isUnencrypted(u) {
		l.invalid(name, l.text(name), "must start with https://, so that the token is not sent unencrypted")
	}
}

// dbtURL returns the URL of dbt-url, or of the page of a job or a run. Inputs with different hosts are invalid, because it
// would be unclear which host receives the token.
func (l *loader) dbtURL(ids ...dbtID) *url.URL {
	input, source := l.url("dbt-url"), "dbt-url"
	chosen := origin(input)
	if input != nil {
		l.rejectHTTP(source, input)
		l.warnUnusedParts(source, input)
	}
	for _, id := range ids {
		switch {
		case id.url == nil:
		case chosen == nil && l.text("dbt-url") == "":
			chosen, source = id.url, id.input
		case chosen != nil && *chosen != *id.url:
			l.invalid(id.input, id.text, "is on %s, but %s is on %s", id.url, source, chosen)
		}
	}
	if chosen == nil && !slices.ContainsFunc(ids, dbtID.isURL) {
		l.require("dbt-url", ", such as https://ab123.us1.dbt.com, unless dbt-job-id or dbt-run-id is a page URL")
	}
	if chosen != nil && strings.HasSuffix(chosen.Hostname(), ".getdbt.com") {
		l.warn("%s: use the access URL from Account settings in dbt instead of %s, because dbt is retiring the getdbt.com hosts", source, chosen)
	}
	return chosen
}

// dbtAccount returns the ID of dbt-account-id, or of the page of a job or a run. Different accounts are invalid.
func (l *loader) dbtAccount(ids ...dbtID) int64 {
	const name = "dbt-account-id"
	var chosen int64
	source := name
	if l.text(name) != "" {
		chosen = l.integer(name, 1, math.MaxInt64)
	}
	for _, id := range ids {
		switch {
		case id.accountID == 0:
		case chosen == 0 && l.text(name) == "":
			chosen, source = id.accountID, id.input
		case chosen != 0 && chosen != id.accountID:
			l.invalid(id.input, id.text, "is in account %d, but %s is in account %d", id.accountID, source, chosen)
		}
	}
	if chosen == 0 && !slices.ContainsFunc(ids, dbtID.isURL) {
		l.require(name, ", unless dbt-job-id or dbt-run-id is a page URL")
	}
	return chosen
}
