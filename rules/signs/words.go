package signs

import (
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/rules/change"
)

// Word is a kind of thing that a title or message can speak of.
type Word uint8

// The kinds. The first group are bugs that stable-kernel-rules.rst names or
// means; the order is the order in which a reader would want to be told.
const (
	WordOops        Word = iota // crash, panic, NULL dereference
	WordMemory                  // use after free, out of bounds, double free, uninitialised
	WordSecurity                // CVE, information leak to users, privilege
	WordCorruption              // corrupted data, wrong results on disk, in memory, on screen
	WordHang                    // hang, deadlock, lockup, endless loop, a stuck device
	WordLeak                    // memory, references, handles
	WordRegression              // worked before
	WordSymptom                 // what a user sees: black screen, flicker, no sound, no boot
	WordTrace                   // a warning or stack trace of the running kernel
	WordBuild                   // does not compile or link
	WordRace                    // a race, which may be theoretical
	WordPerformance             // slow
	WordQuirk                   // workaround for one device or board
	WordDeviceID                // adds an ID

	WordFix       // "fix" and its forms
	WordRepair    // verbs that usually begin a fix: avoid, prevent, restore
	WordWrong     // wrong, invalid, missing, incorrect, broken, fails
	WordTheory    // theoretical, in theory, hypothetical
	WordPotential // potential, possible, could
	WordExploit   // says how it can be triggered: reproducer, steps, exploit
	WordWarning   // compiler or checker noise
	WordTrivial   // spelling, whitespace, style
	WordCleanup   // refactoring, renaming, unused code, no functional change
	WordFeature   // adds, introduces, implements, supports
	WordBringup   // early hardware work
	WordDebug     // debug output, tracing, statistics
	WordDocs      // documentation, comments, kernel-doc
	WordVersion   // a version bump
	WordFirmware  // speaks of firmware
	WordNeedsFW   // needs a certain firmware
	WordNeeds     // needs another change
	WordUAPI      // speaks of the interface to user space
	WordPower     // suspend, resume, runtime power
	WordReset     // reset and recovery
	WordDistro    // a distribution is named
	WordUser      // users, reports, reproducible on
	WordTested    // says that it was tested
	WordUntested  // says that it was not, or only compiled
	WordMerge     // "promotion" commits that gather others

	// Kinds that only the findings know: a word in a sentence that somebody reads
	// must mean what the sentence says, where a feature of the score may be rough.
	WordCrash            // more ways to tell of a crash; counts as WordOops
	WordFailure          // other things that go wrong for users: fails with an error, shows nothing
	WordTool             // a static checker, by name or kind
	WordReading          // found by reading code
	WordCompiler         // a compiler's warning
	WordCouldBe          // a bug that is called potential
	WordPaper            // theoretical in the plain sense
	WordNoBug            // called harmless, a false positive, no bug
	WordRan              // was run
	WordNotRun           // was not run
	WordCompiled         // was compiled, which may not be all
	WordShown            // how it is hit, or that it was
	WordReport           // that it was reported
	WordSparse           // what sparse finds: annotations of pointers and byte orders
	WordStyle            // what checkpatch prints about style
	WordDuplicate        // defined twice
	WordAnnotated        // tells checkers the size of an array
	WordBuildsOn         // another change comes first
	WordGuard            // a check or a lock that was not there
	WordNoise            // what checkers ask for and nobody meets: W=1, kernel-doc, "always true"
	WordFWFile           // the firmware's file that it needs
	WordRefcount         // of WordLeak: a count of references, and no memory
	WordOther            // begins like one of the kinds and means something else
	numWords             = iota
	Bugs          uint64 = 1<<WordOops | 1<<WordMemory | 1<<WordSecurity | 1<<WordCorruption | 1<<WordHang |
		1<<WordLeak | 1<<WordRegression | 1<<WordSymptom | 1<<WordTrace
	// otherWords are the kinds that a phrase of WordOther takes away.
	otherWords = Bugs | 1<<WordBuild | 1<<WordPerformance
)

