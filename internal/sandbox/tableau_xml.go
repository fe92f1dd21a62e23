package sandbox

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"time"
)

// tsResponse is the root of each response. Exactly one element is set, besides the pagination of a list.
type tsResponse struct {
	XMLName        xml.Name          `xml:"http://tableau.com/api tsResponse"`
	Instance       string            `xml:"xmlns:xsi,attr"`
	SchemaLocation string            `xml:"xsi:schemaLocation,attr"`
	Pagination     *xmlPagination    `xml:"pagination"`
	Error          *xmlError         `xml:"error"`
	Credentials    *xmlCredentials   `xml:"credentials"`
	ServerInfo     *xmlServerInfo    `xml:"serverInfo"`
	User           *xmlUser          `xml:"user"`
	Projects       *xmlProjects      `xml:"projects"`
	Workbook       *xmlItem          `xml:"workbook"`
	Workbooks      *xmlWorkbooks     `xml:"workbooks"`
	DataSource     *xmlItem          `xml:"datasource"`
	DataSources    *xmlDataSources   `xml:"datasources"`
	Flow           *xmlFlow          `xml:"flow"`
	Flows          *xmlFlows         `xml:"flows"`
	FlowRun        *xmlFlowRun       `xml:"flowRun"`
	FlowRuns       *xmlFlowRuns      `xml:"flowRuns"`
	Views          *xmlViewList      `xml:"views"`
	Connections    *xmlConnections   `xml:"connections"`
	Task           *xmlTask          `xml:"task"`
	Tasks          *xmlTasks         `xml:"tasks"`
	Schedule       *xmlSchedule      `xml:"schedule"`
	Schedules      *xmlSchedules     `xml:"schedules"`
	Extracts       *xmlExtracts      `xml:"extracts"`
	Job            *xmlJob           `xml:"job"`
	BackgroundJobs *xmlBackgroundJob `xml:"backgroundJobs"`
}

type xmlPagination struct {
	PageNumber     int `xml:"pageNumber,attr"`
	PageSize       int `xml:"pageSize,attr"`
	TotalAvailable int `xml:"totalAvailable,attr"`
}

type xmlError struct {
	Code    int    `xml:"code,attr"`
	Summary string `xml:"summary"`
	Detail  string `xml:"detail"`
}

// xmlReference is an element that only refers to something.
type xmlReference struct {
	ID         string `xml:"id,attr,omitempty"`
	Name       string `xml:"name,attr,omitempty"`
	ContentURL string `xml:"contentUrl,attr,omitempty"`
	Type       string `xml:"type,attr,omitempty"`
}

func tableauXML(status int, answer tsResponse) reply {
	answer.Instance = "http://www.w3.org/2001/XMLSchema-instance"
	answer.SchemaLocation = "http://tableau.com/api https://help.tableau.com/samples/en-us/rest_api/ts-api_3_26.xsd"
	body, err := xml.Marshal(answer)
	if err != nil {
		return reply{status: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	body = unescapeXML(body)
	declaration := []byte("<?xml version='1.0' encoding='UTF-8'?>")
	return reply{status: status, contentType: "application/xml;charset=utf-8", body: append(declaration, body...)}
}

// tableauError returns an error with a code of the REST API, whose first three digits are the HTTP status.
func tableauError(code int, summary, detail string) reply {
	return tableauXML(code/1000, tsResponse{Error: &xmlError{Code: code, Summary: summary, Detail: detail}})
}

func badRequest(detail string) reply {
	return tableauError(400000, "Bad Request", detail)
}

// tsRequest is the body of a request. Elements are matched in any namespace, as by the real server.
type tsRequest struct {
	XMLName        xml.Name
	Credentials    *xmlSignIn `xml:"credentials"`
	ExtractRefresh *struct {
		Incremental string `xml:"incremental,attr"`
	} `xml:"extractRefresh"`
	FlowRunSpec *struct {
		Mode string `xml:"runMode,attr"`
	} `xml:"flowRunSpec"`
	Others []struct {
		XMLName xml.Name
	} `xml:",any"`
}

// xmlSignIn contains the credentials of any sign-in method. The site is required.
type xmlSignIn struct {
	Name        string `xml:"name,attr"`
	Password    string `xml:"password,attr"`
	TokenName   string `xml:"personalAccessTokenName,attr"`
	TokenSecret string `xml:"personalAccessTokenSecret,attr"`
	JWT         string `xml:"jwt,attr"`
	Site        *struct {
		ContentURL string `xml:"contentUrl,attr"`
	} `xml:"site"`
}

// empty reports whether the request has no elements, like most requests that start something.
func (r tsRequest) empty() bool {
	return r.Credentials == nil && r.ExtractRefresh == nil && r.FlowRunSpec == nil && len(r.Others) == 0
}

// parseRequest reads a body.
func parseRequest(r *http.Request) (tsRequest, bool) {
	var request tsRequest
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return request, false
	}
	err = xml.Unmarshal(body, &request)
	return request, err == nil && request.XMLName.Local == "tsRequest"
}

// formatXMLTime formats a time to the second, as Tableau does. It returns "" for a zero time.
func formatXMLTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// RawXML returns a text for a scenario that Tableau's XML contains as it is, without escaping: with references such as
// &#11;, or with bytes that are not permitted.
func RawXML(text string) string { return rawBegin + hex.EncodeToString([]byte(text)) + rawEnd }

// rawBegin and rawEnd are characters for private use, around the text in hexadecimal form.
const rawBegin, rawEnd = "\uE000", "\uE001"

// unescapeXML inserts the texts of RawXML.
func unescapeXML(body []byte) []byte {
	pieces := bytes.Split(body, []byte(rawBegin))
	for i, piece := range pieces[1:] {
		encoded, rest, _ := bytes.Cut(piece, []byte(rawEnd))
		text, _ := hex.DecodeString(string(encoded))
		pieces[i+1] = append(text, rest...)
	}
	return bytes.Join(pieces, nil)
}
