package change

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/release"
)

// ParseSubject splits a decoded, unfolded subject into what its brackets say
// and the title. It strips, as git am does, every leading bracket and reply
// mark in whatever order they stand: "[list] Re: [PATCH v2 1/3] title".
//
// A word of the brackets that names a kernel release is a stable branch
// (Trees), never a patch version: "v6.6" is a tree, "v2" and "v2.1" are
// versions. Words of the title are never looked at.
func ParseSubject(s string) (Prefix, string) {
	p := Prefix{Version: 1}
	s = trimSpace(Clip(s, MaxSubject))
	for {
		if n := replyMark(s); n > 0 {
			p.Reply = true
			s = trimSpace(s[n:])
			continue
		}
		if s == "" || s[0] != '[' {
			break
		}
		end := closing(s)
		if end < 0 {
			break
		}
		p.read(s[1:end])
		s = trimSpace(s[end+1:])
	}
	if p.Words != nil {
		s = trimSpace(strings.TrimPrefix(s, ":")) // "[REGRESSION]: title"
	}
	return p, collapse(s)
}

// MaxSubject and MaxName bound, in bytes, what is read of a title and of a name: a
// line of a mail has at most 998, and whoever writes more wants it repeated.
const (
	MaxSubject = 1000
	MaxName    = 200
)

// Unseen reports whether a reader does not see a character, or sees others elsewhere
// because of it: control characters, direction marks, and everything of no width.
func Unseen(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r < 0xa0:
		return true
	case r < 0x300:
		return r == 0xad // soft hyphen
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x2800, r == 0x3164, r == 0xffa0: // blank, and no blanks
		return true
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef: // variants
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Plain is a stranger's text as its reader sees it, on one line: blanks of all kinds
// are blanks, and what nobody sees is left out, so that no text drives a terminal or
// rearranges the line it stands in. Names, titles and addresses are made plain where
// they are read; a terminal, a mail and a file do it for all that they are given.
func Plain(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < ' ' {
			return strings.Map(plain, s)
		}
	}
	return s
}

func plain(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case Unseen(r):
		return -1
	}
	return r
}

