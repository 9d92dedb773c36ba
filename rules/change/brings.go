package change

import (
	"hash/maphash"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Names are what a patch of a posting brings along, and what it uses: functions, macros,
// members, constants and headers that it defines, and the words of the lines that it adds.
// They stand for its diff where all patches of the posting are weighed together, and keep
// nothing of its text.
type Names struct {
	Defines map[string]bool
	uses    []uint64 // hashes of the words, sorted
	// Feature: its title says that it brings something new, as rules read it. Adds: it may
	// be a helper or a definition for that as well.
	Feature, Adds bool
	// Released are parts that a release has, as far as that is known.
	Released []string
	// Old: a tree knows a release or branch with the bug.
	Old   bool
	parts *parts
}

// maxNames bounds the words, and the names, that are kept of one patch; what is longer is
// not looked into.
const maxNames = 8192

var wordSeed = maphash.MakeSeed()

// Names reads them; without uses, of a patch that needs nothing of another one, only what
// it brings.
func (c *Change) Names(uses bool) *Names {
	n := &Names{Defines: map[string]bool{}, parts: c.readParts()}
	seen := map[uint64]bool{}
	use := func(w string) {
		if len(seen) < maxNames {
			seen[maphash.String(wordSeed, w)] = true
		}
	}
	for _, f := range c.Files {
		defines := map[string]bool{}
		addedLines(f, defines)
		for _, d := range slices.Sorted(maps.Keys(defines)) {
			if len(n.Defines) < maxNames {
				n.Defines[strings.Clone(d)] = true
			}
		}
		if !uses {
			continue
		}
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if l.Op == gitdiff.OpAdd {
					words(l.Line, use)
				}
			}
		}
	}
	n.uses = slices.Sorted(maps.Keys(seen))
	return n
}

// words hands out the words of one added line, or the header that it includes.
func words(line string, use func(string)) {
	if h := included(line); h != "" {
		use(h)
		return
	}
	if !comments(line) {
		eachWord(line, use)
	}
}

func (n *Names) using(w string) bool {
	_, yes := slices.BinarySearch(n.uses, maphash.String(wordSeed, w))
	return yes
}

// Need names something that a patch uses and an earlier one of its posting brings, ""
// where it uses nothing of it, or brings that itself.
func (n *Names) Need(earlier *Names) string {
	first := ""
	for d := range earlier.Defines {
		if (first == "" || d < first) && !n.Defines[d] && n.using(d) {
			first = d
		}
	}
	return first
}

// included is the name of the header that a line includes, without its folder.
func included(line string) string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "#include")
	if !ok {
		return ""
	}
	return path.Base(strings.Trim(strings.TrimSpace(rest), `"<>`))
}

// comments reports whether a line is one of a comment.
func comments(line string) bool {
	s := strings.TrimSpace(line)
	return strings.HasPrefix(s, "*") || strings.HasPrefix(s, "/*") || strings.HasPrefix(s, "//")
}

// memberName is the member of a structure, or the constant of an enumeration, that a line
// inside of one declares; "" without, and of a name that stands everywhere.
func memberName(line string) string {
	s := strings.TrimSpace(line)
	if i := strings.Index(s, "/*"); i >= 0 {
		s = strings.TrimSpace(s[:i])
	}
	if comments(line) || s == "" || !identByte(s[0]) {
		return ""
	}
	end := strings.IndexAny(s, ",;=:[")
	if strings.Contains(s, "(*") { // a member that is called
		_, rest, _ := strings.Cut(s, "(*")
		return telling(word(rest, 0))
	}
	if end < 0 || strings.ContainsAny(s[:end], "(){}.>") {
		return ""
	}
	s = strings.TrimSpace(s[:end])
	start := len(s)
	for start > 0 && identByte(s[start-1]) {
		start--
	}
	return telling(s[start:])
}

// telling is a name that is not one of those that many structures have.
func telling(name string) string {
	if everyones[name] || len(name) < 5 || len(name) == 5 && !strings.Contains(name, "_") {
		return ""
	}
	return name
}

var everyones = map[string]bool{"status": true, "config": true, "parent": true, "device": true, "length": true, "offset": true, "buffer": true,
	"driver": true, "enable": true, "enabled": true, "pending": true, "active": true, "number": true, "handle": true, "client": true,
	"master": true, "regmap": true, "domain": true, "region": true, "target": true, "source": true, "filter": true, "action": true,
	"policy": true, "option": true, "options": true, "thread": true, "worker": true, "window": true, "memory": true, "object": true,
	"output": true, "format": true, "channel": true, "version": true, "private": true, "timeout": true, "release": true, "remove": true,
	"callback": true, "suspend": true, "resume": true, "disable": true, "features": true, "capabilities": true, "reserved": true,
	"running": true, "started": true, "refcount": true, "address": true, "command": true}

// opens reports whether a line opens a structure or enumeration.
func opens(line string) bool {
	s := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "typedef "))
	for _, kind := range [...]string{"struct ", "union ", "enum "} {
		if strings.HasPrefix(s, kind) {
			return !strings.ContainsAny(s, "=(*;")
		}
	}
	return s == "enum {"
}
