package tableau

import (
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/rest"
)

// Server is what Tableau tells of itself to everyone.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm
type ServerInfo struct {
	ProductVersion string `xml:"productVersion"`
	APIVersion     string `xml:"restApiVersion"`
}

type serverInfoResponse struct {
	Info ServerInfo `xml:"serverInfo"`
}

func (a *serverInfoResponse) validate() error {
	_, err := ParseVersion(a.Info.APIVersion)
	return err
}

// serverInfoVersion is the oldest one that has the call.
const serverInfoVersion = "2.4"

// Server asks for the versions, and settles on the server's own REST API version unless another one was asked for.
func (c *Client) ServerInfo(ctx context.Context) (ServerInfo, error) {
	r := rest.Request{Operation: "get the Tableau version", Path: []string{"api", serverInfoVersion, "serverinfo"}, Retry: rest.Preflight}
	response, err := send[serverInfoResponse](ctx, c, r)
	if err != nil {
		if hasCode(err, codeUnknownPath) {
			return ServerInfo{}, fmt.Errorf("%w; this Tableau Server is too old: personal access tokens need 2019.4 or later", err)
		}
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