// Nouns for reasons, so that mail, comment and log say the same.
var wordNoun = [numWords]string{
	WordOops: "a crash", WordMemory: "a memory-safety bug", WordSecurity: "a security issue", WordCorruption: corruption, WordHang: "a hang",
	WordLeak: leak, WordRefcount: "a wrong reference count", WordRegression: "a regression", WordSymptom: "a malfunction", WordTrace: "a kernel trace",
	WordBuild: "a build error", WordRace: "a race", WordPerformance: "slowness", WordQuirk: "a quirk or workaround",
	WordDeviceID: "a device ID", WordWrong: "wrong behaviour", WordTheory: "theory", WordExploit: "a way to trigger it",
	WordCouldBe: "a possible bug", WordPaper: "a theoretical bug",
	WordWarning: "compiler or checker noise", WordTrivial: "spelling or style", WordCleanup: "cleanup",
	WordFeature: "new functionality", WordBringup: "hardware bring-up", WordDebug: "debug output",
	WordDocs: "documentation", WordVersion: "a version bump", WordFailure: failure,
}

func (w Word) String() string { return wordNoun[w] }

// Traced reports whether the message shows what a running kernel printed when it met the bug.
func (w *Words) Traced() bool { return w.StackTrace || w.Crashed }

// Shows is what the message does with what a running kernel printed of a bug that was
// named: it shows the trace, or some lines, or names a line.
func (w *Words) Shows() string {
	switch {
	case w.warning:
		return "shows the trace of a kernel WARNING"
	case w.StackTrace:
		return "shows the kernel's trace of it"
	case w.Report:
		return "shows the kernel's report of it"
	}
	return "names the kernel's message"
}

// Words is what one pass over title and message found.
type Words struct {
	// title and body are sets of Word, as bits: what findings say and what the score
	// counts. A word in a trailer, in a quoted commit title or in the quoted title of a
	// revert belongs to somebody else and is left out, and so is one that stands for
	// something else.
	title, body uint64
	Revert      bool   // the title undoes another commit
	Verb        string // first word after the prefix of the title, lower case
	Links       []Link // of the message and its trailers
	StackTrace  bool   // symbol+0x12/0x34 lines stand in the message
	Crashed     bool   // a line that only a kernel prints that oopses, hangs or warns stands there
	Report      bool   // other lines of a kernel's log stand beside that line
	LogError    bool   // an error line that a driver printed into the kernel log stands there
	// CompilerError: the message shows an error line of a compiler or linker.
	CompilerError Evidence
	// CheckedLate: a pointer is checked for NULL only behind its use, by title or message.
	CheckedLate Evidence

	warning bool // the trace is that of a WARNING

	asked int // how often, see maxAsked

	inTitle, inBody [slots]reading // what the kinds of bug are called there

	own  string          // the title, lower case, without what it quotes
	at   [numWords]int32 // 1 + first offset in the body; 0 when not there
	text string          // as written, for evidence
}

// LinkKind says what a URL points to.
type LinkKind uint8

// The kinds of link.
const (
	LinkOther LinkKind = iota
	LinkBug            // a bug tracker
	LinkBot            // a report by a fuzzer or test robot
	LinkList           // a mailing list archive
)

// Link is one URL.
type Link struct {
	URL  string
	Kind LinkKind
	Line int // 1-based line in the body
}

// Has reports whether the title or the message speaks of w.
func (w *Words) Has(k Word) bool { return (w.title|w.body)&(1<<k) != 0 }

// InTitle reports whether the title speaks of k.
func (w *Words) InTitle(k Word) bool { return w.title&(1<<k) != 0 }

// TitleHas reports whether the title speaks of any of these kinds, as bits.
func (w *Words) TitleHas(kinds uint64) bool { return w.title&kinds != 0 }

