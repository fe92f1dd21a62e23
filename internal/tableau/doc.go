// Package tableau is a client of Tableau's REST API (XML) and Metadata API (GraphQL), with one file for each resource. It
// takes credentials and content selectors, and returns items, jobs, and lineage. XML is decoded by local names, because
// prefixes and namespaces differ between versions.
//
// It must never start a refresh twice, hold more than one session, or depend on the language of Tableau's texts.
//
// API reference: https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref.htm
package tableau
