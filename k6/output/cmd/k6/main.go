// Command k6 is the k6 that Loadstar runs: the released one, plus the outputs imported here.
package main

import (
	"go.k6.io/k6/cmd"

	_ "loadstar/k6/output" // registers --out loadstar
)

func main() {
	watchParent()
	cmd.Execute()
}
