package apply

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// Index finds whole text in a file, by its longest line: bytes.Index itself is
// slow for long needles.
func Index(data, text []byte) int {
	needle, before := telling(text)
	compared := 0
	for at := before; at < len(data); {
		if compared > 4*len(data)+1<<20 {
			// The same lines over and over: here the library's way is linear.
			i := bytes.Index(data[at-before:], text)
			if i < 0 {
				return -1
			}
			return at - before + i
		}
		i := bytes.Index(data[at:], needle)
		if i < 0 {
			return -1
		}
		compared += i + len(text)
		if hit := at + i - before; bytes.HasPrefix(data[hit:], text) {
			return hit
		}
		at += i + 1
	}
	return -1
}

// Why says for a reader what does not fit, "" when everything does.
func (r *Result) Why() string {
	var parts []string
	failed := 0
	for i := range r.Files {
		x := &r.Files[i]
		if x.How < Fails {
			continue
		}
		if failed++; len(parts) < 2 {
			parts = append(parts, x.why())
		}
	}
	if more := failed - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more %s not fit", more, change.Agree(more, "file does", "files do")))
	}
	return strings.Join(parts, "; ")
}

func (x *File) why() string {
	if x.Fault != "" {
		return x.Fault
	}
	bad, first := 0, -1
	for i := range x.Hunks {
		if x.Hunks[i].How == Fails {
			if bad++; first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return ""
	}
	h := x.patch.TextFragments[first]
	s := fmt.Sprintf("%s: %d of %s", x.Old, bad, change.Count(len(x.Hunks), "hunk"))
	if bad == 1 {
		s = fmt.Sprintf("%s: hunk %d of %d", x.Old, first+1, len(x.Hunks))
	}
	// The heading behind @@ is the function that git found above the hunk.
	if name := Heading(h); name != "" && !bytes.Contains(x.before.Data, []byte(name)) {
		return fmt.Sprintf("%s: %s is not there", s, strings.TrimSuffix(name, "("))
	}
	for i := range h.Lines {
		l := &h.Lines[i]
		if text := strings.TrimSpace(l.Line); l.Op != gitdiff.OpAdd && text != "" && !bytes.Contains(x.before.Data, []byte(l.Line)) {
			return fmt.Sprintf("%s: the line %q is not there", s, shorten(text))
		}
	}
	return s + ": its lines are there, but not together"
}

// Heading is the function that a hunk stands in, as git found it, with the
// bracket behind its name, or the name of an object or a type with what follows it;
// of anything else the heading itself. Functions change their signatures, objects
// their qualifiers and types, and both stay what they are.
func Heading(h *gitdiff.TextFragment) string {
	head := strings.TrimSpace(h.Comment)
	if i := strings.IndexByte(head, '('); i >= 0 {
		if start := nameBefore(head, i); start < i {
			return head[start : i+1]
		}
		return head
	}
	if i := strings.IndexAny(head, "[={"); i > 0 {
		end := len(strings.TrimRight(head[:i], " \t"))
		if start := nameBefore(head, end); start < end {
			return head[start:]
		}
	}
	return head
}

// nameBefore is where the identifier that ends at a place begins.
func nameBefore(s string, end int) int {
	for end > 0 && (s[end-1] == '_' || s[end-1] >= '0' && s[end-1] <= '9' || s[end-1]|0x20 >= 'a' && s[end-1]|0x20 <= 'z') {
		end--
	}
	return end
}

func shorten(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Reverse is the patch that takes back what patch does.
func Reverse(patch []*gitdiff.File) []*gitdiff.File {
	out := make([]*gitdiff.File, len(patch))
	for i, f := range patch {
		r := *f
		r.OldName, r.NewName = f.NewName, f.OldName
		r.OldMode, r.NewMode = f.NewMode, f.OldMode
		if r.OldMode == 0 {
			r.OldMode, r.NewMode = f.OldMode, 0
		}
		r.OldOIDPrefix, r.NewOIDPrefix = f.NewOIDPrefix, f.OldOIDPrefix
		r.IsNew, r.IsDelete = f.IsDelete, f.IsNew
		if f.IsCopy {
			r.IsCopy, r.IsDelete = false, true
			r.NewName = ""
		}
		r.TextFragments = make([]*gitdiff.TextFragment, len(f.TextFragments))
		for k, h := range f.TextFragments {
			b := *h
			b.OldPosition, b.NewPosition = h.NewPosition, h.OldPosition
			b.OldLines, b.NewLines = h.NewLines, h.OldLines
			b.LinesAdded, b.LinesDeleted = h.LinesDeleted, h.LinesAdded
			b.Lines = make([]gitdiff.Line, len(h.Lines))
			for n, l := range h.Lines {
				switch l.Op {
				case gitdiff.OpAdd:
					l.Op = gitdiff.OpDelete
				case gitdiff.OpDelete:
					l.Op = gitdiff.OpAdd
				}
				b.Lines[n] = l
			}
			r.TextFragments[k] = &b
		}
		out[i] = &r
	}
	return out
}

// Refit is the patch as it would be written against the tree that it was put on:
// hunks counted as they stand there, blobs by their full ids. It is for a patch
// that fits, on a tree of objects.
func (r *Result) Refit(ctx context.Context, t Tree) ([]*gitdiff.File, error) {
	out := make([]*gitdiff.File, len(r.Files))
	for i := range r.Files {
		x := &r.Files[i]
		f := *x.patch
		if x.Old != "" {
			e, err := t.Entry(ctx, x.Old)
			if err != nil {
				return nil, err
			}
			f.OldOIDPrefix = e.ID
		}
		if f.NewOIDPrefix == "" {
			f.NewOIDPrefix = strings.Repeat("0", len(f.OldOIDPrefix))
		}
		f.TextFragments = slices.Clone(f.TextFragments)
		for k, h := range x.Hunks {
			if h.Offset != 0 && k < len(f.TextFragments) {
				moved := *f.TextFragments[k]
				moved.OldPosition += int64(h.Offset)
				moved.NewPosition += int64(h.Offset)
				f.TextFragments[k] = &moved
			}
		}
		out[i] = &f
	}
	return out, nil
}
