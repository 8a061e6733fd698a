package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// validity is longer than any node lives, so nothing has to renew a certificate.
const validity = 5 * 365 * 24 * time.Hour

// clients are the identities that sign in with a certificate: file name to user and group.
var clients = map[string]pkix.Name{
	"admin":              {CommonName: "admin", Organization: []string{"system:masters"}},
	"apiserver-kubelet":  {CommonName: "apiserver-kubelet", Organization: []string{"system:masters"}},
	"controller-manager": {CommonName: "system:kube-controller-manager"},
	"scheduler":          {CommonName: "system:kube-scheduler"},
	"proxy":              {CommonName: "system:kube-proxy"},
	"kubelet":            {CommonName: "system:node:node", Organization: []string{"system:nodes"}},
	"coredns":            {CommonName: "coredns"},
	"istiod":             {CommonName: "istiod"},
}

// authority signs every certificate of the node.
type authority struct {
	directory   string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// runCerts writes the authority, the servers' and the clients' pairs and the key that
// signs service account tokens into one directory.
func runCerts(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: certs DIRECTORY")
	}
	ca, err := newAuthority(args[0])
	if err != nil {
		return err
	}
	for file, subject := range clients {
		if err := ca.issue(file, &x509.Certificate{Subject: subject, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			return err
		}
	}
	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "node"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost", "node", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc.cluster.local"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 200, 0, 1), net.IPv4(10, 96, 0, 1)},
	}
	if err := ca.issue("server", server); err != nil {
		return err
	}
	return ca.issue("service-account", &x509.Certificate{Subject: pkix.Name{CommonName: "service-account"}})
}

func newAuthority(directory string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	identifier := sha256.Sum256(public)
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "sdep-node"},
		// Certificates name their issuer by it, as Python 3.13 asks of those it trusts.
		SubjectKeyId:          identifier[:20],
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	ca := &authority{directory: directory, certificate: template, key: key}
	return ca, ca.sign("ca", template, key)
}

func (ca *authority) issue(name string, template *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	return ca.sign(name, template, key)
}

// sign completes the template, signs it and writes NAME.crt and NAME.key.
func (ca *authority) sign(name string, template *x509.Certificate, key *ecdsa.PrivateKey) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(validity)
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, crypto.PublicKey(&key.PublicKey), ca.key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := ca.write(name+".crt", "CERTIFICATE", der); err != nil {
		return err
	}
	return ca.write(name+".key", "PRIVATE KEY", secret)
}

func (ca *authority) write(file, kind string, content []byte) error {
	encoded := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
	return os.WriteFile(filepath.Join(ca.directory, file), encoded, 0o600)
}
