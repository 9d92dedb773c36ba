package rules

import (
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

	WordFix              // "fix" and its forms
	WordRepair           // verbs that usually begin a fix: avoid, prevent, restore
	WordWrong            // wrong, invalid, missing, incorrect, broken, fails
	WordTheory           // theoretical, in theory, hypothetical
	WordPotential        // potential, possible, could
	WordExploit          // says how it can be triggered: reproducer, steps, exploit
	WordWarning          // compiler or checker noise
	WordTrivial          // spelling, whitespace, style
	WordCleanup          // refactoring, renaming, unused code, no functional change
	WordFeature          // adds, introduces, implements, supports
	WordBringup          // early hardware work
	WordDebug            // debug output, tracing, statistics
	WordDocs             // documentation, comments, kernel-doc
	WordVersion          // a version bump
	WordFirmware         // speaks of firmware
	WordNeedsFW          // needs a certain firmware
	WordNeeds            // needs another change
	WordUAPI             // speaks of the interface to user space
	WordPower            // suspend, resume, runtime power
	WordReset            // reset and recovery
	WordDistro           // a distribution is named
	WordUser             // users, reports, reproducible on
	WordTested           // says that it was tested
	WordUntested         // says that it was not, or only compiled
	WordMerge            // "promotion" commits that gather others
	numWords             = iota
	bugWords      uint64 = 1<<WordOops | 1<<WordMemory | 1<<WordSecurity | 1<<WordCorruption | 1<<WordHang |
		1<<WordLeak | 1<<WordRegression | 1<<WordSymptom | 1<<WordTrace
)

// Nouns for reasons, so that mail, comment and log say the same.
var wordNoun = [numWords]string{
	WordOops: "a crash", WordMemory: "a memory-safety bug", WordSecurity: "a security issue",
	WordCorruption: "corruption", WordHang: "a hang or deadlock", WordLeak: "a leak",
	WordRegression: "a regression", WordSymptom: "a failure that users see", WordTrace: "a kernel warning or trace",
	WordBuild: "a build error", WordRace: "a race", WordPerformance: "slowness", WordQuirk: "a quirk or workaround",
	WordDeviceID: "a device ID", WordWrong: "wrong behaviour", WordTheory: "theory", WordExploit: "a way to trigger it",
	WordWarning: "compiler or checker noise", WordTrivial: "spelling or style", WordCleanup: "cleanup",
	WordFeature: "new functionality", WordBringup: "hardware bring-up", WordDebug: "debug output",
	WordDocs: "documentation", WordVersion: "a version bump",
}

func (w Word) String() string { return wordNoun[w] }

