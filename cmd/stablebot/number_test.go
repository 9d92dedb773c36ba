package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// oneOfMany is a number that does not agree with its noun: "1 fixes", and at the start
// of a sentence "1 people". Numbers before nouns are written by change.Count.
var oneOfMany = regexp.MustCompile(`(?:^|[^\w.,/:+-])1 ((?:(?:new|more|other|later|first|binary|changed|judged) )?` +
	`(?:actions|answers|attempts|bodies|branches|builds|bytes|changes|characters|checks|chips|clicks|commands|commits|conflicts|copies|` +
	`culprits|days|digits|drivers|entries|errors|files|findings|fixes|functions|headers|hours|hunks|IDs|issues|items|judgements|labels|` +
	`links|lists|mails|mentions|messages|minutes|months|names|objects|outcomes|packages|parents|parts|patches|people|postings|` +
	`prerequisites|problems|quirks|registers|releases|remotes|replies|repositories|reverts|rows|rules|seconds|sections|steps|symbols|` +
	`tags|things|times|trees|units|users|verdicts|versions|warnings|weeks|words|years))\b`)

// TestNumbersAgree holds what the program says, as golden files, scripts and pages have
// it, against the number of what is counted.
func TestNumbersAgree(t *testing.T) {
	root := "../.."
	read := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && path != root {
				return fs.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".txtar", ".golden", ".txt", ".md", ".html", ".svg", ".eml", ".mbox", ".json":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for i, line := range strings.Split(string(text), "\n") {
			if m := oneOfMany.FindStringSubmatch(line); m != nil {
				t.Errorf("%s:%d: 1 %s", filepath.ToSlash(strings.TrimPrefix(path, root+"/")), i+1, m[1])
			}
		}
		return nil
	})
	if err != nil || read < 100 {
		t.Fatalf("%d files were read, %v", read, err)
	}
}

func TestOneOfMany(t *testing.T) {
	for line, bad := range map[string]bool{
		"1 fixes that it may need":   true,
		"came: 1 replies to nobody":  true,
		"(1 people)":                 true,
		"1 later fixes of it":        true,
		"stdout '^1 mails and more'": true,
		"1 fix that it may need":     false,
		"11 fixes":                   false,
		"6.1 patches":                false,
		"patch 1/1 files":            false,
		"v2 1/1 trees=[6.6]":         false,
		"1 series-in-part":           false,
	} {
		if got := oneOfMany.MatchString(line); got != bad {
			t.Errorf("%q: %v, want %v", line, got, bad)
		}
	}
}
