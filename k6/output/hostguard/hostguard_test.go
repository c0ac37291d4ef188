package hostguard

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	g := newGuard("staging.example.com, *.example.net,10.0.0.5,[2001:db8::7],!shop.example.net", true, &bytes.Buffer{})
	for host, allowed := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "127.0.0.1": true, "127.8.0.1": true, "::1": true, "[::1]": true,
		"::ffff:127.0.0.1": true, "Staging.Example.com": true, "staging.example.com.": true, "a.b.example.net": true,
		"10.0.0.5": true, "2001:db8:0::7": true,
		"example.com": false, "a.staging.example.com": false, "example.net": false, "evilexample.net": false,
		"shop.example.net": false, "SHOP.example.net.": false, "0.0.0.0": false, "::": false, "10.0.0.6": false,
		"2130706433": false, "0x7f000001": false, "127.1": false, "127.0.0.1.": true, "::ffff:10.0.0.6": false, "::ffff:10.0.0.5": true,
		"[fe80::1%eth0]": false, "::1%lo": false, "64:ff9b::7f00:1": false, "foo.localhost": false, "127.0.0.1.example.com": false, "localhost.example.com": false, "": false,
	} {
		if err := g.checkHost(host); (err == nil) != allowed {
			t.Errorf("%q: allowed %v, found %v", host, allowed, err)
		}
	}
}

func TestWhereANameLeads(t *testing.T) {
	g := newGuard("staging.example.com", true, &bytes.Buffer{})
	private := net.ParseIP("10.0.0.5")
	if err := g.checkResolved("localhost", private); err == nil || !strings.Contains(err.Error(), "10.0.0.5") {
		t.Errorf("localhost leads elsewhere: %v", err)
	}
	if err := g.checkResolved("staging.example.com", private); err != nil {
		t.Errorf("an allowed name may have any address: %v", err)
	}
	if err := g.checkMapped("staging.example.com", private); err == nil || !strings.Contains(err.Error(), "staging.example.com") {
		t.Errorf("the option hosts must not lead elsewhere: %v", err)
	}
	if err := g.checkMapped("staging.example.com", net.ParseIP("127.0.0.1")); err != nil {
		t.Error(err)
	}
}

func TestLoopbackIsTheMachineOfTheContainer(t *testing.T) {
	lookup := func(string) ([]string, error) { return []string{"fd00::1", "172.17.0.1"}, nil }
	for _, it := range []struct{ machine, ip, address, want string }{
		{"", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:80"},
		{"gateway", "127.0.0.1", "127.0.0.1:80", "172.17.0.1:80"},
		{"gateway", "::1", "[::1]:443", "172.17.0.1:443"},
		{"gateway", "10.0.0.5", "10.0.0.5:80", "10.0.0.5:80"},
	} {
		if got, err := connectTo(it.machine, net.ParseIP(it.ip), it.address, lookup); got != it.want || err != nil {
			t.Errorf("%+v: found %q, %v", it, got, err)
		}
	}
	failing := func(string) ([]string, error) { return nil, errors.New("no such host") }
	if _, err := connectTo("gateway", net.ParseIP("127.0.0.1"), "127.0.0.1:80", failing); err == nil {
		t.Error("expected an error if the machine is not found")
	}
}

func TestCountsAndSaysEachHostOnce(t *testing.T) {
	var log bytes.Buffer
	g := newGuard("", true, &log)
	for range 3 {
		_ = g.checkHost("example.com")
		g.countBrowserRequest("cdn.example.com")
		g.countBrowserRequest("localhost")
	}
	want := []Refused{{"cdn.example.com", 0, 3}, {"example.com", 3, 0}}
	if got := g.list(); !slices.Equal(got, want) {
		t.Errorf("expected %v, found %v", want, got)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 2 || !strings.Contains(log.String(), "ALLOW_HOSTS") {
		t.Errorf("expected a line a host, with the remedy; found %s", log.String())
	}
	for n := range 2 * mostHosts {
		_ = g.checkHost(strings.Repeat("a", n+1) + ".test")
	}
	if got := len(g.list()); got != mostHosts+1 {
		t.Errorf("expected a bounded list, found %d hosts", got)
	}
}

func TestWithoutTheVariableNothingIsRefused(t *testing.T) {
	g := newGuard("", false, &bytes.Buffer{})
	if err := g.checkHost("example.com"); err != nil {
		t.Error(err)
	}
	if _, rules := g.browserRules(nil); rules != nil {
		t.Errorf("found %v", rules)
	}
}

func TestProxies(t *testing.T) {
	g := newGuard("staging.example.com", true, &bytes.Buffer{})
	address, _ := url.Parse("http://proxy.test:3128")
	find := func(*http.Request) (*url.URL, error) { return address, nil }
	ask := func(text string) error {
		request, _ := http.NewRequest(http.MethodGet, text, nil)
		_, err := g.proxy(request, find)
		return err
	}
	if g.checkHost("proxy.test") == nil {
		t.Error("nothing goes through the proxy yet")
	}
	var refused Error
	if err := ask("http://example.com/"); !errors.As(err, &refused) {
		t.Errorf("found %v", err)
	}
	if err := ask("https://staging.example.com/"); err != nil || g.checkHost("proxy.test") != nil {
		t.Errorf("an allowed host may go through the proxy: %v", err)
	}
	if ask("http://proxy.test:3128/") == nil {
		t.Error("the proxy itself is no target")
	}
}

func TestBrowserRules(t *testing.T) {
	g := newGuard("*.example.com,app.test", true, &bytes.Buffer{})
	kept, rules := g.browserRules(map[string]string{
		"app.test": "127.0.0.1:8080", "a.example.com": "10.0.0.5", "other.test": "127.0.0.1",
	})
	if len(kept) != 1 || kept["app.test"] != "127.0.0.1:8080" {
		t.Errorf("found %v", kept)
	}
	want := "MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE 127.0.0.1,EXCLUDE [::1],EXCLUDE *.example.com"
	if got := strings.Join(rules, ","); got != want {
		t.Errorf("expected %s, found %s", want, got)
	}
}
