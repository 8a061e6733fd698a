// Command sdep-node is every long-running part of the node, and kubectl, in one binary:
// one link instead of seven, and the parts share the packages they are made of.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// kubernetes holds the commands that come as cobra commands.
var kubernetes = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	// A context with a signal handler of its own makes the kubelet close a channel twice.
	"kubelet":    func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy": kubeproxy.NewProxyCommand,
	"kubectl":    kubectl.NewDefaultKubectlCommand,
}

// own holds the commands of this module.
var own = map[string]func(args []string) error{
	"etcd":    runEtcd,
	"boot":    runBoot,
	"certs":   runCerts,
	"forward": runForward,
	"init":    runInit,
}

func main() {
	name, args := invoked(os.Args)
	if command, found := own[name]; found {
		if err := command(args); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
		return
	}
	if command, found := kubernetes[name]; found {
		os.Args = append([]string{name}, args...) // kubectl reads os.Args itself
		os.Exit(cli.Run(command()))
	}
	fmt.Fprintf(os.Stderr, "usage: sdep-node <%s> ...\n", strings.Join(names(), "|"))
	os.Exit(2)
}

// invoked names the command: the binary's own name when it is linked as one (kubectl),
// else its first argument.
func invoked(argv []string) (string, []string) {
	name := filepath.Base(argv[0])
	_, linked := kubernetes[name]
	if linked || len(argv) < 2 {
		return name, argv[1:]
	}
	return argv[1], argv[2:]
}

func names() []string {
	all := []string{}
	for name := range kubernetes {
		all = append(all, name)
	}
	for name := range own {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
