package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// stateInside is where the state directory appears inside the node, whatever its path outside.
	stateInside = "/run/node"
	readyFile   = 3
)

// runBoot starts an init in namespaces of its own, waits until it has set them up, prints
// its process id and leaves it running.
//
//	boot STATE-DIRECTORY
func runBoot(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: boot STATE-DIRECTORY")
	}
	ready, reached, err := os.Pipe()
	if err != nil {
		return err
	}
	child := exec.Command("/proc/self/exe", "init", args[0])
	child.Args[0] = "sdep-node"
	child.Stderr = os.Stderr
	child.ExtraFiles = []*os.File{reached}
	child.SysProcAttr = &unix.SysProcAttr{
		Setsid:     true,
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
	}
	if err := child.Start(); err != nil {
		return err
	}
	reached.Close()
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("init did not get ready: %w", child.Wait())
	}
	fmt.Println(child.Process.Pid)
	return nil
}

// runInit makes the namespaces a machine of their own, then collects orphans for ever.
func runInit(args []string) error {
	if os.Getpid() != 1 || len(args) != 1 {
		return fmt.Errorf("init is started by boot")
	}
	orphans := make(chan os.Signal, 64)
	signal.Notify(orphans, unix.SIGCHLD)
	for _, step := range []func() error{func() error { return mountNode(args[0]) }, nameNode, linkNode} {
		if err := step(); err != nil {
			return err
		}
	}
	ready := os.NewFile(readyFile, "ready")
	if _, err := ready.Write([]byte{1}); err != nil {
		return err
	}
	ready.Close()
	for range orphans {
		for {
			if child, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); child <= 0 || err != nil {
				break
			}
		}
	}
	return nil
}

// mountNode gives the node a /proc and /run of its own and copy-on-write views of /etc
// and /var, so that whatever its parts write there is gone with the last of them.
func mountNode(state string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	// An empty v2 hierarchy beside the v1 ones misleads runc; where v2 is the only one this is no mount.
	if err := unix.Unmount("/sys/fs/cgroup/unified", unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount the unified cgroups: %w", err)
	}
	held, err := os.Open(state) // still the same directory when mounts have covered its path
	if err != nil {
		return err
	}
	defer held.Close()
	if err := mountAt("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	if err := mountAt("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	if err := mountAt(fmt.Sprintf("/proc/self/fd/%d", held.Fd()), stateInside, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	for _, directory := range []string{"/etc", "/var"} {
		if err := overlay(directory); err != nil {
			return err
		}
	}
	// Shared among the node's own mounts only: pods may ask for propagation.
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

func overlay(directory string) error {
	scratch := filepath.Join("/run/overlay", directory)
	upper, work := filepath.Join(scratch, "upper"), filepath.Join(scratch, "work")
	for _, made := range []string{upper, work} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			return err
		}
	}
	return mountAt("overlay", directory, "overlay", 0, fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", directory, upper, work))
}

func mountAt(source, target, kind string, flags uintptr, options string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

func nameNode() error {
	return unix.Sethostname([]byte("node"))
}

// linkNode brings loopback up and gives the node an address: a bridge without ports, as
// the kubelet refuses loopback addresses. The default route is what makes the kernel ask
// the service rules about addresses nobody has.
func linkNode() error {
	for _, command := range []string{
		"ip link set lo up",
		"ip link add node0 type bridge",
		"ip address add 10.200.0.1/32 dev node0",
		"ip link set node0 up",
		"ip route add default dev node0",
	} {
		words := strings.Fields(command)
		if output, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %s", command, output)
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
}
