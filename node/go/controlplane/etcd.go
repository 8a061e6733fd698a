package main

import (
	"flag"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// runEtcd serves one member on the loopback of the node's own network, without fsync:
// the cluster lives no longer than its processes, so there is no crash to survive.
func runEtcd(args []string) error {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	directory := flags.String("data-dir", "", "where the member keeps its data")
	if err := flags.Parse(args); err != nil {
		return err
	}
	member, err := embed.StartEtcd(etcdConfig(*directory))
	if err != nil {
		return err
	}
	defer member.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	select {
	case err := <-member.Err():
		return err
	case <-stop:
		return nil
	}
}

func etcdConfig(directory string) *embed.Config {
	clients := url.URL{Scheme: "http", Host: "127.0.0.1:2379"}
	peers := url.URL{Scheme: "http", Host: "127.0.0.1:2380"}
	config := embed.NewConfig()
	config.Dir = directory
	config.UnsafeNoFsync = true
	config.LogLevel = "warn"
	config.QuotaBackendBytes = 4 << 30
	config.AutoCompactionMode = "periodic"
	config.AutoCompactionRetention = "10m"
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{clients}, []url.URL{clients}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peers}, []url.URL{peers}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return config
}
