// A second S3 server for conformance tests: the Versity S3 Gateway over a folder, without what the tests do not need.
//
//	ROOT_ACCESS_KEY=... ROOT_SECRET_KEY=... second_s3 127.0.0.1:PORT FOLDER
package main

import (
	"context"
	"log"
	"os"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: second_s3 HOST:PORT FOLDER")
	}
	store, err := posix.New(os.Args[2], meta.XattrMeta{}, posix.PosixOpts{})
	if err != nil {
		log.Fatal(err)
	}
	config := &embedgw.Config{
		RootUserAccess:    os.Getenv("ROOT_ACCESS_KEY"),
		RootUserSecret:    os.Getenv("ROOT_SECRET_KEY"),
		Ports:             []string{os.Args[1]},
		MaxConnections:    1000,
		MaxRequests:       1000,
		MultipartMaxParts: 10000,
		KeepAlive:         true,
		Quiet:             true,
	}
	if err := embedgw.RunVersityGW(context.Background(), store, config); err != nil {
		log.Fatal(err)
	}
}
