package main

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns140 is how wide a line of code may be; a tab is one column, as gofmt leaves it.
const columns140 = 140

// longStill are the folders, and files, whose lines are still to be broken. None is added.
var longStill = []string{
	"rules/", "bot/mail/", "bot/store/", "bot/export/", "bot/kernel/audit/", "bot/kernel/backport/", "bot/kernel/cve/",
	"bot/kernel/drift/", "bot/kernel/drivers/", "bot/kernel/live/", "bot/kernel/missing/", "bot/git/", "bot/config/", "bot/plan/",
	"bot/report/", "bot/source/github/", "bot/web/", "bot/kernel/parity/", "bot/worklist/", "cmd/",
}

// TestLines: lines fit 140 columns. A raw string is as long as what it is for.
func TestLines(t *testing.T) {
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return fs.SkipDir
		}
		name, err := filepath.Rel(root, path)
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		name = filepath.ToSlash(name)
		for _, still := range longStill {
			if strings.HasPrefix(name, still) {
				return nil
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		raw := rawLines(text)
		for i, line := range strings.Split(string(text), "\n") {
			if n := utf8.RuneCountInString(line); n > columns140 && !raw[i+1] {
				t.Errorf("%s:%d has %d columns; break it behind a comma or an operator", name, i+1, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rawLines are the lines that have a part of a raw string.
func rawLines(text []byte) map[int]bool {
	out := map[int]bool{}
	files := token.NewFileSet()
	f := files.AddFile("", files.Base(), len(text))
	var s scanner.Scanner
	s.Init(f, text, nil, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return out
		}
		if tok == token.STRING && lit[0] == '`' {
			for line := f.Line(pos); line <= f.Line(pos)+strings.Count(lit, "\n"); line++ {
				out[line] = true
			}
		}
	}
}

// cmdLines is how many lines the commands may have, their tests apart: flags and tables.
// What decides or reads stands in bot/, where another command can have it too.
const cmdLines = 5000

// TestCommandsAreSmall: cmd does not become a second application again.
func TestCommandsAreSmall(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	n := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(text), "\n")
	}
	if n > cmdLines {
		t.Errorf("cmd/stablebot has %d lines, and may have %d: move what is no flag and no table into a package of bot/", n, cmdLines)
	}
}