// Clip makes s plain and cuts it to at most max bytes, between two characters, and marks the cut.
func Clip(s string, most int) string {
	if len(s) > 8*most {
		s = strings.ToValidUTF8(s[:8*most], "")
	}
	s = Plain(s)
	if len(s) <= most {
		return s
	}
	const mark = "…"
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// closing returns the index of the bracket that closes s[0], or -1.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// replyMarks are the words that mail programs put before a subject they answer
// or forward, in the languages seen on kernel lists. All end in a colon.
var replyMarks = []string{
	"re:", "fwd:", "fw:", "aw:", "antw:", "wg:", "sv:", "vs:", "odp:", "tr:", "ynt:", "res:",
	"回复:", "回复：", "答复:", "答复：", "转发:", "转发：", "回覆:", "回覆：", "답장:",
}

// replyMark returns the length of the reply mark that s begins with, or 0.
func replyMark(s string) int {
	if len(s) < 3 {
		return 0
	}
	switch s[0] | 0x20 {
	case 'r', 'f', 'a', 'w', 's', 'v', 'o', 't', 'y':
		if s[2] != ':' && s[2] != '[' && s[2] != ' ' && (len(s) < 5 || s[3] != ':' && s[4] != ':') {
			return 0
		}
	default:
		if s[0] < 0x80 {
			return 0
		}
	}
	for _, m := range replyMarks {
		if len(s) >= len(m) && strings.EqualFold(s[:len(m)], m) {
			return len(m)
		}
	}
	// "Re[2]:" and "Re :"
	if strings.EqualFold(s[:2], "re") {
		i := 2
		if s[i] == '[' {
			for i++; i < len(s) && isDigit(s[i]); i++ {
			}
			if i == len(s) || s[i] != ']' {
				return 0
			}
			i++
		}
		for i < len(s) && s[i] == ' ' {
			i++
		}
		if i < len(s) && s[i] == ':' {
			return i + 1
		}
	}
	return 0
}

// read takes in the words of one pair of brackets.
func (p *Prefix) read(s string) {
	prev := ""
	for s != "" {
		var w string
		if i := strings.IndexAny(s, " \t,;[]()"); i >= 0 {
			w, s = s[:i], s[i+1:]
		} else {
			w, s = s, ""
		}
		if w != "" {
			p.word(strings.ToLower(w), &s, prev)
			prev = strings.ToLower(w)
		}
	}
}

// word takes in one word, lower case. rest is what follows it in the brackets.
func (p *Prefix) word(w string, rest *string, prev string) {
	switch w {
	case "patch", "patches", "patchset":
		p.Patch = true
		return
	case "rfc", "rft":
		p.RFC, p.RFT = true, p.RFT || w == "rft"
		return
	case "resend", "repost", "resent":
		p.Resend = true
		return
	case "pull", "git-pull", "gitpull":
		p.Pull = true
		return
	case "git":
		return
	case "autosel":
		p.AutoSel = true
		return
	case "others", "newer", "above", "onwards", "later", "up":
		if len(p.Trees) > 0 {
			p.AndUp = true
			return
		}
	case "and", "or", "&", "for":
		return // joins the words around it
	case "of":
		// "2 of 3", as Mercurial writes it
		if n, ok := smallInt(prev); ok && p.Of == 0 && len(p.Words) > 0 {
			next, tail, _ := strings.Cut(trimSpace(*rest), " ")
			if of, ok := smallInt(next); ok {
				p.N, p.Of, *rest = n, of, tail
				if p.Words = p.Words[:len(p.Words)-1]; len(p.Words) == 0 {
					p.Words = nil
				}
				return
			}
		}
	}
	if n, of, ok := numbers(w); ok {
		p.N, p.Of = n, of
		return
	}
	if v, ok := version(w); ok {
		p.Version = v
		return
	}
	if p.tree(w) {
		return
	}
	// joined words: "patchv3", "patch-v3", "rfc/patch", "rfcv2", "v2-resend", "1/2v3"
	for _, head := range []string{"patch", "rfc", "rft", "resend", "autosel"} {
		if tail, ok := strings.CutPrefix(w, head); ok {
			joined := tail == "" || isDigit(tail[0]) || len(tail) > 1 && tail[0] == 'v' && isDigit(tail[1])
			if !joined && strings.IndexByte("/-_#+", tail[0]) >= 0 {
				tail, joined = tail[1:], true
			}
			if !joined {
				break // "patchwork", "rfcomm"
			}
			p.word(head, rest, prev)
			if tail != "" {
				p.word(tail, rest, head)
			}
			return
		}
	}
	if i := strings.LastIndexByte(w, 'v'); i > 0 {
		if v, ok := version(w[i:]); ok {
			head := strings.TrimRight(w[:i], "-_")
			if _, _, ok := numbers(head); ok || p.isTree(head) {
				p.Version = v
				p.word(head, rest, prev)
				return
			}
		}
	}
	if v, tail, ok := strings.Cut(w, "-"); ok && tail == "resend" {
		if n, ok := version(v); ok {
			p.Version, p.Resend = n, true
			return
		}
	}
	p.Words = append(p.Words, w)
}

// numbers reads "3/7".
func numbers(w string) (n, of int, ok bool) {
	a, b, cut := strings.Cut(w, "/")
	if !cut {
		return 0, 0, false
	}
	n, ok = smallInt(a)
	if !ok {
		return 0, 0, false
	}
	of, ok = smallInt(b)
	return n, of, ok
}

// version reads "v2", and "v2.1" where that is no kernel release.
func version(w string) (int, bool) {
	if len(w) < 2 || w[0] != 'v' {
		return 0, false
	}
	major, minor, dotted := strings.Cut(w[1:], ".")
	v, ok := smallInt(major)
	if !ok {
		return 0, false
	}
	if dotted {
		m, ok := smallInt(minor)
		// A dotted version is a repaired posting ("v7.1" follows "v7") or a
		// kernel. Repairs stop at .3; of the kernels below that, 6.1 alone is
		// a long-term one that patches are posted for. 4.5 to 4.8 lived a
		// quarter of a year each, in 2016; a "v4.5" since then is a half step.
		if short := v == 4 && m >= 5 && m <= 8; !ok || v >= 3 && m >= 4 && !short || v == 6 && m == 1 {
			return 0, false
		}
	}
	return v, true
}

// tree takes in a word that names one or several stable branches.
func (p *Prefix) tree(w string) bool {
	if !p.isTree(w) {
		return false
	}
	for w != "" {
		name, rest, andUp, form := treeName(w)
		if name == "" {
			break
		}
		if form == ofMainline {
			p.Coming = name
			w = strings.TrimLeft(rest, "/-+&")
			continue
		}
		p.Bare = form == bareRelease && (p.Bare || len(p.Trees) == 0)
		p.Trees = appendNew(p.Trees, name)
		p.AndUp = p.AndUp || andUp
		w = rest
		if w != "" {
			if w[0] == '-' {
				p.AndUp = true // a range: "6.19-5.15"
			}
			w = w[1:]
		}
	}
	return true
}

// isTree reports whether all of w names branches: "6.6.y", "5.4/5.10",
// "6.19-5.15", "linux-6.1.y", "for-6.6", "stable-5.15", "v6.6+".
func (p *Prefix) isTree(w string) bool {
	for {
		name, rest, _, _ := treeName(w)
		if name == "" {
			return false
		}
		if rest == "" {
			return true
		}
		if rest[0] != '/' && rest[0] != '-' && rest[0] != '+' && rest[0] != '&' {
			return false
		}
		w = rest[1:]
	}
}

// form is how a release is written.
type form int8

const (
	bareRelease  form = iota // "5.14", "v5.14", "for-5.14"
	stableBranch             // "5.14.y", "linux-5.14", "5.14.3", "5.14-rt", "5.14+"
	ofMainline               // "5.14-rc3"
)

// treeName reads one branch name from the start of w.
func treeName(w string) (name, rest string, andUp bool, how form) {
	for _, head := range []string{"linux-", "stable-", "stable/", "stable:", "for-"} {
		if tail, ok := strings.CutPrefix(w, head); ok {
			if w = tail; head != "for-" {
				how = stableBranch
			}
		}
	}
	w = strings.TrimPrefix(w, "v")
	name, n := release.Read(w)
	if name == "" {
		return "", "", false, how
	}
	if n > len(name) {
		how = stableBranch
	}
	w = w[n:]
	for _, tail := range []string{"-stable", ".stable", "-lts", "-longterm", "-rt", "-cip", "-rc"} {
		if t, ok := strings.CutPrefix(w, tail); ok {
			w = strings.TrimLeft(t, "0123456789")
			switch {
			case tail != "-rc":
				how = stableBranch
			case how == bareRelease:
				how = ofMainline
			}
			break
		}
	}
	if t, ok := strings.CutPrefix(w, "+"); ok {
		if t == "" || !isDigit(t[0]) && t[0] != 'v' {
			return name, t, true, stableBranch
		}
		return name, w, false, how // "5.4+5.10": both
	}
	return name, w, false, how
}

// digits returns the index of the first non-digit of s from i on.
func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// smallInt reads a number of at most four digits: series and versions have no more.
func smallInt(s string) (int, bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
