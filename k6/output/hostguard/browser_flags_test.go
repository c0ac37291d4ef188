package hostguard

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestABrowserKeepsToAllowedHostsBehindAProxy(t *testing.T) {
	g := newGuard("staging.example.com,*.example.net,near.example.org,!shop.example.net", true, &bytes.Buffer{})
	flags := map[string]any{"host-resolver-rules": "EXCLUDE evil.example.com", "proxy-server": "evil.example.com:1"}
	g.setBrowserFlags(flags, func(r *http.Request) (*url.URL, error) {
		if r.URL.Host == "near.example.org" {
			return nil, nil
		}
		return url.Parse("http://user:secret@proxy.corp:3128")
	})
	if flags["host-resolver-rules"] != nil || flags["proxy-server"] != nil {
		t.Errorf("switches of the call lead past the guard: %v", flags)
	}
	text, _ := strings.CutPrefix(flags["proxy-pac-url"].(string), "data:application/x-ns-proxy-autoconfig;base64,")
	script, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"blocked":["shop.example.net"]`,
		`{"pattern":"staging.example.com","http":"PROXY proxy.corp:3128","https":"PROXY proxy.corp:3128"}`,
		`{"pattern":"near.example.org","http":"DIRECT","https":"DIRECT"}`,
	} {
		if !strings.Contains(string(script), want) {
			t.Errorf("no %s in\n%s", want, script)
		}
	}
	if strings.Contains(string(script), "secret") {
		t.Error("the password of the proxy is in an argument")
	}
	if _, rules := g.browserRules(nil); !slices.Contains(rules, "EXCLUDE proxy.corp") {
		t.Errorf("the browser cannot look up its proxy: %v", rules)
	}
}

func TestABrowserWithoutAProxyUsesNone(t *testing.T) {
	g := newGuard("staging.example.com", true, &bytes.Buffer{})
	flags := map[string]any{}
	g.setBrowserFlags(flags, func(*http.Request) (*url.URL, error) { return nil, nil })
	if flags["no-proxy-server"] != true || flags["proxy-pac-url"] != nil {
		t.Errorf("%v", flags)
	}
	free := newGuard("", false, &bytes.Buffer{})
	mine := map[string]any{"proxy-server": "mine:1"}
	free.setBrowserFlags(mine, http.ProxyFromEnvironment)
	if len(mine) != 1 {
		t.Errorf("k6 that was called by hand keeps its switches: %v", mine)
	}
}

func TestAContextGetsNoProxyOfItsOwn(t *testing.T) {
	before := current
	defer func() { current = before }()
	for _, c := range []struct{ guarded, named, refused bool }{{true, true, true}, {true, false, false}, {false, true, false}} {
		current = newGuard("staging.example.com", c.guarded, &bytes.Buffer{})
		if err := CheckContextProxy(c.named); (err != nil) != c.refused {
			t.Errorf("guarded %v, proxy named %v: %v", c.guarded, c.named, err)
		}
	}
}
