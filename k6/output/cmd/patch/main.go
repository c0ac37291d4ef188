// Command patch writes a copy of k6 with a few lines changed, and a go.mod that builds with it, to a directory: this k6 asks
// package hostguard before each connection, and package requests for the metrics that other protocols than HTTP lack. k6 has
// options that refuse hosts, but none that allows a list of names; and no extension sees every connection, or every sample
// before thresholds do.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module    = "go.k6.io/k6"
	hostguard = "loadstar/k6/output/hostguard"
	requests  = "loadstar/k6/output/requests"
	together  = "loadstar/k6/output/generators"
)

// patch replaces one text of a file. The text must be there exactly once, so that a new version of k6 cannot drop it unseen.
type patch struct{ file, before, after string }

// own are the packages that changed files import, by the word that their text names them with.
var own = map[string]string{"hostguard.": hostguard, "requests.": requests, "generators.": together}

var patches = []patch{
	{"lib/netext/dialer.go", `
	ip := net.ParseIP(host)
`, `
	if err := hostguard.CheckHost(host); err != nil {
		return nil, err
	}

	ip := net.ParseIP(host)
`},
	{"lib/netext/dialer.go", `
		remote, e := d.getConfiguredHost(addr, host, port)
`, `
		remote, e := d.getConfiguredHost(addr, host, port)
		if e == nil && remote != nil {
			e = hostguard.CheckMapped(host, remote.IP)
		}
`},
	{"lib/netext/dialer.go", `
	ip, err = d.Resolver.LookupIP(host)
	if err != nil {
		return nil, err
	}
`, `
	ip, err = d.Resolver.LookupIP(host)
	if err != nil {
		return nil, err
	}
	if err := hostguard.CheckResolved(host, ip); err != nil {
		return nil, err
	}
`},
	{"lib/netext/dialer.go", `
	conn, err := d.Dialer.DialContext(ctx, proto, dialAddr.String())
`, `
	address, err := hostguard.Route(dialAddr.IP, dialAddr.String())
	if err != nil {
		return nil, err
	}
	conn, err := d.Dialer.DialContext(ctx, proto, address)
`},
	{"lib/netext/httpext/error_codes.go", `
	case netext.BlockedHostError:
`, `
	case hostguard.Error:
		return blockedHostnameErrorCode, err.Error()
	case netext.BlockedHostError:
`},
	{"internal/js/runner.go", "http.ProxyFromEnvironment", "hostguard.Proxy"},
	{"internal/js/modules/k6/ws/ws.go", "http.ProxyFromEnvironment", "hostguard.Proxy"},
	{"internal/js/modules/k6/websockets/websockets.go", "\t\"net/http\"\n", ""},
	{"internal/js/modules/k6/websockets/websockets.go", "http.ProxyFromEnvironment", "hostguard.Proxy"},
	{"internal/js/modules/k6/browser/chromium/browser_type.go", `
	for k, v := range rules {
		hostResolver = append(`, `
	rules, guardRules := hostguard.BrowserRules(rules)
	for k, v := range rules {
		hostResolver = append(`},
	{"internal/js/modules/k6/browser/chromium/browser_type.go", `
	if len(hostResolver) > 0 {
		sort.Strings(hostResolver)
`, `
	sort.Strings(hostResolver)
	hostResolver = append(hostResolver, guardRules...)
	if len(hostResolver) > 0 {
`},
	{"internal/js/modules/k6/browser/chromium/browser_type.go", `
	setFlagsFromArgs(f, lopts.Args)
`, `
	setFlagsFromArgs(f, lopts.Args)
	hostguard.SetBrowserFlags(f)
`},
	{"internal/js/modules/k6/browser/chromium/browser_type.go", `
	vuCtx, browserOpts, logger, err := b.init(vuCtx, true)
`, `
	if err := hostguard.CheckRemoteBrowser(wsEndpoint); err != nil {
		return nil, err
	}
	vuCtx, browserOpts, logger, err := b.init(vuCtx, true)
`},
	// Package generators shares setup() and teardown() among the processes of a run.
	{"internal/cmd/run.go", `
			return test, local.NewController(), err
`, `
			if err != nil {
				return test, nil, err
			}
			controller, err := generators.NewController(local.NewController())
			return test, controller, err
`},
	// Package requests adds metrics, after the script has made its own and before thresholds are looked up.
	{"internal/cmd/test_load.go", `
	lt.initRunner = runner
	lt.runnerContinuation = nil
`, `
	requests.Register(lt.preInitState.Registry)
	lt.initRunner = runner
	lt.runnerContinuation = nil
`},
	{"output/manager.go", `
	sendToOutputs := func(sampleContainers []metrics.SampleContainer) {
`, `
	sendToOutputs := func(sampleContainers []metrics.SampleContainer) {
		sampleContainers = requests.Complete(sampleContainers)
`},
	{"internal/js/modules/k6/ws/ws.go", `
	parsedArgs.tagsAndMeta.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, metrics.TagURL, url)
`, `
	parsedArgs.tagsAndMeta.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, metrics.TagURL, url)
	if _, ok := parsedArgs.tagsAndMeta.Tags.Get("name"); !ok {
		parsedArgs.tagsAndMeta.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, metrics.TagName, url)
	}
`},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./cmd/patch DIRECTORY")
		os.Exit(2)
	}
	if err := writePatched(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writePatched(directory string) error {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return err
	}
	source, err := download()
	if err != nil {
		return err
	}
	copied := filepath.Join(directory, "k6")
	if err := os.RemoveAll(copied); err != nil {
		return err
	}
	if err := copySources(source, copied); err != nil {
		return err
	}
	if err := apply(patches, copied); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("run it in the directory of k6/output: %w", err)
		}
		if name == "go.mod" {
			text = fmt.Appendf(text, "\nreplace %s => %s\n", module, copied)
		}
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// download returns the directory of k6's sources.
func download() (string, error) {
	if out, err := exec.Command("go", "mod", "download", module).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go mod download %s: %w\n%s", module, err, out)
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	return strings.TrimSpace(string(out)), err
}

// copySources leaves tests out, which are most of it. What it writes can be removed again, unlike Go's cache of modules.
func copySources(from, to string) error {
	return fs.WalkDir(os.DirFS(from), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "examples" || entry.Name() == ".github"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, path), 0o755)
		case strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), content, 0o644)
	})
}

func apply(patches []patch, root string) error {
	imported := map[string]bool{}
	for _, p := range patches {
		file := filepath.Join(root, p.file)
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text := string(content)
		if found := strings.Count(text, p.before); found != 1 {
			return fmt.Errorf("%s of k6: expected this text once, found it %d times; adapt cmd/patch to this version of k6:\n%s",
				p.file, found, p.before)
		}
		text = strings.Replace(text, p.before, p.after, 1)
		for word, path := range own {
			if strings.Contains(p.after, word) && !imported[p.file+path] {
				text = strings.Replace(text, "import (\n", "import (\n\t\""+path+"\"\n", 1)
				imported[p.file+path] = true
			}
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
