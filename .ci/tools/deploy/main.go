// Command deploy reads the files of deploy/ with the parsers of the programs
// that they are for, strictly: BuildKit's for the Containerfile, Compose's own
// loader, and the types of the Kubernetes API.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	dir := "deploy"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	var errs []error
	read := 0
	for _, part := range []struct {
		pattern string
		check   func(string) error
	}{
		{"Containerfile", container},
		{"compose*.yaml", compose},
		{"kubernetes/*.yaml", kubernetes},
	} {
		files, err := filepath.Glob(filepath.Join(dir, part.pattern))
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("%s has no %s", dir, part.pattern)
		}
		errs = append(errs, err)
		for _, f := range files {
			read++
			if err := part.check(f); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", f, err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d files of %s read, nothing to mend\n", read, dir)
}

// container parses each instruction; what BuildKit would warn of is an error.
func container(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ast, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range ast.Warnings {
		errs = append(errs, errors.New(w.Short))
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, text string, at []parser.Range) {
		errs = append(errs, fmt.Errorf("line %d: %s: %s", at[0].Start.Line, rule, text))
	}})
	_, _, err = instructions.Parse(ast.AST, lint)
	return errors.Join(append(errs, err)...)
}

func compose(file string) error {
	o, err := cli.NewProjectOptions([]string{file}, cli.WithName("stablebot"), cli.WithWorkingDirectory(filepath.Dir(file)))
	if err != nil {
		return err
	}
	p, err := o.LoadProject(context.Background())
	if err != nil {
		return err
	}
	var errs []error
	for name, s := range p.Services {
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				errs = append(errs, fmt.Errorf("service %s: port %s is open to the network; bind it to 127.0.0.1", name, port.Published))
			}
		}
	}
	return errors.Join(errs...)
}

// kubernetes decodes each document into the type it names; a field that the
// type does not have is an error.
func kubernetes(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	decode := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	docs := yaml.NewDocumentDecoder(f)
	defer docs.Close()
	buf := make([]byte, 1<<20)
	for n := 1; ; n++ {
		k, err := docs.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(buf[:k])) == "" {
			continue
		}
		if _, _, err := decode.Decode(buf[:k], nil, nil); err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
	}
}
