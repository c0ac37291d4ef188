package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// goMod is the part of a go.mod that is read.
type goMod struct {
	Module  struct{ Path string }
	Go      string
	Require []struct {
		Path, Version string
		Indirect      bool
	}
}

func readGoMod(directory string) (goMod, error) {
	var file goMod
	edit := exec.Command("go", "mod", "edit", "-json")
	edit.Dir = directory
	out, err := edit.Output()
	if err != nil {
		return file, fmt.Errorf("%s/go.mod cannot be read: %w", directory, err)
	}
	return file, json.Unmarshal(out, &file)
}

// writeModule writes go.mod and go.sum of the copy. k6's own go.mod says which versions it is built with, so that the copy
// names nothing but k6 and what this module needs besides.
func (k6 source) writeModule(directory string) error {
	own, err := readGoMod(".")
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "module %s\n\ngo %s\n\nrequire %s v%s\n", own.Module.Path, k6.goVersion, k6.path, k6.version)
	fmt.Fprintf(&text, "replace %s => ../k6\n", k6.path)
	for _, it := range own.Require {
		if !it.Indirect && it.Path != module {
			fmt.Fprintf(&text, "require %s %s\n", it.Path, it.Version)
		}
	}
	vendored, err := k6.vendorMissing(filepath.Dir(directory))
	if err != nil {
		return err
	}
	for path, at := range vendored {
		fmt.Fprintf(&text, "replace %s => ../%s\n", path, at)
	}
	if err := os.WriteFile(filepath.Join(directory, "go.mod"), []byte(text.String()), 0o644); err != nil {
		return err
	}
	var sums []byte
	for _, from := range []string{k6.directory, "."} {
		lines, err := os.ReadFile(filepath.Join(from, "go.sum"))
		if err != nil {
			return err
		}
		sums = append(sums, lines...)
	}
	return os.WriteFile(filepath.Join(directory, "go.sum"), sums, 0o644)
}

var vendoredModule = regexp.MustCompile(`(?m)^# (\S+) (v\S+)\n## explicit; go (\S+)$`)

// vendorMissing takes the modules that cannot be downloaded from the directory `vendor` of a checkout of k6.
// It returns their paths with where they are below directory.
func (k6 source) vendorMissing(directory string) (map[string]string, error) {
	list, err := os.ReadFile(filepath.Join(k6.directory, "vendor", "modules.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	args, goVersions := []string{"mod", "download", "-json"}, map[string]string{}
	for _, it := range vendoredModule.FindAllStringSubmatch(string(list), -1) {
		args = append(args, it[1]+"@"+it[2])
		goVersions[it[1]] = it[3]
	}
	// Its exit code says no more than the errors of the modules do.
	out, _ := exec.Command("go", args...).Output()
	taken := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var it struct{ Path, Version, Error string }
		if err := decoder.Decode(&it); errors.Is(err, io.EOF) {
			return taken, nil
		} else if err != nil {
			return nil, fmt.Errorf("go mod download: %w", err)
		}
		if it.Error == "" {
			continue
		}
		at := filepath.Join("vendor", it.Path)
		copied := filepath.Join(directory, at)
		if err := copySources(filepath.Join(k6.directory, "vendor", it.Path), copied, isTest, nil); err != nil {
			return nil, err
		}
		text := fmt.Sprintf("module %s\n\ngo %s\n", it.Path, goVersions[it.Path])
		if err := os.WriteFile(filepath.Join(copied, "go.mod"), []byte(text), 0o644); err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "%s %s cannot be downloaded: the copy in %s/vendor is used\n", it.Path, it.Version, k6.directory)
		taken[it.Path] = filepath.ToSlash(at)
	}
}