// BodyHas reports whether the message speaks of any of these kinds, as bits.
func (w *Words) BodyHas(kinds uint64) bool { return w.body&kinds != 0 }

// Bug returns the kind of bug that the change is about: what its title names, as a message
// often goes on to what comes of it (a use after free shows as a crash), else the gravest
// that the message speaks of.
func (w *Words) Bug() (Word, bool) {
	for k := range WordRegression {
		if w.Has(k) && w.InTitle(k) {
			return k, true
		}
	}
	for k := range WordTrace + 1 {
		if w.Has(k) {
			return k, true
		}
	}
	return 0, false
}

// Evidence points at the first line of the message that speaks of k; the zero
// Evidence when only the title does.
func (w *Words) Evidence(k Word) Evidence {
	at := int(w.at[k])
	if at == 0 || at > len(w.text) {
		return Evidence{}
	}
	return lineAt(w.text, at-1)
}

// FixesBuild reports whether the message says of itself that it fixes a build: "fix build
// error when X is not set".
func (w *Words) FixesBuild() bool {
	at := int(w.at[WordBuild])
	return at > 0 && at <= len(w.text) && strings.EqualFold(w.text[at-1:min(len(w.text), at+2)], "fix")
}

// Bugs counts the links to bug trackers.
func (w *Words) Bugs() int { return w.count(LinkBug) }

// Robots counts the links to reports of robots and fuzzers.
func (w *Words) Robots() int { return w.count(LinkBot) }

func (w *Words) count(k LinkKind) int {
	n := 0
	for _, l := range w.Links {
		if l.Kind == k {
			n++
		}
	}
	return n
}

// lineAt makes evidence of the line of s that holds offset at.
func lineAt(s string, at int) Evidence {
	from := strings.LastIndexByte(s[:at], '\n') + 1
	text := s[from:]
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return Evidence{Line: 1 + strings.Count(s[:from], "\n"), Text: Shorten(strings.TrimSpace(text))}
}

// evidenceText is the length of Evidence.Text.
const evidenceText = 120

// Shorten cuts s to the length of Evidence.Text, never within a rune.
func Shorten(s string) string {
	if len(s) <= evidenceText {
		return s
	}
	s = s[:evidenceText-3]
	for len(s) > 0 && s[len(s)-1] >= 0x80 { // never half a rune
		s = s[:len(s)-1]
	}
	return s + "..."
}

