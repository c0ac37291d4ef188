// Command patch writes all that a k6 with Loadstar's output is built from to a directory: a copy of k6 with a few lines
// changed, and a copy of this module that imports it. This k6 asks package hostguard before each connection, package requests
// for the metrics that other protocols than HTTP lack, and package generators when setup() runs. Package kept sees each
// request, and package trends bounds what k6 keeps of a metric. k6 has options that refuse hosts, but none that allows a list
// of names; and no extension sees every connection, or every sample before thresholds do.
//
// k6 v1 and v2 have different import paths. This module is written for v1; its copy is for the k6 that it is built with.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const usage = `usage: go run ./cmd/patch VERSION[,VERSION]|SOURCE DIRECTORY
VERSION is a released k6, such as 2.2.0: the first one that can be downloaded. SOURCE is a checkout of k6.
It prints the version. Then build DIRECTORY/output: cd DIRECTORY/output && go build -mod=mod ./cmd/k6`

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	version, err := writePatched(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(version)
}

// writePatched returns the version of k6.
func writePatched(wanted, directory string) (string, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return "", err
	}
	k6, err := findFirst(strings.Split(wanted, ","))
	if err != nil {
		return "", err
	}
	copied, own := filepath.Join(directory, "k6"), filepath.Join(directory, "output")
	for _, it := range []string{copied, own} {
		if err := os.RemoveAll(it); err != nil {
			return "", err
		}
	}
	if err := copySources(k6.directory, copied, isTest, nil); err != nil {
		return "", err
	}
	if err := apply(patches, copied); err != nil {
		return "", fmt.Errorf("k6 v%s: %w", k6.version, err)
	}
	if err := copySources(".", own, nil, k6.rewriteImports); err != nil {
		return "", err
	}
	if err := k6.writeModule(own); err != nil {
		return "", err
	}
	return k6.version, nil
}

// findFirst says which versions cannot be downloaded.
func findFirst(wanted []string) (source, error) {
	for len(wanted) > 1 {
		k6, err := findK6(wanted[0])
		if !errors.As(err, new(unavailableError)) {
			return k6, err
		}
		fmt.Fprintf(os.Stderr, "%v: trying v%s\n", err, wanted[1])
		wanted = wanted[1:]
	}
	return findK6(wanted[0])
}
