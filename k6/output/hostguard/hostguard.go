// Package hostguard keeps load on the hosts that a run may load: loopback, and those that were allowed by name. The k6 that
// cmd/overlay patches asks it before each connection, so that it holds for every protocol and for all code of a script.
package hostguard

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Variable lists the hosts besides loopback, comma-separated: `*.example.com` are the subdomains of example.com, and
// `!shop.example.com` is refused whatever else is allowed. If the variable is not set, k6 was called by hand, and every
// host is allowed.
const Variable = "LOADSTAR_ALLOW_HOSTS"

// loopbackVariable names the machine whose loopback addresses are meant, if k6 runs in a container with a network of its
// own. Names, Host headers and certificates stay as the script has them: only the connection goes there.
const loopbackVariable = "LOADSTAR_LOOPBACK_HOST"

const (
	// mostHosts are told apart: a script may make up names.
	mostHosts = 50
	// otherHosts counts the rest.
	otherHosts = "other hosts"
)

// Error refuses a host.
type Error struct{ text string }

func (e Error) Error() string { return e.text }

// Refused is a host that the run tried and must not load.
type Refused struct {
	Host string `json:"host"`
	// Attempts of the script: requests, sockets, calls.
	Attempts int64 `json:"attempts"`
	// BrowserRequests are those of pages, as for images and scripts of other hosts.
	BrowserRequests int64 `json:"browser_requests"`
}

type guard struct {
	active  bool
	allowed []string
	blocked []string
	log     io.Writer

	mu      sync.Mutex
	refused map[string]*Refused
	// proxies that the environment names: a connection to one is a request that Proxy has allowed.
	proxies map[string]bool
	// proxyHosts are those of the proxies that a browser uses.
	proxyHosts []string
}

var current = fromEnvironment()

func fromEnvironment() *guard {
	list, active := os.LookupEnv(Variable)
	return newGuard(list, active, os.Stderr)
}

func newGuard(list string, active bool, log io.Writer) *guard {
	g := &guard{active: active, log: log, refused: map[string]*Refused{}, proxies: map[string]bool{}}
	for _, host := range strings.Split(list, ",") {
		host = normalize(strings.TrimSpace(host))
		if blocked, ok := strings.CutPrefix(host, "!"); ok {
			g.blocked = append(g.blocked, normalize(blocked))
		} else if host != "" {
			g.allowed = append(g.allowed, host)
		}
	}
	return g
}

// CheckHost refuses a name or address, as a script or a redirect names it.
func CheckHost(host string) error { return current.checkHost(host) }

// CheckResolved refuses where a name leads. `localhost` leads to this machine, and nowhere else.
func CheckResolved(host string, ip net.IP) error { return current.checkResolved(host, ip) }

// CheckMapped refuses an address that k6's option `hosts` puts in place of a name.
func CheckMapped(host string, ip net.IP) error { return current.checkMapped(host, ip) }

// Route returns where to connect for an address (IP and port) that may be loaded.
func Route(ip net.IP, address string) (string, error) {
	return connectTo(os.Getenv(loopbackVariable), ip, address, net.LookupHost)
}

