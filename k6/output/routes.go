package output

import (
	"net/url"
	"regexp"
	"strings"
)

// k6 names a request that has no name by its URL. Each id in it would be a series of its own, so such names become the
// method and the pattern of the path, as the importers write them (project/scaffold/routes.ts).

var (
	isURL = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*://`)
	// idForms are numbers, UUIDs, dates, mail addresses, and words that end in a longer number.
	idForms = []*regexp.Regexp{
		regexp.MustCompile(`^\d+$`),
		regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`),
		regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`),
		regexp.MustCompile(`@|%40`),
		regexp.MustCompile(`(?i)[a-z][-_]?\d{3,}$`),
	}
	// Hashes and random texts have digits among their letters.
	hash       = regexp.MustCompile(`(?i)^[0-9a-f]{8,}$`)
	randomText = regexp.MustCompile(`(?i)^[a-z0-9_-]{16,}$`)
	hasDigit   = regexp.MustCompile(`\d`)
	hasLetter  = regexp.MustCompile(`(?i)[a-z]`)
)

const (
	methodTag = "method"
	nameTag   = "name"
	// webSocket stands in the names of WebSockets where those of HTTP requests have their method.
	webSocket = "WS"
	// mostURLs of a pattern are told apart.
	mostURLs = 1_000
)

// routes names requests by the patterns of their URLs.
type routes struct {
	// home is the host of the target: names are without it. "" if it is not known.
	home string
	// urls seen by name.
	urls map[string]map[string]struct{}
}

func newRoutes(baseURL string) *routes {
	home := ""
	if parsed, err := url.Parse(baseURL); err == nil {
		home = parsed.Host
	}
	return &routes{home: home, urls: map[string]map[string]struct{}{}}
}

// rename changes the name in the tags of a sample, if it is a URL.
func (r *routes) rename(tags map[string]string) {
	name := tags[nameTag]
	pattern := r.nameOf(name, tags[methodTag])
	if pattern == name {
		return
	}
	tags[nameTag] = pattern
	seen := r.urls[pattern]
	if seen == nil {
		seen = map[string]struct{}{}
		r.urls[pattern] = seen
	}
	if len(seen) < mostURLs {
		seen[name] = struct{}{}
	}
}

// nameOf returns the name that is stored: that of the pattern, if it is a URL.
func (r *routes) nameOf(name, method string) string {
	if !isURL.MatchString(name) {
		return name
	}
	return r.pattern(name, method)
}

func (r *routes) pattern(name, method string) string {
	scheme, rest, _ := strings.Cut(name, "://")
	host, path, _ := strings.Cut(rest, "/")
	// k6's own template, http.url, has `${}` where values were: no query begins in it.
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	host, _, _ = strings.Cut(host, "?")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if isID(segment) {
			segments[i] = ":id"
		}
	}
	if host == r.home {
		host = ""
	}
	route := host + "/" + strings.Join(segments, "/")
	if method == "" && strings.HasPrefix(strings.ToLower(scheme), "ws") {
		method = webSocket
	}
	if method == "" {
		return route
	}
	return method + " " + route
}

func isID(segment string) bool {
	for _, form := range idForms {
		if form.MatchString(segment) {
			return true
		}
	}
	if !hasDigit.MatchString(segment) {
		return false
	}
	return hash.MatchString(segment) || (randomText.MatchString(segment) && hasLetter.MatchString(segment))
}

// grouped says that names stand for several URLs each.
type grouped struct {
	URLs  int `json:"urls"`
	Names int `json:"names"`
	// Name with the most URLs.
	Name string `json:"name"`
}

// grouped returns nil if each name stands for one URL.
func (r *routes) grouped() *grouped {
	var found grouped
	most := 1
	for name, urls := range r.urls {
		if len(urls) < 2 {
			continue
		}
		found.URLs += len(urls)
		found.Names++
		if len(urls) > most || (len(urls) == most && name < found.Name) {
			most, found.Name = len(urls), name
		}
	}
	if found.Names == 0 {
		return nil
	}
	return &found
}
