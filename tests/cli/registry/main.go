// Pushes an OCI image layout to a registry that it serves itself on loopback, pulls it for each platform, and prints
// the SHA-256 of the plugin.wasm in it: what Istio and Higress do with the image, by the library that they use.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func main() {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	tag := must(name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/ai-failover:test"))
	push(tag, os.Args[1])
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		image := must(remote.Image(tag, remote.WithPlatform(*must(v1.ParsePlatform(platform)))))
		check(validate.Image(image))
		fmt.Printf("%s %x\n", must(image.ConfigFile()).Architecture, sha256.Sum256(plugin(image)))
	}
}

func push(tag name.Tag, directory string) {
	root := must(layout.ImageIndexFromPath(directory))
	entries := must(root.IndexManifest()).Manifests
	if len(entries) != 1 {
		log.Fatalf("%d images in the layout", len(entries))
	}
	index := must(root.ImageIndex(entries[0].Digest))
	check(validate.Index(index))
	check(remote.WriteIndex(tag, index))
}

// The only file of the only layer.
func plugin(image v1.Image) []byte {
	layers := must(image.Layers())
	if len(layers) != 1 {
		log.Fatalf("%d layers", len(layers))
	}
	archive := tar.NewReader(must(layers[0].Uncompressed()))
	file := must(archive.Next())
	if file.Name != "plugin.wasm" {
		log.Fatalf("%q in the layer", file.Name)
	}
	content := must(io.ReadAll(archive))
	if _, err := archive.Next(); err != io.EOF {
		log.Fatal("more than one file in the layer")
	}
	return content
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
