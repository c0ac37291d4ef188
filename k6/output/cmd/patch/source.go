package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// module is the import path of k6 v1, which this module is written for.
const module = "go.k6.io/k6"

// source is a k6 that can be built.
type source struct {
	directory string
	// path is its import path: module, and the major version from 2 on.
	path    string
	version string
	// goVersion is the lowest that builds it.
	goVersion string
}

// unavailableError says that a version of k6 cannot be downloaded.
type unavailableError struct{ version, reason string }

func (e unavailableError) Error() string {
	return fmt.Sprintf("k6 v%s cannot be downloaded: %s", e.version, e.reason)
}

var released = regexp.MustCompile(`^v?(\d+)\.\d+\.\d+(-[\w.]+)?$`)

// findK6 downloads a released version, or takes a checkout of k6.
func findK6(wanted string) (source, error) {
	match := released.FindStringSubmatch(wanted)
	if match == nil {
		return readSource(wanted)
	}
	version, path := strings.TrimPrefix(wanted, "v"), module
	if match[1] != "0" && match[1] != "1" {
		path += "/v" + match[1]
	}
	out, err := exec.Command("go", "mod", "download", "-json", path+"@v"+version).Output()
	var downloaded struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &downloaded); jsonErr != nil {
		return source{}, fmt.Errorf("go mod download %s@v%s: %w", path, version, err)
	}
	if downloaded.Error != "" {
		reason, _, _ := strings.Cut(downloaded.Error, "\n")
		return source{}, unavailableError{version, reason}
	}
	return readSource(downloaded.Dir)
}

var versionLine = regexp.MustCompile(`(?m)^const Version = "(.+)"$`)

// readSource reads what a directory with k6's sources says of itself.
func readSource(directory string) (source, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return source{}, err
	}
	text, err := os.ReadFile(filepath.Join(directory, "internal", "build", "version.go"))
	if err != nil {
		return source{}, fmt.Errorf("%s: expected the sources of k6 v1.8 or later: %w", directory, err)
	}
	match := versionLine.FindSubmatch(text)
	if match == nil {
		return source{}, fmt.Errorf("%s/internal/build/version.go: expected a line `const Version = \"…\"`", directory)
	}
	file, err := readGoMod(directory)
	if err != nil {
		return source{}, err
	}
	return source{directory: directory, path: file.Module.Path, version: string(match[1]), goVersion: file.Go}, nil
}

// rewriteImports makes a Go file of this module import the k6 that it is built with.
func (k6 source) rewriteImports(content []byte) []byte {
	text := strings.ReplaceAll(string(content), `"`+module+`/`, `"`+k6.path+`/`)
	return []byte(text)
}

// isTest says which files of k6 are not copied: they are most of it.
func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }

// copySources changes Go files on the way. What it writes can be removed again, unlike Go's cache of modules.
func copySources(from, to string, leave func(string) bool, change func([]byte) []byte) error {
	left := map[string]bool{"testdata": true, "examples": true, ".github": true, ".git": true, "vendor": true, "node_modules": true}
	return fs.WalkDir(os.DirFS(from), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && left[entry.Name()]:
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, path), 0o755)
		case !entry.Type().IsRegular() || (leave != nil && leave(path)):
			return nil
		}
		content, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			return err
		}
		if change != nil && strings.HasSuffix(path, ".go") {
			content = change(content)
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
		if p.word != "" && !strings.Contains(text, p.word) {
			continue
		}
		if found := strings.Count(text, p.before); found != 1 {
			return fmt.Errorf("%s: expected this text once, found it %d times; adapt cmd/patch to this version:\n%s",
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
