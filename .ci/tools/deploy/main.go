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
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
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
		{"trial/Containerfile.*", container},
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

// answered reports a pod that is probed and does not listen: only the role web
// does, and what never answers is killed over and over.
func answered(o runtime.Object) error {
	var pod corev1.PodSpec
	switch o := o.(type) {
	case *appsv1.Deployment:
		pod = o.Spec.Template.Spec
	case *appsv1.StatefulSet:
		pod = o.Spec.Template.Spec
	default:
		return nil
	}
	for _, c := range pod.Containers {
		i := slices.Index(c.Args, "--roles")
		if c.ReadinessProbe == nil && c.LivenessProbe == nil || i < 0 {
			continue
		}
		if i+1 == len(c.Args) || !slices.Contains(strings.Split(c.Args[i+1], ","), "web") {
			return fmt.Errorf("container %s is probed, and its --roles have no web, which alone listens", c.Name)
		}
	}
	return nil
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
		o, _, err := decode.Decode(buf[:k], nil, nil)
		if err == nil {
			err = answered(o)
		}
		if err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
	}
}
