package change

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// Reports are what two patches have in common that mend the same bug: the report that they
// answer, and a culprit with a file, which says less. Each is a short hash, as a stranger
// writes what it is made of.
type Reports struct {
	Answers  []string // of reports
	Culprits []string // of a culprit and a file
}

// All are those of both kinds.
func (r Reports) All() []string {
	return append(r.Answers[:len(r.Answers):len(r.Answers)], r.Culprits...)
}

// maxReports bounds what is kept of one patch, of each kind.
const maxReports = 8

var (
	syzbotBy  = regexp.MustCompile(`(?i)syzbot\+([0-9a-f]{16,40})@`)
	syzbotBug = regexp.MustCompile(`(?i)syzkaller\.appspot\.com/bug\?extid=([0-9a-f]{16,40})`)
)

// Reports reads them: the ids of syzbot, the links of Closes tags, and what the Fixes tags
// name, with the files that change. What a robot finds by building a tree, and what a list
// of one commit and many files stands for, is no one bug.
func (c *Change) Reports() (out Reports) {
	add := func(to *[]string, words ...string) {
		sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
		if len(*to) < maxReports {
			*to = append(*to, hex.EncodeToString(sum[:16]))
		}
	}
	seen := map[string]bool{}
	for i := range c.Trailers {
		t := &c.Trailers[i]
		if t.FromThread != "" {
			continue
		}
		kind, what := answers(t)
		if what != "" && !seen[kind+what] {
			seen[kind+what] = true
			add(&out.Answers, kind, what)
		}
	}
	if len(c.Files) > 2 {
		return out
	}
	for _, f := range c.Fixes {
		for _, file := range c.Files {
			if len(f.SHA) >= 12 {
				add(&out.Culprits, "culprit", f.SHA[:12], file.OldName)
			}
		}
	}
	return out
}

// answers is the report that a trailer names.
func answers(t *Trailer) (kind, what string) {
	switch t.Key {
	case "Reported-by", "Reported-and-tested-by":
		if m := syzbotBy.FindStringSubmatch(t.Value); m != nil {
			return "syzbot", strings.ToLower(m[1])
		}
	case "Closes":
		if m := syzbotBug.FindStringSubmatch(t.Value); m != nil {
			return "syzbot", strings.ToLower(m[1])
		}
		link, _, _ := strings.Cut(strings.TrimSpace(t.Value), " ")
		_, at, ok := strings.Cut(link, "://")
		if !ok || strings.Contains(at, "/oe-kbuild") {
			return "", ""
		}
		at = strings.TrimRight(at, "/")
		if host, path, ok := strings.Cut(at, "/"); ok && strings.HasSuffix(strings.ToLower(host), "lore.kernel.org") {
			return "mail", path[strings.LastIndexByte(path, '/')+1:] // a mail is on several lists
		}
		return "link", at
	}
	return "", ""
}
