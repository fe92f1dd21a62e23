package config

import (
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
	url           *url.URL // only scheme and host
	accountID, id int64
}

// dbtPagePath matches the URL path of the page of a job or a run, which may be followed by a tab of the page.
var dbtPagePath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/deploy/0*([1-9][0-9]{0,17})/projects/[0-9]+/(job|run)s/0*([1-9][0-9]{0,17})(?:/|$)`)
})

// dbtID reads the ID of a job or a run, or the URL of its page.
func (l *loader) dbtID(name, kind string) dbtID {
	l.values[name] = selector.StripZeroWidth(l.text(name))
	d := dbtID{input: name, text: l.text(name)}
	if d.text == "" || d.isLatest() {
		return d
	}
	if isDigits(d.text) {
		d.id = l.integer(name, 1, math.MaxInt64)
		return d
	}
	u, err := parseURL(d.text)
	if err != nil && strings.Contains(d.text, "://") {
		l.invalid(name, d.text, "%v", err)
		return d
	}
	var match []string
	if err == nil {
		match = dbtPagePath().FindStringSubmatch(u.Path)
	}
	if match == nil || match[2] != kind { // for example, the name
		l.invalid(name, d.text, "must be a %[1]s ID or the URL of the %[1]s's page, such as "+
			"https://HOST/deploy/ACCOUNT/projects/PROJECT/%[1]ss/ID", kind)
		return d
	}
	d.accountID, _ = strconv.ParseInt(match[1], 10, 64) // at most 18 digits
	d.id, _ = strconv.ParseInt(match[3], 10, 64)
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

// dbtURL returns the URL of dbt-url, or of the page of a job or a run. Different hosts are invalid, because it would be unclear
// which host receives the token.
func (l *loader) dbtURL(ids ...dbtID) *url.URL {
	u := l.url("dbt-url")
	chosen := dbtID{input: "dbt-url", url: origin(u)}
	if u != nil {
		l.rejectHTTP(chosen.input, u)
		l.warnUnusedParts(chosen.input, u)
	} else if !slices.ContainsFunc(ids, dbtID.isURL) {
		l.require(chosen.input, " (example: https://ab123.us1.dbt.com), unless dbt-job-id or dbt-run-id is a page URL")
	}
	for _, id := range ids {
		if chosen.url == nil {
			chosen = id
		} else if id.url != nil && *id.url != *chosen.url {
			l.invalid(id.input, id.text, "contains %s, but %s contains %s", id.url, chosen.input, chosen.url)
		}
	}
	if chosen.url != nil && strings.HasSuffix(chosen.url.Hostname(), ".getdbt.com") {
		l.warn("%s: use the access URL from Account settings in dbt instead of %s, because dbt is retiring the getdbt.com hosts",
			chosen.input, chosen.url)
	}
	return chosen.url
}

// dbtAccount returns the ID of dbt-account-id, or of the page of a job or a run. Different accounts are invalid.
func (l *loader) dbtAccount(ids ...dbtID) int64 {
	chosen := dbtID{input: "dbt-account-id"}
	if l.text(chosen.input) != "" {
		chosen.accountID = l.integer(chosen.input, 1, math.MaxInt64)
	} else if !slices.ContainsFunc(ids, dbtID.isURL) {
		l.require(chosen.input, ", unless dbt-job-id or dbt-run-id is a page URL")
	}
	for _, id := range ids {
		if chosen.accountID == 0 {
			chosen = id
		} else if id.accountID != 0 && id.accountID != chosen.accountID {
			l.invalid(id.input, id.text, "contains account %d, but %s contains account %d", id.accountID, chosen.input, chosen.accountID)
		}
	}
	return chosen.accountID
}
