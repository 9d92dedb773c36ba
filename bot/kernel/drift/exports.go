package drift

import (
	"bytes"
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"sync"
)

// export is how a symbol is given to modules.
type export struct {
	Place
	how string // "EXPORT_SYMBOL_GPL", with the namespace
}

// exports are the symbols of a kernel that modules may use, those in wanted alone, each in
// the order of the files that give it: one for either of two configurations. Not known: the tree has no sources, as headers alone have not.
func exports(ctx context.Context, t Tree, arch string, wanted map[string]bool) (out map[string][]export, known bool, err error) {
	paths, err := t.List(ctx, "")
	if err != nil {
		return nil, false, err
	}
	var sources []string
	for _, p := range paths {
		if strings.HasSuffix(p, ".c") || strings.HasSuffix(p, ".S") {
			if top, rest, _ := strings.Cut(p, "/"); top == "tools" || top == "Documentation" || top == "samples" || top == "scripts" || top == "arch" && !strings.HasPrefix(rest, arch+"/") {
				continue
			}
			sources = append(sources, p)
		}
	}
	out = map[string][]export{}
	var lock sync.Mutex
	err = each(ctx, sources, func(p string) error {
		data, err := t.Read(ctx, p)
		if err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		for name, e := range exported(p, data) {
			if wanted[name] {
				out[name] = append(out[name], e...)
			}
		}
		return nil
	})
	for _, e := range out {
		slices.SortFunc(e, func(a, b export) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	}
	return out, len(sources) > 0, err
}

// longExport is what the arguments of an export may take.
const longExport = 1024

// exported reads the exports of one file: by all macros that are called so, also those of
// one subsystem and those that make and export a table of functions at once.
func exported(file string, data []byte) map[string][]export {
	out := map[string][]export{}
	line, counted := 1, 0
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("EXPORT_"))
		if i < 0 {
			return out
		}
		from := at + i
		at = from
		for at < len(data) && (letter(data[at]) || digit(data[at])) {
			at++
		}
		macro := string(data[from:at])
		if at >= len(data) || data[at] != '(' || from > 0 && (letter(data[from-1]) || digit(data[from-1])) {
			continue
		}
		stop := bytes.IndexByte(data[at:min(at+longExport, len(data))], ')')
		if stop < 0 {
			continue
		}
		line += bytes.Count(data[counted:from], []byte("\n"))
		counted = from
		name, how := given(macro, strings.Split(string(data[at+1:at+stop]), ","))
		out[name] = append(out[name], export{Place{file, line}, how})
	}
}

// given is what a macro exports, and how, as the plain macro would say it: whose modules
// may use it, and by which namespace.
func given(macro string, args []string) (name, how string) {
	name = strings.TrimSpace(args[0])
	switch {
	case strings.HasPrefix(macro, "EXPORT_TRACEPOINT"):
		name = "__tracepoint_" + name
	case strings.HasPrefix(macro, "EXPORT_STATIC_CALL"):
		name = "__SCK__" + name
	}
	space := strings.Contains(macro, "_NS_") || strings.HasSuffix(macro, "_NS")
	how = "EXPORT_SYMBOL"
	if space {
		how += "_NS"
	}
	// What is for some modules of the kernel alone is for no other module.
	own := strings.Contains(macro, "_FOR_")
	switch {
	case own:
		how = macro
	case strings.Contains(macro, "_GPL"):
		how += "_GPL"
	}
	if (space || own) && len(args) > 1 {
		how += " " + strings.Trim(strings.TrimSpace(args[len(args)-1]), `"`)
	}
	return name, how
}

// symbols are the Kconfig symbols of a kernel.
func symbols(ctx context.Context, t Tree) (map[string]Place, error) {
	paths, err := t.List(ctx, "")
	if err != nil {
		return nil, err
	}
	out := map[string]Place{}
	for _, p := range paths {
		if !strings.HasPrefix(path.Base(p), "Kconfig") {
			continue
		}
		data, err := t.Read(ctx, p)
		if err != nil {
			return nil, err
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			fields := strings.Fields(line)
			if len(fields) > 1 && (fields[0] == "config" || fields[0] == "menuconfig") {
				out["CONFIG_"+fields[1]] = Place{p, n}
			}
		}
	}
	return out, nil
}
