// Asks a server on this machine the same question over and over, and says how long the answers took, as JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"sync"
	"syscall"
	"time"
)

// A connection, which asks once and waits for the whole answer.
type asker interface{ ask() error }

type result struct {
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Failure  string  `json:"failure"`
	Seconds  float64 `json:"seconds"`
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
	CPU      float64 `json:"cpu"`
}

func main() {
	address := flag.String("address", "", "where the server listens, on a loopback address")
	method := flag.String("method", "", "gRPC method; without one standard input is a whole HTTP/1.1 request")
	connections := flag.Int("connections", 1, "")
	seconds := flag.Float64("seconds", 5, "")
	rate := flag.Float64("rate", 0, "requests a second over all connections, 0 for as many as there can be")
	flag.Parse()
	question, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = onLoopback(*address)
	}
	if err != nil {
		fail(err)
	}
	askers := make([]asker, *connections)
	for i := range askers {
		if *method == "" {
			askers[i], err = newHTTP(*address, question)
		} else {
			askers[i], err = newRPC(*address, *method, question)
		}
		if err != nil {
			fail(err)
		}
	}
	json.NewEncoder(os.Stdout).Encode(run(askers, time.Duration(*seconds*float64(time.Second)), *rate))
}

func onLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is no loopback address", host)
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func run(askers []asker, length time.Duration, rate float64) result {
	took := make([][]time.Duration, len(askers))
	failures := make([]error, len(askers))
	start, before := time.Now(), used()
	var all sync.WaitGroup
	for i, each := range askers {
		all.Add(1)
		go func() {
			defer all.Done()
			gap := time.Duration(0)
			if rate > 0 {
				gap = time.Duration(float64(len(askers)) / rate * float64(time.Second))
			}
			first := start.Add(gap * time.Duration(i) / time.Duration(len(askers)))
			took[i], failures[i] = repeat(each, first, start.Add(length), gap)
		}()
	}
	all.Wait()
	return sum(took, failures, time.Since(start), used()-before)
}

// With a gap, time counts from when a question was due, so that waiting behind a slow answer is seen.
func repeat(each asker, due time.Time, end time.Time, gap time.Duration) ([]time.Duration, error) {
	took := make([]time.Duration, 0, 1<<16)
	for {
		if gap > 0 {
			time.Sleep(time.Until(due))
		} else {
			due = time.Now()
		}
		if due.After(end) {
			return took, nil
		}
		if err := each.ask(); err != nil {
			return took, err
		}
		took = append(took, time.Since(due))
		due = due.Add(gap)
	}
}

func sum(took [][]time.Duration, failures []error, length time.Duration, cpu float64) result {
	var every []time.Duration
	found := result{Seconds: length.Seconds(), CPU: cpu}
	for i := range took {
		every = append(every, took[i]...)
		if failures[i] != nil {
			found.Failed++
			found.Failure = failures[i].Error()
		}
	}
	found.Requests = len(every)
	if len(every) > 0 {
		sort.Slice(every, func(i, j int) bool { return every[i] < every[j] })
		found.P50 = every[len(every)/2].Seconds()
		found.P99 = every[len(every)*99/100].Seconds()
	}
	return found
}

func used() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
