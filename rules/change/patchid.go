package change

import (
	"crypto/sha1" //nolint:gosec // git's patch id is one
	"encoding/hex"
	"fmt"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// PatchID names a patch by its files and lines, positions and blanks left out: the
// number of `git patch-id --stable`, which git format-patch --base writes for
// prerequisites as well. "" when the patch changes no text and no binary file. A
// renamed file counts by its names alone, where git counts the old file and the
// new one.
func PatchID(files []*gitdiff.File) string {
	var sum [sha1.Size]byte
	some := false
	var b []byte
	for _, f := range files {
		if len(f.TextFragments) == 0 && !f.IsBinary {
			continue
		}
		some = true
		b = appendPatch(b[:0], f)
		one := sha1.Sum(b) //nolint:gosec // see above
		carry := 0
		for i := range sum {
			carry += int(sum[i]) + int(one[i])
			sum[i] = byte(carry)
			carry >>= 8
		}
	}
	if !some {
		return ""
	}
	return hex.EncodeToString(sum[:])
}

// appendPatch writes what git hashes of one file.
func appendPatch(b []byte, f *gitdiff.File) []byte {
	before, after := f.OldName, f.NewName
	if before == "" {
		before = after
	}
	if after == "" {
		after = before
	}
	b = appendBare(append(b, "diff--gita/"...), before)
	b = appendBare(append(b, "b/"...), after)
	switch {
	case f.IsNew:
		b = fmt.Appendf(b, "newfilemode%06o", f.NewMode)
	case f.IsDelete:
		b = fmt.Appendf(b, "deletedfilemode%06o", f.OldMode)
	}
	if f.IsBinary {
		return append(append(b, f.OldOIDPrefix...), f.NewOIDPrefix...)
	}
	switch {
	case f.IsNew:
		b = appendBare(append(b, "---/dev/null+++b/"...), after)
	case f.IsDelete:
		b = append(appendBare(append(b, "---a/"...), before), "+++/dev/null"...)
	default:
		b = appendBare(append(b, "---a/"...), before)
		b = appendBare(append(b, "+++b/"...), after)
	}
	for _, t := range f.TextFragments {
		for i := range t.Lines {
			switch t.Lines[i].Op {
			case gitdiff.OpAdd:
				b = append(b, '+')
			case gitdiff.OpDelete:
				b = append(b, '-')
			}
			b = appendBare(b, t.Lines[i].Line)
		}
	}
	return b
}

// appendBare appends s without its blanks.
func appendBare(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			b = append(b, s[i])
		}
	}
	return b
}
