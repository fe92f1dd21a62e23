package tableau

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"dbt-tableau-refresh/internal/rest"
)

// signInRedirect returns the base URL to which Tableau Cloud redirects a sign-in from another of its hosts, or nil if err is
// not such a redirect. Credentials are sent only over https, and only to a host with the same registrable domain.
func (c *Client) signInRedirect(err error) *url.URL {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || status.Location == nil {
		return nil
	}
	from, to := c.rest.Base(), status.Location
	if from.Scheme != "https" || to.Scheme != "https" || to.Host == from.Host || !sameDomain(from.Hostname(), to.Hostname()) ||
		to.Path != "" && !strings.HasSuffix(to.Path, "/auth/signin") {
		return nil
	}
	return &url.URL{Scheme: to.Scheme, Host: to.Host}
}

func sameDomain(a, b string) bool {
	if net.ParseIP(a) != nil || net.ParseIP(b) != nil {
		return false
	}
	domainA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	domainB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && domainA == domainB
}
