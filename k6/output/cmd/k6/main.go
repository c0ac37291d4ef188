// Command k6 is the k6 that Loadstar runs: the released one, plus the outputs imported here.
package main

import (
	"fmt"
	"os"

	"go.k6.io/k6/cmd"

	"loadstar/k6/output" // registers --out loadstar
)

func main() {
	watchParent()
	if len(os.Args) > 1 && os.Args[1] == output.MergeCommand {
		if err := output.RunMerger(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	cmd.Execute()
}
