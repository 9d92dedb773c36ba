package drift

import (
	"bytes"
	"context"
	"path"
	"strings"
	"sync"
)

// export is how a symbol is given to modules.
type export struct {
	Place
	how string // "EXPORT_SYMBOL_GPL", with the namespace
}

// exports are the symbols of a kernel that modules may use, those in wanted alone. Not
// known: the tree has no sources, as headers alone have not.
func exports(ctx context.Context, t Tree, arch string, wanted map[string]bool) (out map[string]export, known bool, err error) {
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
	out = map[string]export{}
	var lock sync.Mutex
	err = each(ctx, sources, func(p string) error {
		data, err := t.Read(ctx, p)
		if err != nil {
			return err
		}
		for name, e := range exported(p, data) {
			if wanted[name] {
				lock.Lock()
				out[name] = e
				lock.Unlock()
			}
		}
		return nil
	})
	return out, len(sources) > 0, err
}

// exported reads the exports of one file.
func exported(file string, data []byte) map[string]export {
	out := map[string]export{}
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("EXPORT_"))
		if i < 0 {
			return out
		}
		at += i
		from, end := at, at
		for end < len(data) && (letter(data[end]) || digit(data[end])) {
			end++
		}
		at = end
		how := string(data[from:end])
		if !strings.Contains(how, "SYMBOL") || end >= len(data) || data[end] != '(' || from > 0 && letter(data[from-1]) {
			continue
		}
		stop := bytes.IndexByte(data[end:], ')')
		if stop < 0 {
			return out
		}
		args := strings.Split(string(data[end+1:end+stop]), ",")
		name := strings.TrimSpace(args[0])
		if strings.HasPrefix(how, "EXPORT_TRACEPOINT") {
			name = "__tracepoint_" + name
		}
		if len(args) > 1 {
			how += " " + strings.Trim(strings.TrimSpace(args[1]), `"`)
		}
		out[name] = export{Place{file, 1 + bytes.Count(data[:from], []byte("\n"))}, how}
	}
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
