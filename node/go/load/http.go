package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

const patience = 30 * time.Second

// HTTP/1.1 with no more understanding than a known server's answers need.
type overHTTP struct {
	address    string
	connection net.Conn
	reader     *bufio.Reader
	question   []byte
}

func newHTTP(address string, question []byte) (asker, error) {
	made := &overHTTP{address: address, question: question}
	return made, made.connect()
}

func (h *overHTTP) connect() error {
	connection, err := net.DialTimeout("tcp", h.address, patience)
	if err == nil {
		h.connection, h.reader = connection, bufio.NewReaderSize(connection, 1<<16)
	}
	return err
}

// Some servers end the connection with every answer: the next question needs another.
func (h *overHTTP) ask() error {
	if h.connection == nil {
		if err := h.connect(); err != nil {
			return err
		}
	}
	h.connection.SetDeadline(time.Now().Add(patience))
	if _, err := h.connection.Write(h.question); err != nil {
		return err
	}
	status, err := h.line()
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	said := string(status)
	length, last := -1, false
	for {
		line, err := h.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if bytes.EqualFold(line, []byte("connection: close")) {
			last = true
		}
		if len(line) > 15 && (line[0]|32) == 'c' && bytes.EqualFold(line[:15], []byte("content-length:")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[15:]))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("an answer without Content-Length: %s", said)
	}
	if good {
		_, err = h.reader.Discard(length)
		if last {
			h.connection.Close()
			h.connection = nil
		}
		return err
	}
	body := make([]byte, length)
	io.ReadFull(h.reader, body)
	return fmt.Errorf("%s: %s", said, body)
}

func (h *overHTTP) line() ([]byte, error) {
	line, err := h.reader.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}
