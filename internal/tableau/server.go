package tableau

import (
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/rest"
)

// ServerInfo contains the versions that Tableau reports without a session.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm
type ServerInfo struct {
	ProductVersion string `xml:"productVersion"`
	APIVersion     string `xml:"restApiVersion"`
}

type serverInfoResponse struct {
	Info ServerInfo `xml:"serverInfo"`
}

func (r *serverInfoResponse) validate() error {
	_, err := ParseVersion(r.Info.APIVersion)
	return err
}

// serverInfoVersion is the oldest REST API version with this request.
const serverInfoVersion = "2.4"

// ServerInfo requests the versions. From then on, the client uses the server's own REST API version, unless Options set
// another. With that, the versions are empty if Tableau refuses the request: a sign-in can work nevertheless.
// https://github.com/tableau/server-client-python/issues/1213
func (c *Client) ServerInfo(ctx context.Context) (ServerInfo, error) {
	r := rest.Request{Operation: "get the Tableau version", Path: []string{"api", serverInfoVersion, "serverinfo"}, Retry: rest.Preflight}
	response, err := send[serverInfoResponse](ctx, c, r)
	switch {
	case isRejected(err) && c.version != (Version{}):
		c.rest.Note(fmt.Sprintf("%v: tableau-api-version %s is used", err, c.version))
		return ServerInfo{}, nil
	case hasCode(err, codeUnknownPath):
		return ServerInfo{}, fmt.Errorf("%w; this Tableau Server is too old: personal access tokens need 2019.4 or later", err)
	case err != nil:
		return ServerInfo{}, err
	}
	serverVersion, err := ParseVersion(response.Info.APIVersion)
	if err != nil {
		return ServerInfo{}, err
	}
	if c.version == (Version{}) {
		c.version = serverVersion
	}
	return response.Info, nil
}
