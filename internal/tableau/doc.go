// Package tableau speaks the Tableau REST API: one file a resource, XML on the wire, decoded by local names, for prefixes
// and namespaces differ between versions.
//
// It owns the one session that a token may have, and that a refresh is started exactly once.
//
// API reference: https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref.htm
package tableau
