package change

import "strings"

// The forms of Origin: who writes such a mark, and so what its commit is.
const (
	FormUpstream = "upstream"    // the stable team's: a mainline commit
	FormBackport = "backport"    // a distribution's or a vendor's: a mainline commit
	FormPick     = "cherry-pick" // git's: a commit of another branch, mostly of mainline or on its way there
	FormStable   = "stable"      // a commit of a stable branch, itself a backport
)

// Upstream is the mainline commit that the change says it carries, nil when it
// says none. A cherry-pick note counts where no mark names mainline's commit: a
// fix for DRM has both, and the note then names the commit of another branch.
func (c *Change) Upstream() *Origin {
	if o := c.carried(FormUpstream, FormBackport); o != nil {
		return o
	}
	return c.carried(FormPick)
}

// Carries reports whether the change says that mainline has it. A cherry-pick
// note does not: maintainers pick from their own branches as well.
func (c *Change) Carries() bool { return c.carried(FormUpstream, FormBackport) != nil }

func (c *Change) carried(forms ...string) *Origin {
	for _, form := range forms {
		for i := range c.Origin {
			if c.Origin[i].Form == form {
				return &c.Origin[i]
			}
		}
	}
	return nil
}

// readOrigins finds the marks that say which commit this message carries, and
// those that say that mainline has none.
func (c *Change) readOrigins() {
	b := block{c: c, open: true}
	lineNo := 0
	for rest := c.Body; rest != "" && len(c.Origin) < maxNamed; {
		var line string
		line, rest = nextLine(rest)
		lineNo++
		if b.open {
			b.read(line, rest, lineNo)
		}
		if len(line) < 16 {
			continue
		}
		switch line[0] {
		case 'c', 'C', 'u', 'U', 'b', 'B', 'm', 'M', 't', 'T', '[', '(', '{', ' ', 'O', 'S':
			if o, ok := originLine(line); ok {
				o.Line = lineNo
				c.addOrigin(o)
			}
		}
	}
}

// addOrigin keeps a commit once for each form: the block of a distribution and
// the line that it took over from stable often name the same.
func (c *Change) addOrigin(o Origin) {
	for _, have := range c.Origin {
		if have.SHA == o.SHA && have.Form == o.Form {
			return
		}
	}
	c.Origin = append(c.Origin, o)
}

// block reads what distributions write above the message that they take over:
// lines of keys, the kind of inclusion, and a bare "commit <sha>". Prose ends it.
type block struct {
	c     *Change
	open  bool
	skip  bool   // below "Conflicts:", up to the next empty line
	kind  string // "mainline" of "mainline inclusion"
	from  string // "mainline-v5.13-rc1" of "from mainline-v5.13-rc1"
	taken bool   // its commit is read
}

func (b *block) read(line, below string, lineNo int) {
	s := trimSpace(line)
	switch {
	case s == "":
		b.skip = false
		return
	case b.skip, strings.Trim(s, "-=") == "":
		return
	case hasPrefixFold(s, "conflicts:"):
		b.skip = true
		return
	}
	if status := "upstream status:"; hasPrefixFold(s, status) {
		b.c.readProvenance(Trailer{Key: "Upstream-status", Value: trimSpace(s[len(status):]), Line: lineNo})
		return
	}
	if kind, ok := strings.CutSuffix(s, " inclusion"); ok && kind != "" && strings.IndexByte(kind, ' ') < 0 {
		b.kind = strings.ToLower(kind)
		if known := b.kind == "mainline" || b.kind == "upstream" || b.kind == "stable"; !known && b.c.NotUpstream == "" {
			b.c.NotUpstream, b.c.OnItsWay = s, b.kind == "maillist"
		}
		return
	}
	if from, ok := strings.CutPrefix(s, "from "); ok && b.kind != "" && strings.IndexByte(from, ' ') < 0 {
		b.from = strings.ToLower(from)
		if strings.HasPrefix(b.from, "mainline") || strings.HasPrefix(b.from, "stable") || strings.HasPrefix(b.from, "upstream") {
			b.c.NotUpstream, b.c.OnItsWay = "", false // "intel inclusion" of what mainline has
		}
		return
	}
	if id, ok := bareCommit(s); ok {
		if b.taken || !keyLine(trimSpace(firstLine(below))) && b.kind == "" {
			b.open = false // it belongs to the text: a bisection's result, a reference
			return
		}
		form := FormBackport
		if b.kind == "stable" || strings.HasPrefix(b.from, "stable") {
			form = FormStable
		}
		b.taken = true
		b.c.addOrigin(Origin{SHA: id, Form: form, Line: lineNo})
		return
	}
	b.open = keyLine(s)
}

