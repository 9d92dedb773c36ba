package model

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// pathSpecs: what the paths say, in words that hold for the whole kernel.
var pathSpecs = []spec{
	{name: "files.boards", doc: "touches device trees", of: func(m *measured) float64 {
		return yes(m.path(func(n string) bool { return strings.HasSuffix(n, ".dts") || strings.HasSuffix(n, ".dtsi") }))
	}},
	{name: "files.bindings", doc: "touches device tree bindings", of: func(m *measured) float64 {
		return yes(m.path(func(n string) bool {
			return strings.HasPrefix(n, "Documentation/devicetree/") || strings.HasPrefix(n, "include/dt-bindings/")
		}))
	}},
	{name: "files.staging", doc: "touches staging drivers", of: func(m *measured) float64 {
		return yes(m.path(func(n string) bool { return strings.HasPrefix(n, "drivers/staging/") }))
	}},
	{name: "files.maintainers", doc: "touches MAINTAINERS", of: func(m *measured) float64 {
		return yes(m.path(func(n string) bool { return n == "MAINTAINERS" }))
	}},
	{name: "files.rust", doc: "touches Rust", of: func(m *measured) float64 {
		return yes(m.path(func(n string) bool { return strings.HasSuffix(n, ".rs") }))
	}},
	{name: "files.shared", doc: "touches code outside drivers: headers of all, the core", of: func(m *measured) float64 {
		return yes(m.path(func(n string) bool {
			return !strings.HasPrefix(n, "drivers/") && !strings.HasPrefix(n, "sound/") && !strings.HasPrefix(n, "Documentation/") && strings.IndexByte(n, '/') > 0
		}))
	}},
	{name: "files.foreign", doc: "no path of the kernel", of: func(m *measured) float64 { return yes(!m.path(kernelPath)) }},
	{name: "files.dirs", doc: "doublings of directories beyond one", of: func(m *measured) float64 {
		seen := make(map[string]bool, 8)
		for _, f := range m.c.Files {
			n := pathOf(f)
			seen[n[:strings.LastIndexByte(n, '/')+1]] = true
		}
		return above(len(seen), 1)
	}},
	{name: "size.insert", doc: "only adds lines", of: func(m *measured) float64 {
		return yes(m.c.Size.Removed == 0 && m.c.Size.Added > 0)
	}},
	{name: "size.insert.few", doc: "only adds lines, ten or fewer, in existing files", of: func(m *measured) float64 {
		return yes(m.c.Size.Removed == 0 && m.c.Size.Added > 0 && m.c.Size.Added <= 10 && m.c.Size.NewFiles == 0)
	}},
	{name: "size.rows", doc: "only adds rows of a table", of: func(m *measured) float64 { return yes(m.rows()) }},
}

func pathOf(f *gitdiff.File) string {
	if f.NewName != "" {
		return f.NewName
	}
	return f.OldName
}

func (m *measured) path(is func(string) bool) bool {
	for _, f := range m.c.Files {
		if is(pathOf(f)) {
			return true
		}
	}
	return false
}

// kernelPath knows the folders at the top of the kernel.
func kernelPath(n string) bool {
	top, _, _ := strings.Cut(n, "/")
	switch top {
	case "drivers", "include", "arch", "net", "Documentation", "sound", "kernel", "lib", "mm", "fs", "block", "crypto", "security", "tools", "scripts",
		"MAINTAINERS", "init", "ipc", "samples", "rust", "virt", "certs", "usr", "io_uring", "Makefile", "Kbuild", "Kconfig", "CREDITS", ".mailmap":
		return true
	}
	return false
}

// maxRows bounds what is looked at for rows of a table.
const maxRows = 200

// rows tells whether nothing is removed and every added line has the form of a
// row, or of a part of one: it ends in a comma, or is a brace or a comment.
func (m *measured) rows() bool {
	if m.c.Size.Removed > 0 || m.c.Size.Added == 0 || m.c.Size.Added > maxRows || m.c.Size.NewFiles > 0 {
		return false
	}
	braces := false
	for _, f := range m.c.Files {
		for _, h := range f.TextFragments {
			for i := range h.Lines {
				if h.Lines[i].Op != gitdiff.OpAdd {
					continue
				}
				s := strings.TrimSpace(h.Lines[i].Line)
				if s == "" || strings.HasPrefix(s, "/*") || strings.HasPrefix(s, "*") || strings.HasPrefix(s, "//") {
					continue
				}
				if !strings.HasSuffix(s, ",") && s != "{" && s != "{}" && !strings.HasSuffix(s, "*/") && (s[0] != '{' || !strings.HasSuffix(s, "}")) {
					return false
				}
				braces = braces || s[0] == '{' || strings.Contains(s, "(") || strings.Contains(s, "{") || s[0] == '.'
			}
		}
	}
	return braces
}