// ReadWords reads title and message once.
func ReadWords(c *change.Change) *Words {
	w := &Words{text: c.Body}
	title, body := c.LowerSubject(), c.LowerBody()
	t := phraseTrie()

	w.Revert = strings.HasPrefix(title, "revert \"") || strings.HasPrefix(title, "revert '") ||
		strings.Contains(body, "\nthis reverts commit ") || strings.HasPrefix(body, "this reverts commit ")
	own := title
	if strings.HasPrefix(title, "revert ") {
		if i := strings.IndexAny(title, "\"'"); i >= 0 {
			own = title[:i]
		}
	}
	w.Verb, w.own = firstWord(own), own
	paper := sync.OnceValue(func() bool { return onPaper(body) })
	t.scan(own, func(at int, mask uint64) {
		mask = meant(own, at, mask)
		if strings.HasPrefix(own[at:], undefined) && paper() {
			mask &^= 1 << WordFailure
		}
		w.title |= mask
		w.name(&w.inTitle, own, at, mask)
	})

	// The lower-case copy is as long as the body unless a letter changes its
	// length; then offsets are only near enough for the line number.
	trailers := c.Trailers
	for from, line := 0, 1; from < len(body); line++ {
		end := strings.IndexByte(body[from:], '\n')
		// Words reach over line ends, so take the whole run of lines that are no trailer.
		for len(trailers) > 0 && trailers[0].Line < line {
			trailers = trailers[1:]
		}
		if len(trailers) > 0 && trailers[0].Line == line {
			trailers = trailers[1:]
		} else {
			stop := len(body)
			last := line
			if len(trailers) > 0 {
				stop = offsetOfLine(body, from, line, trailers[0].Line)
				last = trailers[0].Line - 1
			}
			w.scanBody(t, body, from, stop, line)
			from, line = stop, last
			continue
		}
		if end < 0 {
			break
		}
		from += end + 1
	}
	for i := range c.Trailers {
		tr := &c.Trailers[i]
		if j := strings.Index(tr.Value, "http"); j >= 0 {
			w.link(tr.Value[j:], tr.Line)
		}
	}
	// Three symbols with offsets are a trace even without its heading.
	places := symbols(body)
	w.StackTrace = places > 0 && (w.body&(1<<WordTrace) != 0 || places > 2)
	crash := crashLine(body)
	w.Crashed = crash >= 0
	w.Report = w.Crashed && inLog(body, crash)
	printed := strings.Index(body, "*error*") // as the graphics drivers print it
	w.LogError = printed >= 0
	if w.Traced() || w.LogError {
		w.body |= 1 << WordTrace
	}
	if w.Crashed && w.at[WordTrace] == 0 {
		w.at[WordTrace] = int32(min(crash, 1<<30)) + 1
	}
	if w.LogError && w.at[WordTrace] == 0 {
		w.at[WordTrace] = int32(min(printed, 1<<30)) + 1
	}
	if i := warningLine(body); w.StackTrace && i >= 0 && (crash < 0 || mild(body[crash:])) {
		w.warned(i)
	}
	w.annotated()
	if i := checkedLate(body); i >= 0 && i < len(w.text) {
		w.CheckedLate = lineAt(w.text, i)
	} else if checkedLate(title) >= 0 {
		w.CheckedLate = Evidence{Text: Shorten(c.Subject)}
	}
	if i := compilerError(body, w.ofWarning()); i >= 0 && i < len(w.text) {
		w.CompilerError = lineAt(w.text, i)
	}
	return w
}

// annotated: where an array is told its size, what UBSAN printed about its index
// was a warning about the declaration, and nothing was overrun.
func (w *Words) annotated() {
	if !w.Has(WordAnnotated) || !w.Has(WordMemory) {
		return
	}
	w.title &^= 1 << WordMemory
	w.body = w.body&^(1<<WordMemory) | 1<<WordTrace
	if w.at[WordTrace] == 0 {
		w.at[WordTrace] = w.at[WordMemory]
	}
	w.at[WordMemory] = 0
	w.inTitle[WordTrace], w.inBody[WordTrace] = reading{}, reading{noun: "a warning about an array's size"}
}

// compilerError finds the error line of a compiler, which names file and line
// ("foo.c:7:3: error: "), or of a linker, and returns its offset or -1. Where the change is
// about a warning, one that -Werror made an error of is none.
func compilerError(s string, warning bool) int {
	for _, mark := range [...]string{": error: ", ": fatal error: "} {
		for from := 0; ; {
			i := strings.Index(s[from:], mark)
			if i < 0 {
				break
			}
			i += from
			file := i > 0 && s[i-1] >= '0' && s[i-1] <= '9' || strings.HasSuffix(s[:i], "ld") || strings.HasSuffix(s[:i], "ld.lld")
			if file && (!warning || !madeError(s, i)) {
				return i
			}
			from = i + len(mark)
		}
	}
	for _, mark := range [...]string{"error: modpost: ", "undefined reference to ", "make: *** ["} {
		if i := strings.Index(s, mark); i >= 0 {
			return i
		}
	}
	return -1
}

// ofWarning reports whether the title is about what a compiler warns of: one that says
// what the code does wrong tells of more.
func (w *Words) ofWarning() bool {
	return w.TitleHas(1<<WordCompiler|1<<WordWarning|1<<WordNoise) || strings.Contains(w.own, "warning") || strings.Contains(w.own, "format") ||
		strings.Contains(w.own, " -w")
}

