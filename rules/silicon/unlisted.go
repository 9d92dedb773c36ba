package silicon

import (
	"slices"
	"strings"
)

// A version of a block that the catalogue does not have is no other version's: SMUIO
// 13.0.8 is not on sale because SMUIO 13.0 is. It is found beside what its name begins
// with, as Unknown, and dates nothing.

// beyond finds the version that an identifier has beyond its beginning up to end: of
// "smuio_v13_0_8" that begins with "smuio_v13_0", SMUIO 13.0.8.
func (m *matcher) beyond(tok string, end int, in, text string) {
	stem, version := unlisted(tok, end)
	if version == "" || !m.sold() {
		return
	}
	block := stem
	if b, ok := blockNames[stem]; ok {
		block = b
	}
	for _, v := range []string{version, version + ".0"} {
		hit := false
		for r := m.x.vers[block+":"+v]; r != 0; r = m.x.refs[r-1].next {
			hit = m.found(m.x.refs[r-1].entry, "", in, text) || hit
		}
		if hit {
			return
		}
	}
	m.found(noEntry, strings.ToUpper(stem)+" "+version, in, text)
}

// blockNames are what identifiers call blocks that the catalogue's versions call
// otherwise.
var blockNames = map[string]string{"gfx": "gc", "gmc": "gc", "jpeg": "vcn", "mp0": "psp", "mp1": "smu", "nbif": "nbio", "osssys": "ih"}

// unlisted is that version, "" without one. Zeros make no other version: mes_v11_0 is
// what there is of MES 11.
func unlisted(tok string, end int) (stem, version string) {
	stem, version = versionOf(tok[:end])
	if version == "" {
		return "", ""
	}
	more, zeros := "", true
	for rest := tok[end:]; len(rest) > 1 && rest[0] == '_' && isDigit(rest[1]); {
		n := digits(rest[1:])
		if n > 2 || n+1 < len(rest) && rest[n+1] != '_' {
			break // no number of a version
		}
		more += "." + rest[1:n+1]
		zeros = zeros && strings.Trim(rest[1:n+1], "0") == ""
		rest = rest[n+1:]
	}
	if zeros {
		return "", ""
	}
	return stem, version + more
}

// versionOf splits "smuio_v13_0" into "smuio" and "13.0"; no version where the name
// does not end in one.
func versionOf(name string) (stem, version string) {
	i := len(name)
	for i > 0 && (isDigit(name[i-1]) || name[i-1] == '_') {
		i--
	}
	version = strings.Trim(name[i:], "_")
	if i > 0 && name[i-1] == 'v' {
		i--
	} else if i == len(name) || name[i] != '_' {
		return "", ""
	}
	stem = strings.TrimRight(name[:i], "_")
	if first, _, _ := strings.Cut(version, "_"); stem == "" || stem == name[:i] && i < len(name) && name[i] != '_' || first == "" || len(first) > 2 || !isDigit(name[len(name)-1]) {
		return "", ""
	}
	return stem, strings.ReplaceAll(version, "_", ".")
}

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// sold reports whether what was found last is on sale; what else there is of hardware
// that nobody could buy says nothing new.
func (m *matcher) sold() bool {
	h := m.hits[m.last]
	return h.entry != noEntry && m.entries[h.entry].State == Production
}

// unlistedPhrase finds what words such as "smuio 13.0.8" begin with, for a version that
// has no entry of its own.
func (m *matcher) unlistedPhrase(phrase, in string) bool {
	for have := phrase; ; {
		i := strings.LastIndexByte(have, '.')
		if i < 0 || strings.Trim(have[i+1:], "0123456789") != "" {
			return false
		}
		have = have[:i]
		hit := false
		for r := m.x.phrases[have]; r != 0; r = m.x.refs[r-1].next {
			if ref := &m.x.refs[r-1]; ref.mode == modeWord || in == InTitle {
				hit = m.word(ref.entry, in, phrase) || hit
			}
		}
		if !hit {
			continue
		}
		if strings.Trim(phrase[i:], ".0") != "" && m.sold() {
			m.found(noEntry, strings.ToUpper(phrase), in, phrase)
		}
		return true
	}
}

// Named leaves out the driver where a change names a chip or IP block, and what a
// version among them belongs to: a change for SMU 13.0.6 names SMU13 too, by its folder,
// and is not for what else there is of that generation.
func Named(ms []Match) []Match {
	var out []Match
	for _, m := range ms {
		if m.Specific() {
			out = append(out, m)
		}
	}
	if out == nil {
		return ms
	}
	return slices.DeleteFunc(slices.Clone(out), func(m Match) bool {
		return slices.ContainsFunc(out, func(o Match) bool { return strings.HasPrefix(versioned(o.Name), versioned(m.Name)+".") })
	})
}

// versioned is a name as versions are compared.
func versioned(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), " ", "")
	if rest, ok := strings.CutPrefix(name, "gc"); ok {
		return "gfx" + rest
	}
	return name
}
