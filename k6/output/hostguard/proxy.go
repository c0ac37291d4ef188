package hostguard

import (
	"net/http"
	"net/url"
)

// Proxy is http.ProxyFromEnvironment for allowed hosts. A proxy connects in place of k6's dialer, which sees the proxy alone:
// so the host is checked here.
func Proxy(request *http.Request) (*url.URL, error) {
	return current.proxy(request, http.ProxyFromEnvironment)
}

func (g *guard) proxy(request *http.Request, find func(*http.Request) (*url.URL, error)) (*url.URL, error) {
	if g.active && !g.isAllowed(request.URL.Hostname()) {
		return nil, g.refuse(request.URL.Hostname(), "")
	}
	proxy, err := find(request)
	if err == nil && proxy != nil {
		g.mu.Lock()
		g.proxies[normalize(proxy.Hostname())] = true
		g.mu.Unlock()
	}
	return proxy, err
}