// phrases are what the kinds are recognised by: lower case, beginning at the
// beginning of a word; a star at the end also takes any ending. A space stands
// for any run of blanks, line ends and hyphens, so "use after free" finds
// "use-after-free" too. They are the field's terms, none is of one driver.
var phrases = [numWords][]string{
	WordOops: {"null pointer*", "null ptr*", "null deref*", "nullptr", "nil pointer*", "invalid pointer*", "wild pointer", "bad pointer", "dereferenc* null", "oops*", "panic*", "crash*",
		"unable to handle", "general protection fault", "gpf", "segfault*", "segmentation fault", "divide error", "divide by zero", "divide by 0",
		"division by zero", "division by 0", "kernel bug", "bug_on", "invalid opcode", "kernel fault", "paging request", "page fault*", "stack overflow", "double fault", "bus error", "external abort", "serror", "machine check"},
	WordMemory: {"use after free*", "uaf", "out of bound*", "out of range access*", "oob", "buffer overflow*", "buffer overrun*", "array overflow*", "integer overflow*", "overrun*", "overflow*", "double free*", "double put", "invalid free",
		"uninitialized", "uninitialised", "uninit", "kasan*", "kmsan*", "kfence*", "ubsan*", "dangling", "stale pointer*", "invalid memory access", "invalid read", "invalid write", "wild access",
		"array index*", "memory access violation", "underflow of", "refcount_t", "shift out of bounds", "slab*out"},
	WordSecurity:   {"cve*", "security issue*", "security bug*", "security hole*", "security flaw*", "security fix*", "security problem*", "security vuln*", "security risk*", "vulnerab*", "exploitable", "privilege escalation", "information leak*", "info leak*", "infoleak*", "leak kernel", "leaks kernel", "user controlled", "userspace controlled", "untrusted", "spectre*", "malicious"},
	WordCorruption: {"corrupt*", "garbage", "garbled", "data loss", "lost data", "overwrit*", "clobber*", "inconsistent data", "wrong data", "memory trash*"},
	WordHang: {"hang", "hangs", "hanging", "hung", "deadlock*", "dead lock*", "lockup*", "lock up", "locks up", "livelock*", "freeze*", "froze*", "stuck", "stall*", "infinite loop*", "endless loop*", "infinite recurs*", "wait forever", "waits forever", "waiting forever", "never return*", "never complete*",
		"circular lock*", "recursive lock*", "lockdep splat*", "lockdep warning*", "possible circular lock*", "lock inversion", "sleeping function", "sleep in atomic", "scheduling while atomic", "atomic context", "invalid wait context", "blocked for more", "ring timeout", "unresponsive", "timed out", "timeouts"},
	WordLeak:       {"leak", "leaks", "leaked", "leaking", "leakage", "memleak*", "kmemleak*", "refcount leak*", "unbalanced", "imbalance*", "refcount underflow*", "missing put", "missing kfree", "not freed", "never freed", "not released", "never released"},
	WordRegression: {"regression*", "regress", "regressed", "regresses", "bisect*", "worked before", "worked fine before", "no longer work*", "stopped working", "stops working", "stop working", "broke", "broken since", "broken by", "was broken"},
	WordSymptom: {"black screen*", "blank screen*", "screen blank*", "white screen*", "green screen*", "flicker*", "flash on", "no display", "blank display", "does not light up", "doesn't light up", "no light up", "artifact*", "artefact*", "underrun*", "tearing", "distort*", "no sound", "no audio", "audio lost", "loss of audio",
		"fails to boot", "fail to boot", "failed to boot", "boot failure*", "fails to probe", "probe failure*", "fails to load", "fail to load", "failed to load", "fails to resume", "fail to resume", "resume failure*", "resume fail*", "suspend fail*", "suspend failure*", "s3 fail*", "fails to suspend",
		"not work", "not working", "doesn't work", "does not work", "don't work", "do not work", "didn't work", "not detected", "not recognized", "unusable", "unbootable", "cannot connect", "can't connect", "link training fail*", "link loss", "packet loss", "drop packets", "wakes up", "spurious wake*", "overheat*", "stability", "unstable", "instab*", "underflow*", "loading fail*", "load fail*", "init fail*", "initialization fail*", "initialisation fail*", "doing nothing", "fail to light", "fails to light", "light up", "noise", "no video", "can't boot", "cannot boot", "unable to boot", "probe fail*", "battery drain", "power drain", "data abort"},
	WordTrace:       {"call trace", "backtrace", "stack trace", "call stack", "warn_on*", "warning: cpu", "warning: possible", "warning: at", "cut here", "splat*", "warning trace", "rip:", "irqs disabled", "suspicious rcu", "hardware name:"},
	WordBuild:       {"build error*", "build failure*", "build break*", "build fail*", "build issue*", "build regression*", "fails to build", "fail to build", "failed to build", "broken build", "fix build", "fix the build", "fixes build", "compile error*", "compilation error*", "compile fail*", "compiling error*", "compilation fail*", "compilation issue*", "fails to compile", "fail to compile", "doesn't compile", "does not compile", "doesn't build", "does not build", "link error*", "linker error*", "link failure*", "linking error*", "undefined reference", "undefined symbol*", "implicit declaration", "implicit function declaration", "modpost*", "unmet direct dependenc*", "unmet dependenc*", "fatal error:", "randconfig", "allmodconfig", "allyesconfig"},
	WordRace:        {"race", "races", "raced", "racing", "racy", "data race*", "race condition*", "toctou", "kcsan*"},
	WordPerformance: {"performance", "slow", "slower", "slowdown*", "slow down*", "slowness", "latency", "latencies", "throughput", "speed up", "speedup*", "stutter*", "interactiv*", "lag", "lags", "faster", "fps", "inefficien*", "optimiz*", "optimis*"},
	WordQuirk:       {"quirk*", "workaround*", "work around*", "denylist*", "blacklist*", "blocklist*", "errat*", "dmi match*", "dmi table*", "wa_*"},
	WordDeviceID:    {"device id*", "devices id*", "device ids", "pci id*", "pci device id*", "pciid*", "usb id*", "new id", "new ids", "new device id*", "new pci id*", "product id*", "vendor id*", "acpi id*", "did for", "missing id*", "add did", "new did*"},

	WordFix:       {"fix", "fixes", "fixed", "fixing", "fixup*", "bugfix*", "hotfix*"},
	WordRepair:    {"avoid*", "prevent*", "restor*", "correct", "corrects", "properly", "don't", "do not", "never", "ensure*", "make sure", "guard against", "protect*", "check for", "check return*", "handle error*", "bail out", "bail early", "revert*", "drop the bogus", "stop using", "reject*", "validat*"},
	WordWrong:     {"wrong*", "incorrect*", "invalid*", "missing", "missed", "forgot*", "broken", "bug", "bugs", "buggy", "fail", "fails", "failed", "failing", "failure*", "error", "errors", "issue", "issues", "problem*", "bogus", "mismatch*", "unexpected*", "mistake*", "unhandled", "illegal", "oversight", "faulty", "defect*", "inconsisten*", "misbehav*", "unable to"},
	WordTheory:    {"theoretical*", "in theory", "hypothetical*", "not seen in practice", "never seen in practice", "no known user", "no real world", "unlikely to happen", "purely theoretical", "only found by inspection", "found by code inspection", "found by inspection", "found by code review", "not observed", "never observed", "haven't observed", "not been observed"},
	WordPotential: {"potential*", "possible", "possibly", "might", "could lead", "can lead", "may lead", "could cause", "may cause", "could result", "may result", "could potentially"},
	WordExploit:   {"reproduc*", "repro", "steps to", "trigger*", "exploit", "exploited", "observed", "hit this", "seen on", "seen with", "happens when", "occurs when", "can happen if", "cpu0", "cpu 0", "thread 1", "thread a", "task a"},
	WordWarning:   {"compiler warning*", "build warning*", "compile warning*", "compilation warning*", "warning: variable", "warning: no previous", "warning: unused", "warning: function", "warning: expecting", "warning: cannot understand", "warning: missing", "gcc warning*", "gcc warns", "clang warns", "compiler warns", "warns about", "clang warning*", "sparse", "sparse warning*", "smatch*", "coccinelle", "coccicheck*", "cppcheck*", "coverity*", "checkpatch*", "static checker*", "static analy*", "kernel test robot", "unused variable*", "unused but set", "set but not used", "set but unused", "missing prototype*", "no previous prototype*", "missing prototypes", "wmissing*", "wunused*", "w=1", "wformat*", "wimplicit*", "wenum*", "werror*", "lint", "klocwork", "cid *", "fix the following warning*", "inconsistent indenting", "inconsistent return", "duplicate header*", "included more than once"},
	WordTrivial:   {"typo*", "spelling", "spello*", "misspell*", "whitespace*", "white space*", "indent*", "trailing space*", "blank line*", "empty line*", "coding style", "code style", "cosmetic*", "grammar", "format issue*", "formatting", "style issue*", "trivial", "alignment issue*", "extra space*", "extra semicolon", "unneeded semicolon", "unnecessary semicolon", "newline*", "spdx*", "copyright*", "license*", "licence*", "reformat*"},
	WordCleanup:   {"cleanup*", "clean up*", "cleaning up", "cleaned up", "refactor*", "re factor*", "renam*", "unused", "no functional change*", "no functionality change*", "non functional", "no intended functional*", "nfc", "simplif*", "tidy*", "dead code", "redundan*", "unneeded", "unnecessar*", "useless", "duplicated code", "deduplicat*", "consolidat*", "reorganiz*", "reorganis*", "restructur*", "rework*", "extract", "split out", "factor out", "move to", "convert to", "convert from", "switch to", "replace with", "make static", "use the new", "use helper*", "utilize", "drop unused", "obsolete*", "deprecat*", "remove dead", "readab*", "code sharing", "abstract*", "macro", "inline", "constify", "reorder*", "isolate*", "encapsulat*", "generaliz*", "unify", "open coded", "open code", "preparation*", "prepare for", "prep work", "in prep", "modulariz*"},
	WordFeature:   {"add", "adds", "adding", "support", "supports", "introduc*", "implement*", "new feature*", "feature*", "allow", "allows", "expose*", "export*", "enable", "enables", "enabling", "provide", "provides", "initial", "extend*", "create", "advertise*", "new"},
	WordBringup:   {"bring up", "bringup", "enablement", "pre silicon", "emulat*", "simulat*", "fpga", "palladium", "a0 silicon", "early silicon", "engineering sample*", "pre production", "preproduction", "force_probe", "force probe", "not yet released", "upcoming"},
	WordDebug:     {"debug*", "debugfs", "trace point*", "tracepoint*", "tracing", "log message*", "logging", "error message*", "print", "prints", "printing", "printk*", "dump", "dumps", "verbose*", "statistic*", "log level*", "ratelimit*", "drm_dbg*", "kunit*", "selftest*", "unit test*"},
	WordDocs:      {"documentation", "kernel doc*", "kerneldoc*", "kdoc", "comment", "comments", "doc", "docs", "maintainers", "readme", "htmldocs", "doxygen"},
	WordVersion:   {"bump version", "version to", "update version", "driver version", "3.2.*", "promote*", "promotion*", "driver date", "update driver_date"},
	WordFirmware:  {"firmware*", "fw", "ucode", "microcode*", "dmcub", "guc", "huc"},
	WordNeedsFW:   {"requires firmware", "require firmware", "needs firmware", "need firmware", "requires new firmware", "requires the firmware", "requires fw", "requires newer firmware", "needs new firmware", "firmware version", "fw version", "with the new firmware", "new firmware", "newer firmware", "updated firmware", "latest firmware", "firmware release", "min firmware", "minimum firmware", "require new fw"},
	WordNeeds:     {"depends on", "dependent on", "dependency", "prerequisite*", "requires commit", "requires the patch*", "needs commit", "on top of", "applies on top", "to be applied after", "must be applied", "needed by", "required by", "needed for", "required for"},
	WordUAPI:      {"uapi*", "ioctl*", "user space api", "userspace api", "sysfs*", "user interface", "abi", "new property", "module parameter*", "modparam*", "new query", "new flag for userspace", "getparam", "proc file"},
	WordPower:     {"suspend*", "resum*", "hibernat*", "s0ix", "s0i3", "s2idle", "s3", "s4", "runtime pm", "power gating", "powergating", "clock gating", "power state*", "d3cold", "d3hot", "d3", "gfxoff", "low power", "sleep state*", "wakeup", "shutdown", "reboot", "boco", "baco", "psr", "ips"},
	WordReset:     {"reset*", "recover*", "hot plug*", "hotplug*", "unplug*", "unbind*", "rmmod", "unload*", "teardown", "removal", "kexec"},
	WordDistro:    {"ubuntu*", "launchpad*", "debian*", "fedora*", "red hat", "redhat", "rhel*", "suse", "sles*", "opensuse*", "arch linux", "archlinux", "gentoo", "chrome os", "chromeos", "chromebook*", "centos", "nixos", "steam deck", "steamos"},
	WordUser:      {"user report*", "users report*", "users see", "users are", "user facing", "customer*", "reported", "reports", "reporter", "laptop*", "desktop", "thinkpad*", "notebook*", "dock*", "monitor", "monitors", "steam", "game*", "firefox", "chromium", "gnome*", "kde", "wayland", "xorg", "mesa", "in the wild", "in the field", "production system*"},
	WordTested:    {"tested on", "tested with", "tested by", "tested using", "tested in", "verified on", "verified with", "verified that", "test shows", "was tested", "been tested", "test result*"},
	WordUntested:  {"untested", "not tested", "compile tested", "compile test*", "only compile*", "build tested", "only build*", "no hardware to test", "don't have the hardware", "do not have the hardware", "haven't tested", "not been tested", "couldn't test", "could not test"},
	WordMerge:     {"this version brings along", "brings along", "merge tag", "merge branch", "backmerge*", "dc patches"},
}

