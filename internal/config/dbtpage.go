package config

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// dbtPage is what dbt-job-id or dbt-run-id says. url and account are set for an address only.
type dbtPage struct {
	input, text string
	url         *url.URL
	account, id int64
}

// dbtPath is the path of the page of a job or a run. What follows the number is a tab of it.
var dbtPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/deploy/([0-9]+)/projects/[0-9]+/(job|run)s/([0-9]+)(?:/|$)`)
})

// dbtPage reads the number of a job or run, or the address of its page.
func (l *loader) dbtPage(name, kind string) dbtPage {
	page := dbtPage{input: name, text: l.text(name)}
	if page.text == "" {
		return page
	}
	if !page.isAddress() {
		page.id = l.integer(name, 1, math.MaxInt64)
		return page
	}
	u := l.address(name)
	if u == nil {
		return page
	}
	match := dbtPath().FindStringSubmatch(u.Path)
	if match == nil || match[2] != kind {
		l.problem(name, page.text, "must be a number or the address of a %[1]s's page, like https://HOST/deploy/ACCOUNT/projects/PROJECT/%[1]ss/NUMBER", kind)
		return page
	}
	var errAccount, errID error
	page.account, errAccount = strconv.ParseInt(match[1], 10, 64)
	page.id, errID = strconv.ParseInt(match[3], 10, 64)
	if errAccount != nil || errID != nil || page.account == 0 || page.id == 0 {
		l.problem(name, page.text, "holds a number that is zero or too large")
	}
	page.url = origin(u)
	l.refuseHTTP(name, u)
	return page
}

func (p dbtPage) isAddress() bool { return strings.Contains(p.text, "/") }

func (l *loader) refuseHTTP(name string, u *url.URL) {
	if exposed(u) {
		l.problem(name, l.text(name), "must start with https://: the token must not travel in the clear")
	}
}

// dbtURL settles on one host. Two sources that differ are a mistake: the token would
// go to one of the hosts by chance.
func (l *loader) dbtURL(pages ...dbtPage) *url.URL {
	given, source := l.address("dbt-url"), "dbt-url"
	chosen := origin(given)
	if given != nil {
		l.refuseHTTP(source, given)
		l.warnUnused(source, given)
	}
	for _, page := range pages {
		switch {
		case page.url == nil:
		case chosen == nil && l.text("dbt-url") == "":
			chosen, source = page.url, page.input
		case chosen != nil && *chosen != *page.url:
			l.problem(page.input, page.text, "is on %s, but %s says %s", page.url, source, chosen)
		}
	}
	if chosen == nil && !slices.ContainsFunc(pages, dbtPage.isAddress) {
		l.require("dbt-url", ", like https://ab123.us1.dbt.com, unless dbt-job-id or dbt-run-id is the address of its page")
	}
	if chosen != nil && strings.HasSuffix(chosen.Hostname(), ".getdbt.com") {
		l.warn("%s: dbt retires the addresses under getdbt.com; use the access URL from Account settings in dbt instead of %s", source, chosen)
	}
	return chosen
}

// dbtAccount settles on one account, like dbtURL on one host.
func (l *loader) dbtAccount(pages ...dbtPage) int64 {
	const name = "dbt-account-id"
	var chosen int64
	source := name
	if l.text(name) != "" {
		chosen = l.integer(name, 1, math.MaxInt64)
	}
	for _, page := range pages {
		switch {
		case page.account == 0:
		case chosen == 0 && l.text(name) == "":
			chosen, source = page.account, page.input
		case chosen != 0 && chosen != page.account:
			l.problem(page.input, page.text, "is in account %d, but %s says %d", page.account, source, chosen)
		}
	}
	if chosen == 0 && !slices.ContainsFunc(pages, dbtPage.isAddress) {
		l.require(name, ", unless dbt-job-id or dbt-run-id is the address of its page")
	}
	return chosen
}
