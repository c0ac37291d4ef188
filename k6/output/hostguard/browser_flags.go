package hostguard

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// overruled are Chromium's switches that would lead past the rules of BrowserRules.
var overruled = []string{"host-resolver-rules", "host-rules", "proxy-server", "proxy-pac-url", "proxy-bypass-list", "proxy-auto-detect"}

// SetBrowserFlags keeps a browser within the allowed hosts where names are not looked up by itself: a proxy looks them up in
// its place, and WebRTC sends datagrams to addresses.
func SetBrowserFlags(flags map[string]any) { current.setBrowserFlags(flags, http.ProxyFromEnvironment) }

// CheckRemoteBrowser refuses a browser that runs already: its rules cannot be set any more.
func CheckRemoteBrowser(address string) error {
	if !current.active {
		return nil
	}
	return Error{fmt.Sprintf("the browser at %s is refused: only a browser that k6 starts itself keeps to the allowed hosts; "+
		"unset K6_BROWSER_WS_URL, and call no connectOverCDP()", address)}
}

// CheckContextProxy refuses a proxy that a script names for one context: it would look names up in place of the browser.
func CheckContextProxy(named bool) error {
	if !current.active || !named {
		return nil
	}
	return Error{"newContext() with a proxy is refused: it would lead past the allowed hosts; set HTTP_PROXY or HTTPS_PROXY instead"}
}

func (g *guard) setBrowserFlags(flags map[string]any, find func(*http.Request) (*url.URL, error)) {
	if !g.active {
		return
	}
	for _, name := range overruled {
		delete(flags, name)
	}
	// The first is the name in current Chromium (156), the second that in earlier ones.
	for _, name := range []string{"webrtc-ip-handling-policy", "force-webrtc-ip-handling-policy"} {
		flags[name] = "disable_non_proxied_udp"
	}
	script := g.proxyScript(find)
	if script == "" {
		flags["no-proxy-server"] = true
		return
	}
	flags["proxy-pac-url"] = "data:application/x-ns-proxy-autoconfig;base64," + base64.StdEncoding.EncodeToString([]byte(script))
}

// route says how Chromium reaches the hosts that a pattern matches.
type route struct {
	Pattern string `json:"pattern"`
	HTTP    string `json:"http"`
	HTTPS   string `json:"https"`
}

// proxyScript is a proxy auto-configuration: allowed hosts go through the proxies that the environment names for them, and all
// others to a port of this machine that nothing listens on. "" if there is no proxy.
func (g *guard) proxyScript(find func(*http.Request) (*url.URL, error)) string {
	direct := true
	through := func(scheme, pattern string) string {
		host := strings.Replace(pattern, "*", "any", 1)
		proxy, err := find(&http.Request{URL: &url.URL{Scheme: scheme, Host: inURL(host)}})
		if err != nil || proxy == nil {
			return "DIRECT"
		}
		direct = false
		kind := map[string]string{"http": "PROXY", "https": "HTTPS", "socks5": "SOCKS5", "socks5h": "SOCKS5"}[proxy.Scheme]
		port := proxy.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
		}
		g.proxyHosts = append(g.proxyHosts, normalize(proxy.Hostname()))
		return fmt.Sprintf("%s %s:%s", kind, inURL(proxy.Hostname()), port)
	}
	routes := make([]route, 0, len(g.allowed))
	for _, pattern := range g.allowed {
		routes = append(routes, route{pattern, through("http", pattern), through("https", pattern)})
	}
	if direct {
		return ""
	}
	table, err := json.Marshal(map[string]any{"blocked": g.blocked, "routes": routes})
	if err != nil {
		return ""
	}
	return fmt.Sprintf(`var table = %s;
function matches(host, pattern) {
  return pattern.charAt(0) === '*' ? host.slice(1 - pattern.length) === pattern.slice(1) : host === pattern;
}
function FindProxyForURL(url, host) {
  host = host.toLowerCase().replace(/^\[|\]$/g, '').replace(/\.$/, '');
  for (var b = 0; b < (table.blocked || []).length; b++) if (matches(host, table.blocked[b])) return 'PROXY 127.0.0.1:1';
  if (host === 'localhost' || host === '::1' || /^127\.[0-9.]+$/.test(host)) return 'DIRECT';
  for (var r = 0; r < table.routes.length; r++)
    if (matches(host, table.routes[r].pattern)) return /^(https|wss):/.test(url) ? table.routes[r].https : table.routes[r].http;
  return 'PROXY 127.0.0.1:1';
}
`, table)
}