func connectTo(machine string, ip net.IP, address string, lookup func(string) ([]string, error)) (string, error) {
	if machine == "" || !ip.IsLoopback() {
		return address, nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	found, err := lookup(machine)
	if err != nil {
		return "", fmt.Errorf("%s is this machine, which the container does not find: %w", ip, err)
	}
	for _, candidate := range found {
		// Docker's gateways to the host have an IPv4 address; not all have one of IPv6.
		if net.ParseIP(candidate).To4() != nil {
			return net.JoinHostPort(candidate, port), nil
		}
	}
	return net.JoinHostPort(found[0], port), nil
}

// List returns what was refused so far, by host.
func List() []Refused { return current.list() }

// CountBrowserRequest counts a request of a page that got no answer, if its host is refused.
func CountBrowserRequest(host string) { current.countBrowserRequest(host) }

func (g *guard) checkHost(host string) error {
	if !g.active || g.isAllowed(host) || g.isProxy(host) {
		return nil
	}
	return g.refuse(host, "")
}

func (g *guard) checkResolved(host string, ip net.IP) error {
	if !g.active || ip == nil || ip.IsLoopback() || !isLoopback(host) {
		return nil
	}
	return g.refuse(host, ip.String())
}

func (g *guard) checkMapped(host string, ip net.IP) error {
	if !g.active || g.isAllowed(ip.String()) {
		return nil
	}
	return g.refuse(ip.String(), host)
}

func (g *guard) isAllowed(host string) bool {
	name := normalize(host)
	if slices.ContainsFunc(g.blocked, func(pattern string) bool { return matches(name, pattern) }) {
		return false
	}
	return isLoopback(name) || slices.ContainsFunc(g.allowed, func(pattern string) bool { return matches(name, pattern) })
}

func (g *guard) isProxy(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.proxies[normalize(host)]
}

// normalize writes a host in one way: `[::1]` as `::1`, and `example.com.` as `example.com`.
func normalize(host string) string {
	host = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(host), "["), "]")
	if ip := net.ParseIP(host); ip != nil {
		return ip.String()
	}
	return strings.TrimSuffix(host, ".")
}

func isLoopback(host string) bool {
	host = normalize(host)
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func matches(name, pattern string) bool {
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, suffix)
	}
	return name == pattern
}

func (g *guard) refuse(host, detail string) error {
	host = normalize(host)
	err := Error{g.describe(host, detail)}
	if g.count(host, func(r *Refused) { r.Attempts++ }) {
		g.say("error", host, err.text)
	}
	return err
}

func (g *guard) countBrowserRequest(host string) {
	host = normalize(host)
	if !g.active || host == "" || g.isAllowed(host) {
		return
	}
	if g.count(host, func(r *Refused) { r.BrowserRequests++ }) {
		g.say("warning", host, "in a page: "+g.describe(host, ""))
	}
}

// count returns whether the host is a new one.
func (g *guard) count(host string, add func(*Refused)) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.refused[host]
	is_new := r == nil
	if is_new && len(g.refused) >= mostHosts {
		host = otherHosts
		r = g.refused[host]
		is_new = r == nil
	}
	if r == nil {
		r = &Refused{Host: host}
		g.refused[host] = r
	}
	add(r)
	return is_new
}

// describe says what was refused, why, and what to do. detail is where a name of this machine led, or the name that the
// option `hosts` gave to an address.
func (g *guard) describe(host, detail string) string {
	switch {
	case slices.ContainsFunc(g.blocked, func(pattern string) bool { return matches(host, pattern) }):
		return fmt.Sprintf("%s is refused: it is a production host, and this run is not confirmed for it", host)
	case detail != "" && isLoopback(host):
		return fmt.Sprintf("%s is refused: it leads to %s, which is not this machine", host, detail)
	case detail != "":
		detail = fmt.Sprintf(" (the option hosts leads there from %s)", detail)
	}
	return fmt.Sprintf("%s is refused%s: a run loads loopback and allowed hosts only. If it is yours to load, add it to "+
		"allowed_hosts of the target, or to ALLOW_HOSTS", host, detail)
}

// say writes a line in the format of k6's log (--log-format json), which k6 writes to the same stream.
func (g *guard) say(level, host, message string) {
	line, err := json.Marshal(map[string]string{
		"level": level, "msg": message, "source": "hostguard", "host": host, "time": time.Now().Format(time.RFC3339),
	})
	if err == nil {
		_, _ = g.log.Write(append(line, '\n'))
	}
}

func (g *guard) list() []Refused {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]Refused, 0, len(g.refused))
	for _, r := range g.refused {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Refused) int { return strings.Compare(a.Host, b.Host) })
	return all
}
