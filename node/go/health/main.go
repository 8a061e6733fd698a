// Command health says how deployment tools judge an object, read as JSON from standard input:
// `health kstatus` as Flux and kpt do, `health argocd SCRIPT` as Argo CD does with a health script.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	kubernetes "k8s.io/apimachinery/pkg/util/json"
)

// verdict is what a judge says.
type verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	given, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var object map[string]any
	if err := kubernetes.Unmarshal(given, &object); err != nil { // whole numbers stay whole
		return fmt.Errorf("standard input is no JSON object: %w", err)
	}
	said, err := judge(args, object)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}

func judge(args []string, object map[string]any) (verdict, error) {
	switch {
	case len(args) == 1 && args[0] == "kstatus":
		return kstatus(object)
	case len(args) == 2 && args[0] == "argocd":
		script, err := os.ReadFile(args[1])
		if err != nil {
			return verdict{}, err
		}
		return argocd(string(script), object)
	}
	return verdict{}, fmt.Errorf("usage: health kstatus | health argocd SCRIPT")
}