// madeError reports whether the error at offset at is a warning, as the text before it has
// it, of which -Werror makes an error: "clang warns (or errors with CONFIG_WERROR=y)".
func madeError(s string, at int) bool {
	line, _, _ := strings.Cut(s[at:min(len(s), at+longestLine)], "\n")
	before := s[max(0, at-sentences):at]
	return strings.Contains(line, "[-werror") && (strings.Contains(before, "warns") || strings.Contains(before, "warning"))
}

// offsetOfLine returns where line want begins, given that line at begins at from.
func offsetOfLine(s string, from, at, want int) int {
	for ; at < want; at++ {
		i := strings.IndexByte(s[from:], '\n')
		if i < 0 {
			return len(s)
		}
		from += i + 1
	}
	return from
}

// scanBody reads a run of lines that are no trailers; the first is number firstLine.
func (w *Words) scanBody(t *trie, body string, from, stop, firstLine int) {
	part := body[from:stop]
	paper := sync.OnceValue(func() bool { return onPaper(part) })
	t.scan(part, func(at int, mask uint64) {
		again := mask&^w.body == 0 // it tells no new kind, and may tell more of one
		if again && mask&termed == 0 || w.asked == maxAsked {
			return
		}
		w.asked++
		mask = meant(part, at, mask)
		if strings.HasPrefix(part[at:], undefined) && paper() {
			mask &^= 1 << WordFailure
		}
		if again {
			mask &= w.body
		}
		told := w.name(&w.inBody, part, at, mask)
		for k := range w.at {
			if mask&(1<<k) != 0 && w.at[k] == 0 || told&(1<<k) != 0 {
				w.at[k] = int32(min(from+at, 1<<30)) + 1
			}
		}
		w.body |= mask
	})
	line, counted := firstLine, 0 // lines are counted once, up to counted
	for i := 0; len(w.Links) < maxLinks; i += len("://") {
		j := strings.Index(part[i:], "://")
		if j < 0 {
			break
		}
		i += j
		start := i
		for start > 0 && part[start-1] >= 'a' && part[start-1] <= 'z' {
			start--
		}
		if start >= counted {
			line += strings.Count(part[counted:start], "\n")
			counted = start
		}
		n := len(w.Links)
		if w.link(part[start:], line); len(w.Links) > n && w.Links[n].Kind == LinkBug && isBackground(part[:start]) {
			w.Links[n].Kind = LinkOther
		}
	}
}

// maxAsked bounds how often it is asked what a word means, which takes longer than to find
// it: no message has so many that mean something else.
const maxAsked = 5000

// maxLinks and maxURL bound what a hostile mail can make us keep.
const (
	maxLinks = 32
	maxURL   = 2000
)

func (w *Words) link(s string, line int) {
	s = s[:min(len(s), maxURL)]
	if i := strings.IndexAny(s, " \t\n>)]\","); i >= 0 {
		s = s[:i]
	}
	if len(s) > len("https://") && len(w.Links) < maxLinks {
		w.Links = append(w.Links, Link{URL: s, Kind: linkKind(s), Line: line})
	}
}

// linkKind goes by the shapes that trackers' addresses share, not by a list of
// the sites of one community.
func linkKind(url string) LinkKind {
	u := strings.ToLower(url)
	_, u, _ = strings.Cut(u, "://")
	host, path, _ := strings.Cut(u, "/")
	switch {
	case strings.Contains(host, "syzkaller") || strings.Contains(path, "oe-kbuild") || strings.Contains(path, "oe-lkp"):
		return LinkBot
	case strings.Contains(host, "bugzilla"), strings.HasPrefix(host, "bugs."), strings.Contains(host, "launchpad"),
		strings.HasPrefix(host, "crbug"), strings.HasPrefix(host, "issuetracker"), strings.HasPrefix(host, "issues."),
		strings.Contains(path, "/issues/"), strings.Contains(path, "show_bug.cgi"), strings.Contains(path, "/bugs/"), strings.Contains(path, "/bug/"):
		return LinkBug
	case strings.HasPrefix(host, "lore."), strings.HasPrefix(host, "lists."), strings.HasPrefix(host, "lkml."),
		strings.HasPrefix(host, "marc."), strings.HasPrefix(host, "patchwork."), strings.HasPrefix(host, "spinics."), strings.Contains(path, "archives/"):
		return LinkList
	}
	return LinkOther
}

