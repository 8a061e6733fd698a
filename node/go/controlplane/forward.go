package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// nodeNetwork is the network of the node's init, in the process namespace this runs in.
	nodeNetwork = "/proc/1/ns/net"
	// dialers is how many connections may be waiting for their target's answer at once.
	dialers     = 32
	dialTimeout = 5 * time.Second
)

// dial is a request to connect from inside the node's network.
type dial struct {
	target string
	answer chan net.Conn
}

// runForward listens on the loopback of the network it is started in and connects each
// client to a target in the node's network.
//
//	forward FILE NAME=LISTEN=TARGET ...
//
// A LISTEN port that is taken is replaced by a free one; FILE receives a JSON object of
// NAME to the address that is listened on, once all of them are.
func runForward(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: forward FILE NAME=LISTEN=TARGET ...")
	}
	requests := make(chan dial)
	addresses := map[string]string{}
	for _, arg := range args[1:] {
		parts := strings.Split(arg, "=")
		if len(parts) != 3 {
			return fmt.Errorf("%q is not NAME=LISTEN=TARGET", arg)
		}
		listener, err := listen(parts[1])
		if err != nil {
			return err
		}
		addresses[parts[0]] = listener.Addr().String()
		go accept(listener, parts[2], requests)
	}
	for range dialers {
		go dialInNode(requests)
	}
	if err := writeAddresses(args[0], addresses); err != nil {
		return err
	}
	select {}
}

func listen(wanted string) (net.Listener, error) {
	listener, err := net.Listen("tcp4", wanted)
	if err == nil {
		return listener, nil
	}
	host, _, err := net.SplitHostPort(wanted)
	if err != nil {
		return nil, err
	}
	return net.Listen("tcp4", net.JoinHostPort(host, "0"))
}

func writeAddresses(file string, addresses map[string]string) error {
	content, err := json.Marshal(addresses)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func accept(listener net.Listener, target string, requests chan<- dial) {
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Printf("accept for %s: %v", target, err)
			time.Sleep(10 * time.Millisecond) // out of file descriptors: the only cause there is
			continue
		}
		go connect(client.(*net.TCPConn), target, requests)
	}
}

func connect(client *net.TCPConn, target string, requests chan<- dial) {
	request := dial{target: target, answer: make(chan net.Conn, 1)}
	requests <- request
	server, connected := (<-request.answer).(*net.TCPConn)
	if !connected {
		client.SetLinger(0) // the client sees a reset, as it would from the target itself
		client.Close()
		return
	}
	answered := make(chan struct{})
	go func() {
		pump(server, client)
		close(answered)
	}()
	pump(client, server)
	<-answered
	client.Close() // left to the collector, descriptors would run out under a load that makes many connections
	server.Close()
}

// pump copies one direction and then closes just that one, so that a half-closed
// connection still carries the answer.
func pump(from, to *net.TCPConn) {
	_, err := io.Copy(to, from)
	if err != nil {
		from.Close()
		to.Close()
		return
	}
	to.CloseWrite()
	from.CloseRead()
}

// dialInNode connects from inside the node's network. A socket belongs to the network of
// the thread that makes it, so this goroutine keeps a thread of its own and moves it there.
func dialInNode(requests <-chan dial) {
	runtime.LockOSThread()
	network, err := os.Open(nodeNetwork)
	if err != nil {
		log.Fatal(err)
	}
	if err := unix.Setns(int(network.Fd()), unix.CLONE_NEWNET); err != nil {
		log.Fatalf("enter the node's network: %v", err)
	}
	for request := range requests {
		server, err := net.DialTimeout("tcp4", request.target, dialTimeout)
		if err != nil {
			log.Printf("dial %s: %v", request.target, err)
		}
		request.answer <- server
	}
}