// bareCommit reads "commit <sha>" with nothing behind it.
func bareCommit(s string) (id string, ok bool) {
	if !strings.HasPrefix(s, "commit ") {
		return "", false
	}
	id, rest := sha(strings.TrimLeft(s[len("commit "):], " "))
	return id, len(id) >= 12 && rest == ""
}

// keyLine reports whether a line may stand in such a block: empty, or a key and
// its value, "JIRA: …", "Upstream Status: …", "category: …", "cve CVE-…",
// "commit-author …".
func keyLine(s string) bool {
	if s == "" || hasPrefixFold(s, "jira ") || hasPrefixFold(s, "cve ") || hasPrefixFold(s, "commit-author ") ||
		hasPrefixFold(s, "upstream-diff ") || hasPrefixFold(s, "subsystem-sync ") || hasPrefixFold(s, "rebuild_history ") ||
		hasPrefixFold(s, "feature ") || hasPrefixFold(s, "bugfix ") || strings.HasPrefix(s, "http") {
		return true
	}
	key, _, ok := strings.Cut(s, ":")
	if !ok || len(key) > keyMax || strings.Count(key, " ") > 1 {
		return false
	}
	for i := range len(key) {
		if c := key[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != ' ' {
			return false
		}
	}
	return key != ""
}

// originHeads are the words before the commit id of a mark, and what it means.
// Those without a form stand for a backport in brackets, as Ubuntu marks it, and
// for stable's own mark without.
var originHeads = []struct{ head, form string }{
	{"upstream commit", FormUpstream},
	{"upstream-commit:", FormUpstream},
	{"mainline commit", FormUpstream},
	{"backport of upstream commit", FormUpstream},
	{"backport of commit", FormUpstream},
	{"this is a backport of commit", FormUpstream},
	{"backported from upstream commit", FormUpstream},
	{"backported from mainline commit", FormUpstream},
	{"backported from commit", ""},
	{"backported from", ""},
	{"cherry picked from commit", FormPick},
	{"cherry-picked from commit", FormPick},
	{"cherry picked from", FormPick},
	{"cherry-picked from", FormPick},
}

// originLine reads "commit <sha> upstream.", "[ Upstream commit <sha> ]",
// "(cherry picked from commit <sha>)" and their usual variants. Prose about a
// commit goes on behind the id and is no mark, unless brackets say so.
func originLine(line string) (Origin, bool) {
	s := strings.TrimLeft(line, " ")
	bracket := s != "" && (s[0] == '[' || s[0] == '(' || s[0] == '{')
	s = strings.TrimLeft(s, "[({ ")
	if this := "this is "; hasPrefixFold(s, this+"commit ") {
		s = s[len(this):]
	}
	if hasPrefixFold(s, "commit ") {
		return commitUpstream(s[len("commit "):])
	}
	if bracket {
		// "(name: cherry picked from commit …"
		for _, words := range []string{"cherry picked from", "cherry-picked from", "backported from"} {
			if i := strings.Index(s, words); i > 0 {
				s = s[i:]
				break
			}
		}
	}
	for _, h := range originHeads {
		if !hasPrefixFold(s, h.head) {
			continue
		}
		if id, rest := sha(strings.TrimLeft(s[len(h.head):], " :")); id != "" {
			return headed(id, h.form, rest, bracket)
		}
	}
	return Origin{}, false
}

// endOfMark may stand behind a mark.
const endOfMark = ".,;:])} "

// commitUpstream reads what follows "commit" in stable's own mark.
func commitUpstream(s string) (Origin, bool) {
	id, rest := sha(strings.TrimLeft(s, " "))
	if id == "" {
		return Origin{}, false
	}
	rest = strings.TrimLeft(rest, " ")
	title := ""
	if strings.HasPrefix(rest, `("`) {
		if i := strings.LastIndex(rest, `")`); i > 2 {
			title, rest = rest[2:i], strings.TrimLeft(rest[i+2:], " ")
		}
	}
	for _, link := range []string{"from ", "in "} {
		rest = strings.TrimPrefix(rest, link)
	}
	if hasPrefixFold(rest, "upstream") && strings.Trim(rest[len("upstream"):], endOfMark) == "" {
		return Origin{SHA: id, Subject: title, Form: FormUpstream}, true
	}
	return Origin{}, false
}

// headed judges a mark by its words, as originHeads has them, and what follows its commit.
func headed(id, form, rest string, bracket bool) (Origin, bool) {
	rest = strings.TrimLeft(rest, " ")
	if hasPrefixFold(rest, "upstream") {
		rest = strings.TrimLeft(rest[len("upstream"):], " ")
	}
	if !bracket && strings.Trim(rest, endOfMark) != "" {
		return Origin{}, false
	}
	o := Origin{SHA: id, Form: form}
	if o.Form == "" {
		o.Form = FormUpstream
		if bracket {
			o.Form = FormBackport
		}
	}
	if o.Form != FormUpstream && strings.Contains(rest, "stable/") || strings.HasPrefix(rest, "linux-") && strings.Contains(rest, ".y") {
		o.Form = FormStable // "(cherry picked from commit <sha> linux-6.6.y)"
	}
	if strings.HasPrefix(rest, `("`) {
		o.Subject, _ = quotedTitle(rest)
	}
	return o, true
}

// readProvenance takes in the tags by which distributions name the commit that a
// patch carries, or say that there is none.
func (c *Change) readProvenance(t Trailer) {
	v := t.Value
	switch t.Key {
	case "Git-commit": // SUSE
		if id, _ := sha(v); len(id) >= 12 {
			c.addOrigin(Origin{SHA: id, Form: FormBackport, Line: t.Line})
		}
	case "Patch-mainline": // SUSE: a release, or "Queued in …", "Submitted, …", "Never, …", "Not yet, …", "No"
		switch {
		case v == "" || v[0] == 'v' && len(v) > 1 && isDigit(v[1]):
		case hasPrefixFold(v, "queued") || hasPrefixFold(v, "submitted") || hasPrefixFold(v, "expected"):
			c.absent("Patch-mainline: "+v, true)
		case hasPrefixFold(v, "never") || hasPrefixFold(v, "no"):
			c.absent("Patch-mainline: "+v, false)
		}
	case "Origin": // Debian: an address that ends in the commit, or "backport, https://…"
		if id := commitOf(v); id != "" && !hasPrefixFold(v, "vendor") {
			form := FormBackport
			if strings.Contains(v, "/stable/") {
				form = FormStable
			}
			c.addOrigin(Origin{SHA: id, Form: form, Line: t.Line})
		}
	case "Upstream-status": // Yocto; Red Hat writes it with a blank
		switch {
		case hasPrefixFold(v, "backport"):
			if id := commitOf(v); id != "" {
				c.addOrigin(Origin{SHA: id, Form: FormBackport, Line: t.Line})
			}
		case hasPrefixFold(v, "submitted") || hasPrefixFold(v, "pending"):
			c.absent("Upstream-Status: "+firstWord(v), true)
		case hasPrefixFold(v, "inappropriate") || hasPrefixFold(v, "denied") || hasPrefixFold(v, "rhel"):
			c.absent("Upstream-Status: "+firstWord(v), false)
		}
	}
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t,["); i > 0 {
		return s[:i]
	}
	return s
}

// commitOf finds a commit in an address: "https://git.kernel.org/linus/<sha>",
// "…/commit/?id=<sha>", or by itself, "commit:<sha>".
func commitOf(s string) string {
	for i := 0; i < len(s); i++ {
		if i > 0 && s[i-1] != '/' && s[i-1] != '=' && s[i-1] != ':' && s[i-1] != ' ' {
			continue
		}
		if id, _ := sha(s[i:]); len(id) >= 12 {
			return id
		}
	}
	return ""
}

// absent notes that the change says of itself that mainline does not have it.
func (c *Change) absent(says string, onItsWay bool) {
	if c.NotUpstream == "" {
		c.NotUpstream, c.OnItsWay = says, onItsWay
	}
}
