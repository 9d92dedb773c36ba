package mail

import (
	"bytes"
	"strings"
)

// findPatch looks for a diff in the text that the mail shows, then in the
// files attached to it.
func (m *Message) findPatch() {
	leaves := m.parts()
	var sent joined // not to be re-wrapped: it may be a patch
	var flowed, delSp, combined bool
	var native []byte
	inlines := 0
	for i := range leaves {
		p := &leaves[i]
		if !p.inline() {
			continue
		}
		b := p.decode()
		t, same := toUTF8(p.charset, b)
		if !same {
			native = b
		}
		flowed, delSp = flowed || p.flowed, delSp || p.delSp
		sent.add(t)
		inlines++
	}
	text := sent.String()
	shown := text
	if flowed {
		shown = unflow(text, delSp)
	}
	if inlines <= 1 || !flowed {
		m.text, m.decoded = shown, true
	}
	kind := diffKind(text)
	var others []string
	if flowed {
		// Programs differ in what they do to a patch that they label as flowed:
		// nothing, stuffing alone, or stuffing and wrapping.
		unstuffed := unstuff(text)
		candidates := []string{shown, unstuffed, text}
		text = ""
		for _, c := range candidates {
			if k := diffKind(c); k == unified {
				if text == "" {
					text, kind = c, k
				} else {
					others = append(others, c)
				}
			} else {
				combined = combined || k == merge
			}
		}
	}
	if kind == unified {
		m.IsPatch, m.patch = true, patchText{text: text, others: others}
		m.Native = native
		return
	}
	combined = combined || kind == merge
	for i := range leaves {
		p := &leaves[i]
		if !p.isPatchFile() {
			continue
		}
		b := p.decode()
		t, same := toUTF8(p.charset, b)
		switch diffKind(t) {
		case unified:
			if m.IsPatch {
				m.More++
				continue
			}
			m.attach(t)
			if !same {
				m.Native = b
			}
		case merge:
			combined = true
		}
	}
	if m.IsPatch {
		return
	}
	switch {
	case combined:
		m.NoPatch = Combined
	case strings.Contains(shown, "are available in the Git repository at"), strings.Contains(shown, "are available in the git repository at"):
		m.NoPatch = Pull
	default:
		m.NoPatch = NoDiff
	}
}

// attach takes an attached patch: a whole mail as git format-patch writes it,
// whose header then counts, or a bare diff below the text of the mail.
func (m *Message) attach(file string) {
	m.IsPatch, m.Attached = true, true
	body := []byte(file)
	if looksLikeFrom(body) {
		_, rest, _ := bytes.Cut(body, []byte("\n"))
		body = rest
	}
	if hasHeader(body) {
		h, rest := splitHeader(body)
		if h[fFrom] != nil && h[fSubject] != nil {
			p := newPart(unfold(h[fContentType]), string(h[fEncoding]), "", rest)
			t, _ := toUTF8(p.charset, p.decode())
			m.patch.subject = h.text(fSubject)
			m.provenance = h.provenance()
			m.patch.text = "From: " + decodeWords(unfold(h[fFrom])) + "\n\n" + t
			return
		}
	}
	m.patch.text, m.patch.diff = m.text, file
}

// diffForm is what kind of diff a text holds.
type diffForm int

const (
	none    diffForm = iota
	unified          // one that git apply takes
	merge            // a combined diff: several parents
)

// diffKind looks for the first unquoted diff in text.
func diffKind(text string) diffForm {
	kind := none
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "diff --git "):
			if gitHeader(rest) {
				return unified
			}
		case strings.HasPrefix(rest, "--- "):
			if plainHeader(rest) {
				return unified
			}
		case strings.HasPrefix(rest, "diff --cc "), strings.HasPrefix(rest, "diff --combined "):
			kind = merge
		}
		// the next line that may begin one
		for {
			i := strings.IndexByte(rest, '\n')
			if i < 0 {
				return kind
			}
			rest = rest[i+1:]
			if rest == "" || rest[0] == 'd' || rest[0] == '-' {
				break
			}
		}
	}
	return kind
}

// gitHeader reports whether a "diff --git" line is followed by what git writes below it.
func gitHeader(s string) bool {
	_, s, _ = strings.Cut(s, "\n")
	if strings.HasPrefix(s, "--- ") {
		return plainHeader(s)
	}
	for _, head := range [...]string{"index ", "old mode ", "new mode ", "deleted file ", "new file ",
		"similarity ", "dissimilarity ", "rename ", "copy ", "GIT binary", "Binary files "} {
		if strings.HasPrefix(s, head) {
			return true
		}
	}
	return false
}

// plainHeader reports whether s begins with the file names and the first hunk of a diff.
func plainHeader(s string) bool {
	_, s, _ = strings.Cut(s, "\n")
	if !strings.HasPrefix(s, "+++ ") {
		return false
	}
	_, s, _ = strings.Cut(s, "\n")
	return strings.HasPrefix(s, "@@ -")
}
