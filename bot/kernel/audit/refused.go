package audit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Refusals are what people have said no to.
type Refusals struct {
	commits []refusal
	paths   []refusal
}

// refusal is one no: of a commit, by its id or the beginning of one, or of paths.
type refusal struct{ what, why, where string }

// Read reads lines "sha<TAB>reason" and "sha # reason", as SUSE's blacklist.conf
// has them, and path patterns in place of an id. Empty lines and lines of # are left out.
func (r *Refusals) Read(name string, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.IndexAny(line, " \t")
		if at < 0 {
			at = len(line)
		}
		x := refusal{what: line[:at], why: strings.TrimSpace(strings.TrimLeft(line[at:], " \t#")), where: fmt.Sprintf("%s:%d", path.Base(name), n)}
		switch {
		case hexID(x.what):
			x.what = strings.ToLower(x.what)
			r.commits = append(r.commits, x)
		case strings.ContainsAny(x.what, "/*"):
			if _, err := path.Match(x.what, ""); err != nil {
				return fmt.Errorf("%s:%d: the pattern %q: %w", name, n, x.what, err)
			}
			r.paths = append(r.paths, x)
		default:
			return fmt.Errorf("%s:%d: %q is neither a commit id of 8 to 64 digits nor a path", name, n, x.what)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

func hexID(s string) bool {
	return len(s) >= 8 && len(s) <= 64 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// of is the refusal of a commit by one of its ids.
func (r *Refusals) of(ids ...string) (refusal, bool) {
	if r == nil {
		return refusal{}, false
	}
	for _, x := range r.commits {
		for _, id := range ids {
			if id != "" && (strings.HasPrefix(id, x.what) || len(id) >= 12 && strings.HasPrefix(x.what, id)) {
				return x, true
			}
		}
	}
	return refusal{}, false
}

// over is the refusal of all files of a change.
func (r *Refusals) over(c *change.Change) (refusal, bool) {
	if r == nil || len(c.Files) == 0 {
		return refusal{}, false
	}
	var got refusal
	for _, f := range c.Files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		hit := false
		for _, x := range r.paths {
			if ok, _ := path.Match(x.what, name); ok || strings.HasPrefix(name, strings.TrimSuffix(x.what, "*")) && strings.HasSuffix(strings.TrimSuffix(x.what, "*"), "/") {
				got, hit = x, true
				break
			}
		}
		if !hit {
			return refusal{}, false
		}
	}
	return got, true
}

// refused asks whether a person had said no to a commit.
func refused(_ context.Context, a *auditor, it *Item) error {
	if x, ok := a.No.of(it.Upstream, it.Named); ok {
		it.add(Finding{Kind: Refused, Commit: it.Upstream, Text: fmt.Sprintf("it was refused: %s (%s)", x.why, x.where)})
	} else if x, ok := a.No.over(it.own); ok {
		it.add(Finding{Kind: Refused, Commit: it.Upstream, File: x.what, Text: fmt.Sprintf("all that it changes was refused: %s (%s)", x.why, x.where)})
	}
	if it.upstream != nil {
		for i := range it.upstream.Stable {
			switch t := &it.upstream.Stable[i]; {
			case t.RefusesStable():
				it.add(Finding{Kind: Refused, Commit: it.Upstream, Title: it.upstream.Subject, Text: "its tags refuse it for stable: " + t.Comment})
			case t.NoAutosel:
				it.add(Finding{Kind: Refused, Commit: it.Upstream, Title: it.upstream.Subject, Text: "its tags say that nobody should pick it by machine: " + t.Comment})
			}
		}
	}
	for _, other := range a.items {
		if other.own == nil || other == it {
			continue
		}
		for _, o := range omits(other.own) {
			if k, ok := a.named(o); ok && k.ID == it.Upstream || o.SHA != "" && strings.HasPrefix(it.Named, o.SHA) {
				it.add(Finding{Kind: Refused, Commit: other.ID, Title: other.Title, Text: fmt.Sprintf("%.12s (%q) says that it was left out on purpose", other.ID, other.Title)})
			}
		}
	}
	return nil
}

// omits are the fixes that the Omitted-fix: trailers of a change name.
func omits(c *change.Change) (out []change.Origin) {
	for _, t := range c.Trailers {
		if !strings.EqualFold(t.Key, "Omitted-fix") {
			continue
		}
		sha, rest, _ := strings.Cut(strings.TrimSpace(t.Value), " ")
		title := strings.Trim(rest, ` ()`)
		if hexID(sha) {
			out = append(out, change.Origin{SHA: strings.ToLower(sha), Subject: strings.Trim(title, `"`)})
		}
	}
	return out
}

// omitted reports whether a person said that a later fix of a commit is not wanted.
func (a *auditor) omitted(it *Item, sha, title string) bool {
	if _, ok := a.No.of(sha); ok {
		return true
	}
	for _, o := range omits(it.own) {
		if strings.HasPrefix(sha, o.SHA) || o.Subject != "" && o.Subject == title {
			return true
		}
	}
	return false
}
