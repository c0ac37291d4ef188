// Code generated from contract/ by `make generate`. DO NOT EDIT.

package requests

// Protocols are in the order in which one that a run speaks has precedence.
var Protocols = []Protocol{
	{Prefix: "http_req", unanswered: "0"},
	{Prefix: "grpc_req", source: "grpc_req_duration", passed: "0", unanswered: "14"},
	{Prefix: "ws_req", source: "ws_connecting", passed: "101"},
	{Prefix: "browser_http_req", source: "browser_http_req_duration", unanswered: "0"},
}
