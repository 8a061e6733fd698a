//go:build commands

// Package istio pins the version of Istio's commands: `go build` of their import paths in
// this module builds exactly what go.sum names.
package istio

import (
	_ "istio.io/istio/istioctl/cmd/istioctl"
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
)