// firstWord is the verb of a title: the first word after the last "prefix: " or
// bracket, as in "[i915] x".
func firstWord(title string) string {
	if i := strings.LastIndex(title, ": "); i >= 0 {
		title = title[i+2:]
	}
	for strings.HasPrefix(title, "[") {
		_, after, closed := strings.Cut(title, "]")
		if !closed {
			break
		}
		title = strings.TrimLeft(after, " ")
	}
	title = strings.TrimLeft(title, " ")
	i := 0
	for i < len(title) && (title[i] >= 'a' && title[i] <= 'z' || title[i] == '\'' || title[i] == '-') {
		i++
	}
	return title[:i]
}

// NoBug says what the message says of itself.
func (w *Words) NoBug() string {
	if w.NothingNew() {
		return "its message says that it changes nothing in function"
	}
	return "its message calls something harmless, or no bug"
}

// NothingNew reports whether the message says that no function changes.
func (w *Words) NothingNew() bool {
	return strings.Contains(strings.ToLower(w.Evidence(WordNoBug).Text), "functional")
}

// nothingChanges are sentences that stand on a line of their own.
var nothingChanges = [...]string{"no functional change", "no functional changes", "no functional change intended", "no functional changes intended",
	"no intended functional change", "no intended functional changes"}

// NothingChanges is the line of the message that says no more than that no function
// changes; a sentence about a part of the change says more.
func (w *Words) NothingChanges() Evidence {
	if w.body&(1<<WordCleanup|1<<WordNoBug) == 0 {
		return Evidence{}
	}
	n := 0
	for line := range strings.Lines(w.text) {
		n++
		if s := strings.ToLower(strings.TrimRight(strings.TrimSpace(line), ".")); slices.Contains(nothingChanges[:], s) {
			return Evidence{Line: n, Text: strings.TrimSpace(line)}
		}
	}
	return Evidence{}
}

// DistroLink reports whether an address is one of a distribution's tracker, by its words.
func DistroLink(url string) bool {
	var hit bool
	phraseTrie().scan(url, func(_ int, mask uint64) { hit = hit || mask&(1<<WordDistro) != 0 })
	return hit
}

// Noted looks for a kind of word, told by a phrase that begins so, in the notes between
// the message and the diff, the lists of what changed between versions left out.
func Noted(notes string, k Word, begins string) (ev Evidence, ok bool) {
	if i := strings.Index(notes, "\nChanges "); i >= 0 {
		notes = notes[:i]
	}
	low := strings.ToLower(notes)
	if strings.HasPrefix(low, "changes ") || strings.HasPrefix(low, "changelog") || len(low) != len(notes) {
		return ev, false
	}
	asked, kinds := 0, uint64(1)<<k
	if k == WordCompiled {
		kinds |= 1 << WordRan // that it ran may mean that it was built, see meant
	}
	phraseTrie().scan(low, func(at int, mask uint64) {
		if ok || asked == maxAsked || mask&kinds == 0 || !strings.HasPrefix(low[at:], begins) {
			return
		}
		asked++
		if meant(low, at, mask)&(1<<k) != 0 && !inChangelog(low, at) {
			ok, ev = true, Evidence{Text: lineAt(notes, at).Text}
		}
	})
	return ev, ok
}