// Words is what one pass over title and message found.
type Words struct {
	// Title and Body are sets of Word, as bits. A word in a trailer, in a quoted
	// commit title or in the quoted title of a revert belongs to somebody else
	// and is left out.
	Title, Body uint64
	Revert      bool   // the title undoes another commit
	Verb        string // first word after the prefix of the title, lower case
	Links       []Link // of the message and its trailers
	StackTrace  bool   // symbol+0x12/0x34 lines stand in the message

	at   [numWords]int32 // 1 + first offset in the body; 0 when not there
	body string          // as written, for evidence
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
func (w *Words) Has(k Word) bool { return (w.Title|w.Body)&(1<<k) != 0 }

// InTitle reports whether the title speaks of k.
func (w *Words) InTitle(k Word) bool { return w.Title&(1<<k) != 0 }

// Bug returns the gravest kind of bug that the change speaks of.
func (w *Words) Bug() (Word, bool) {
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
	if at == 0 || at > len(w.body) {
		return Evidence{}
	}
	return lineAt(w.body, at-1)
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
	return Evidence{Line: 1 + strings.Count(s[:from], "\n"), Text: shorten(strings.TrimSpace(text))}
}

// evidenceText is the length of Evidence.Text.
const evidenceText = 120

func shorten(s string) string {
	if len(s) <= evidenceText {
		return s
	}
	s = s[:evidenceText-3]
	for len(s) > 0 && s[len(s)-1] >= 0x80 { // never half a rune
		s = s[:len(s)-1]
	}
	return s + "..."
}

func readWords(c *change.Change) *Words {
	w := &Words{body: c.Body}
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
	w.Verb = firstWord(own)
	t.scan(own, func(_ int, mask uint64) { w.Title |= mask })

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
	w.StackTrace = strings.Contains(body, "+0x") && (w.Body&(1<<WordTrace) != 0 || strings.Count(body, "+0x") > 2)
	if w.StackTrace || strings.Contains(body, "*error*") { // what drivers print into the kernel log
		w.Body |= 1 << WordTrace
	}
	return w
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
	t.scan(part, func(at int, mask uint64) {
		if mask&^w.Body == 0 {
			return
		}
		for k := range w.at {
			if mask&(1<<k) != 0 && w.at[k] == 0 {
				w.at[k] = int32(min(from+at, 1<<30)) + 1
			}
		}
		w.Body |= mask
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
		w.link(part[start:], line)
	}
}

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

// trie finds phrases at the beginnings of words. Children are a list, for most
// words of a text leave the trie after two letters; only the root is a table.
type trie struct {
	root  [256]uint16
	nodes []node
}

type node struct {
	exact, stem uint64 // kinds of phrases that end here: at a word's end, anywhere
	child, next uint16 // first child, next sibling; 0 is none
	c           byte
}

var phraseTrie = sync.OnceValue(func() *trie {
	t := &trie{nodes: make([]node, 1, 8192)}
	for k, list := range phrases {
		for _, p := range list {
			p, stem := strings.CutSuffix(p, "*")
			t.add(p, 1<<k, stem)
		}
	}
	return t
})

func (t *trie) add(p string, mask uint64, stem bool) {
	p = strings.ReplaceAll(p, "-", " ")
	var at uint16
	for i := range len(p) {
		c := p[i]
		var n uint16
		if i == 0 {
			n = t.root[c]
		} else {
			for n = t.nodes[at].child; n != 0 && t.nodes[n].c != c; n = t.nodes[n].next {
			}
		}
		if n == 0 {
			n = uint16(len(t.nodes))
			t.nodes = append(t.nodes, node{c: c})
			if i == 0 {
				t.root[c] = n
			} else {
				t.nodes[n].next = t.nodes[at].child
				t.nodes[at].child = n
			}
		}
		at = n
	}
	if stem {
		t.nodes[at].stem |= mask
	} else {
		t.nodes[at].exact |= mask
	}
}

// scan calls found for every phrase of s. Identifiers with an underscore are one
// word, and what stands in ("...") is the title of another commit.
func (t *trie) scan(s string, found func(at int, mask uint64)) {
	for i := 0; i < len(s); {
		c := s[i]
		if !wordByte[c] {
			if c == '(' && i+1 < len(s) && s[i+1] == '"' {
				if j := strings.Index(s[i:min(len(s), i+quotedTitle)], "\")"); j > 0 {
					i += j
				}
			}
			i++
			continue
		}
		if n := t.root[c]; n != 0 {
			t.walk(s, i, n, found)
		}
		for i++; i < len(s) && wordByte[s[i]]; i++ {
		}
	}
}

// quotedTitle bounds how far a quoted commit title is looked for; git titles
// are shorter.
const quotedTitle = 240

func (t *trie) walk(s string, start int, n uint16, found func(int, uint64)) {
	for i := start + 1; ; {
		nd := &t.nodes[n]
		mask := nd.stem
		if nd.exact != 0 && (i >= len(s) || !wordByte[s[i]]) {
			mask |= nd.exact
		}
		if mask != 0 {
			found(start, mask)
		}
		if i >= len(s) {
			return
		}
		c := s[i]
		i++
		if c == ' ' || c == '\n' || c == '\t' || c == '-' {
			c = ' '
			for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '-') {
				i++
			}
		}
		for n = nd.child; n != 0 && t.nodes[n].c != c; n = t.nodes[n].next {
		}
		if n == 0 {
			return
		}
	}
}

// wordByte tells what a word is made of.
var wordByte = func() (b [256]bool) {
	for c := range b {
		b[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
	}
	return
}()
