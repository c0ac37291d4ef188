package hostguard

import (
	"net"
	"slices"
)

// BrowserRules are for Chromium's --host-resolver-rules: unlike an interception of requests they cost no time, and they
// hold for everything that a page does, WebSockets and service workers included. They cannot take one name out of a
// wildcard, so k6's option blockHostnames refuses such production hosts in a browser.
// It returns the mappings of k6's option `hosts` that may stay, and the rules that come after them.
func BrowserRules(hosts map[string]string) (map[string]string, []string) {
	return current.browserRules(hosts)
}

func (g *guard) browserRules(hosts map[string]string) (map[string]string, []string) {
	if !g.active {
		return hosts, nil
	}
	kept := map[string]string{}
	for host, address := range hosts {
		if ip, _, err := net.SplitHostPort(address); err == nil {
			if g.isAllowed(host) && g.isAllowed(ip) {
				kept[host] = address
			}
		} else if g.isAllowed(host) && g.isAllowed(address) {
			kept[host] = address
		}
	}
	rules := []string{"MAP * ~NOTFOUND"}
	excluded := slices.Concat([]string{"localhost", "127.0.0.1", "::1"}, g.allowed, g.proxyHosts)
	for _, host := range excluded {
		// An exclusion wins over a mapping, whatever its place.
		if _, mapped := kept[host]; !mapped {
			rules = append(rules, "EXCLUDE "+inURL(host))
		}
	}
	return kept, rules
}

// inURL writes an IPv6 address in brackets.
func inURL(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}
