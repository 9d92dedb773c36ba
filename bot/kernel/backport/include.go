package backport

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// A name that a header declares is no name where the header is not included. Which headers
// of the kernel a file gets by others cannot be told without all of them; those of its own
// driver can.

var includes = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]`)

// included doubts the names that an edit calls and that only headers of the driver declare,
// none of which the file includes.
func (l *ladder) included(ctx context.Context, t *target, p *put, called map[string]uint32, after *words) error {
	var names []string
	for n := range called {
		if !after.declares(n) {
			names = append(names, n)
		}
	}
	if len(names) == 0 || after == nil || !strings.HasSuffix(t.path, ".c") {
		return nil
	}
	by := map[string][]string{}     // base name → headers
	declared := map[string]string{} // name → a header of the driver
	if err := headers(ctx, l.Ours, t.path, func(path string) (bool, error) {
		_, base := cutLast(path)
		by[base] = append(by[base], path)
		w, err := l.Words.of(ctx, l.Ours, path)
		if w == nil || err != nil {
			return false, err
		}
		for _, n := range names {
			_, has := w.names[hashed(n)]
			switch {
			case has && !strings.HasPrefix(path, "drivers/"):
				declared[n] = "" // the kernel may have it
			case w.declares(n):
				if _, ok := declared[n]; !ok {
					declared[n] = path
				}
			}
		}
		return false, nil
	}); err != nil {
		return err
	}
	reached := map[string]bool{}
	if err := l.reach(ctx, after, by, reached); err != nil {
		return err
	}
	for _, n := range names {
		if path := declared[n]; path != "" {
			if err := l.unreached(ctx, t, p, n, path, reached); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *words) declares(name string) bool { return w != nil && w.takes[hashed(name)] != 0 }

// reach walks the headers that a file gets.
func (l *ladder) reach(ctx context.Context, from *words, by map[string][]string, reached map[string]bool) error {
	for _, inc := range from.includes {
		_, base := cutLast("/" + inc)
		for _, path := range by[base] {
			if reached[path] || !strings.HasSuffix("/"+path, "/"+strings.TrimLeft(inc, "./")) {
				continue
			}
			reached[path] = true
			w, err := l.Words.of(ctx, l.Ours, path)
			if err != nil {
				return err
			}
			if w == nil {
				continue
			}
			if err := l.reach(ctx, w, by, reached); err != nil {
				return err
			}
		}
	}
	return nil
}

// unreached doubts an edit whose name no header declares that the file gets.
func (l *ladder) unreached(ctx context.Context, t *target, p *put, name, where string, reached map[string]bool) error {
	for path := range reached {
		w, err := l.Words.of(ctx, l.Ours, path)
		if err != nil {
			return err
		}
		if w != nil {
			if _, ok := w.names[hashed(name)]; ok {
				return nil
			}
		}
	}
	doubt := fmt.Sprintf("%s is declared in %s, which the file does not include", name, where)
	for i := range l.out.Steps {
		if s := &l.out.Steps[i]; t.is(s, p) && s.Doubt == "" {
			s.Doubt = doubt
		}
	}
	l.out.Warnings = append(l.out.Warnings, doubt)
	return nil
}

// is reports whether a step is that of an edit of this file.
func (t *target) is(s *Step, p *put) bool {
	return s.Line == p.edit.from+1 && s.At == p.from+1 && (s.Path == t.path || s.File == t.path)
}
