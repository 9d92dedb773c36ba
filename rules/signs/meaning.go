package signs

import (
	"slices"
	"strings"
)

// meant drops from the kinds of a phrase at offset at what the phrase, or the
// word before it, says that it does not mean.
func meant(s string, at int, mask uint64) uint64 {
	if mask&(1<<WordOther) != 0 {
		mask &^= otherWords
	}
	if ofOtherCommit(s, at) {
		return 0
	}
	if mask&otherWords != 0 && isName(s, at) {
		mask &^= otherWords
	}
	if mask&(1<<WordNoBug) != 0 && takenBack(s, at) {
		mask &^= 1 << WordNoBug
	}
	mask = ofElse(s, at, mask)
	if mask&(1<<WordCrash) != 0 {
		mask |= 1 << WordOops
	}
	if mask&(1<<WordOops) != 0 {
		switch {
		case strings.HasPrefix(s[at:], "page") && deviceFault(wordBefore(s, at)):
			mask = mask&^(1<<WordOops) | 1<<WordFailure
		case denied(s, at), strings.HasPrefix(s[at:], "null") && wordBefore(s, at) == "as": // "plain integer as NULL pointer"
			mask &^= 1<<WordOops | 1<<WordCrash
		}
	}
	mask = otherMeaning(s, at, mask)
	if mask&(1<<WordSymptom) != 0 && strings.HasPrefix(s[at:], "wakes up") && !unasked(wordBefore(s, at)) {
		mask &^= 1 << WordSymptom
	}
	if mask&(1<<WordSymptom) != 0 && unfelt(s, at) {
		mask &^= 1 << WordSymptom
	}
	if mask&(1<<WordSymptom|1<<WordMemory) != 0 && strings.HasPrefix(s[at:], "underflow") {
		mask = underflow(s, at, mask)
	}
	if mask&(1<<WordFailure) != 0 && (describes(s, at) || avoided(s, at) || eventOf(s, at)) {
		mask &^= 1 << WordFailure
	}
	if mask&(1<<WordFailure) != 0 && strings.HasPrefix(s[at:], "following warning") {
		if whose := warns(s, at); whose != WordFailure {
			mask = mask&^(1<<WordFailure) | 1<<whose
		}
	}
	if mask&otherWords != 0 && isFlag(s, at) {
		mask = mask&^otherWords | 1<<WordCompiler
	}
	if mask&(1<<WordMemory) != 0 && strings.HasPrefix(s[at:], "uninit") && !ofData(s, at) {
		mask &^= 1 << WordMemory
	}
	if mask&(1<<WordBuild) != 0 && strings.HasPrefix(s[at:], "all") && built(s, at) { // "allyesconfig"
		mask &^= 1 << WordBuild
	}
	if mask&(1<<WordMemory) != 0 && strings.HasPrefix(s[at:], "overflow") && !ofMemory(s, at) {
		mask = mask&^(1<<WordMemory) | 1<<WordFailure
	}
	if mask&(1<<WordFix) != 0 && at > 0 && strings.HasPrefix(s[at:], "fixed") && !titleVerb(s, at) && isConstant(s[at+len("fixed"):]) {
		mask &^= 1 << WordFix
	}
	if mask&(1<<WordNotRun|1<<WordCompiled) != 0 {
		mask = untested(s, at, mask)
	}
	if mask&(1<<WordRan|1<<WordShown|1<<WordNoBug) != 0 {
		switch wordBefore(s, at) {
		case "not", "never", "been", "n't", "be":
			mask &^= 1<<WordRan | 1<<WordShown
		case "only":
			mask &^= 1 << WordShown
			if !strings.HasPrefix(s[at:], "tested on") { // "only tested on the first board"
				mask &^= 1 << WordRan
			}
		case "are", "is", "being", "gets", "originally", "previously", "d": // "I'd tested this"
			if strings.HasPrefix(s[at:], "validated") || strings.HasPrefix(s[at:], "verified") || strings.HasPrefix(s[at:], "tested this") {
				mask &^= 1 << WordRan // what the code does, or what was not seen then
			}
		case "compile", "compiled", "build", "built", "time": // "compile-time tested"
			mask &^= 1<<WordRan | 1<<WordShown
		}
		if mask&(1<<WordRan) != 0 && ofBuilding(s, at) {
			mask = mask&^(1<<WordRan) | 1<<WordCompiled
		}
	}
	if mask&(1<<WordBuild|1<<WordWarning|1<<WordCompiler|1<<WordSparse|1<<WordStyle) != 0 && inChangelog(s, at) {
		mask &^= 1<<WordBuild | 1<<WordWarning | 1<<WordCompiler | 1<<WordSparse | 1<<WordStyle
	}
	return mask
}

// otherMeaning drops kinds of words that the field uses for something else as well: a
// packet's reformat, the latency that a PCS adds, page faults that are reported.
func otherMeaning(s string, at int, mask uint64) uint64 {
	word := s[at:]
	switch {
	case mask&(1<<WordTrivial) != 0 && strings.HasPrefix(word, "reformat") && !begins(s, at):
		mask &^= 1 << WordTrivial
	case mask&(1<<WordDebug) != 0 && strings.HasPrefix(word, "ratelimit") && !ofMessages(near(s, at)):
		mask &^= 1 << WordDebug // of traffic
	case mask&(1<<WordNoise) != 0 && strings.HasPrefix(word, "always") && hasEffect(s, at):
		mask &^= 1 << WordNoise // a condition that is wrong, and not one too many
	case mask&(1<<WordFix) != 0 && strings.HasPrefix(word, "fixup!"):
		mask &^= 1 << WordFix // a part of another patch
	case mask&(1<<WordFix) != 0 && strings.HasPrefix(word, "fixed") && ofKind(s, at):
		mask &^= 1 << WordFix // "a fixed offset", "fixed and relative versions"
	case mask&(1<<WordHang) != 0 && (harmlessHang(s, at) || mistaken(s, at)):
		mask &^= 1 << WordHang
	case mask&(1<<WordSecurity) != 0 && (deniedNear(s, at) || distrusts(s, at)):
		mask &^= 1 << WordSecurity
	case mask&(1<<WordRegression) != 0 && notOne(s, at):
		mask &^= 1 << WordRegression
	case mask&(1<<WordRegression) != 0 && warnsOf(s, at):
		mask &^= 1 << WordRegression
	case mask&(1<<WordRegression) != 0 && inspected(wordBefore(s, at), s, at):
		mask &^= 1 << WordRegression
	case mask&(1<<WordPotential) != 0 && strings.HasPrefix(word, "possibl") && allowed(wordBefore(s, at)):
		mask &^= 1 << WordPotential
	case mask&(1<<WordPerformance) != 0 && (word == "lag" || strings.HasPrefix(word, "lag") && !isLetter(word[3])) && !felt(wordBefore(s, at), s[at:min(len(s), at+meaningReach)]):
		mask &^= 1 << WordPerformance // links that are one
	case mask&(1<<WordPerformance) != 0 && strings.HasPrefix(word, "latenc") && computed(s, at):
		mask &^= 1 << WordPerformance
	case mask&(1<<WordMemory) != 0 && strings.HasPrefix(word, "stale pointer") && compared(s, at):
		mask &^= 1 << WordMemory
	case mask&(1<<WordCorruption) != 0 && ofResult(s, at):
		mask &^= 1 << WordCorruption
	case mask&(1<<WordOops) != 0 && strings.HasPrefix(word, "page") && tellsOf(wordBefore(s, at)):
		mask &^= 1 << WordOops
	}
	return mask
}

// ofResult tells what a function returns or prints from data: "overwrites the return
// value", "the error code is overwritten", "print garbage".
func ofResult(s string, at int) bool {
	word, after, _ := strings.Cut(s[at:min(len(s), at+meaningReach)], " ")
	switch {
	case strings.HasPrefix(word, "overwrit"), strings.HasPrefix(word, "clobber"):
		passive := strings.HasPrefix(word, "overwritten") || strings.HasPrefix(word, "clobbered")
		return namesResult(after) || passive && namesResult(clauseBefore(s, at))
	case strings.HasPrefix(word, "garbage"):
		return strings.HasPrefix(wordBefore(s, at), "print") || strings.HasPrefix(wordBefore(s, at), "log")
	}
	return false
}

// clauseBefore is what stands before offset at within its clause, half a line at most.
func clauseBefore(s string, at int) string {
	before := s[max(0, at-meaningReach):at]
	return before[strings.LastIndexAny(before, ".:;,")+1:]
}

// namesResult reports whether a clause names what a function returned: "the error code",
// "ret", and neither an error path nor a status register.
func namesResult(clause string) bool {
	if i := strings.IndexAny(clause, ".:;,"); i >= 0 {
		clause = clause[:i]
	}
	words := strings.Fields(clause)
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch strings.Trim(w, "`'\"@()") {
		case "with", "by", "in", "into", // that is what comes there instead, or where
			"when", "if", "on", "while", "after", "because": // or why
			return false
		case "ret", "rc", "err", "errno", "retval":
			return true
		case "error", "errors", "result", "status", "return":
			switch next {
			case "", "code", "codes", "value", "values", "status", "returned", "from", "of", "is", "was", "gets", "being", "that", "which", "when", "if", "and", "silently":
				return true
			}
		}
	}
	return false
}

// compared reports whether the stale pointer at offset at is one that is compared, which
// reads no memory behind it.
func compared(s string, at int) bool {
	_, after, _ := strings.Cut(spaced(s[at:min(len(s), at+longestTerm)]), "stale pointer")
	after = strings.TrimLeft(after, "s ")
	return strings.HasPrefix(after, "compar") || strings.HasPrefix(after, "check")
}

// ofKind reports whether "fixed" at offset at says of which kind something is.
func ofKind(s string, at int) bool {
	switch wordBefore(s, at) {
	case "a", "an", "the", "of", "at", "into", "with", "to", "uses", "use", "using", "for", "non", "and", "or":
		return true
	}
	word, after, _ := strings.Cut(s[at:min(len(s), at+meaningReach)], " ")
	if strings.Contains(word, "-") || after != "" && after[0] >= '0' && after[0] <= '9' { // "fixed-partitions", "fixed 1 ms delay"
		return true
	}
	for _, w := range [...]string{"and ", "point", "size", "length", "width", "rate", "clock", "offset", "address", "value", "mode", "link", "phy", "regulator", "register", "number", "frequenc", "function"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// harmlessHang tells words of a hang that are none: an endpoint's STALL, a low-hanging
// fruit, somebody who is stuck with less than the hardware could do.
func harmlessHang(s string, at int) bool {
	word := s[at:]
	switch {
	case strings.HasPrefix(word, "atomic context"): // "used in non-atomic context alone"
		return wordBefore(s, at) == "non"
	case strings.HasPrefix(word, "stuck with "), strings.HasPrefix(word, "stuck at "): // "stuck at 500 mA"
		return true
	case strings.HasPrefix(word, "hanging"):
		return wordBefore(s, at) == "low"
	case strings.HasPrefix(word, "stall"):
		around := near(s, at)
		return strings.Contains(around, "endpoint") || strings.Contains(around, "urb") || strings.Contains(around, "handshake") || strings.Contains(around, "ep0")
	}
	return false
}

// deniedNear reports whether the clause of offset at says that there is none: "poses no
// security risk", "this is not a security problem".
func deniedNear(s string, at int) bool {
	before := s[max(0, at-meaningReach):at]
	if i := strings.LastIndexAny(before, ".:;,"); i >= 0 {
		before = before[i+1:]
	}
	before = " " + strings.Join(strings.Fields(before), " ") + " "
	for _, no := range [...]string{" no ", " not a ", " not an ", " not any ", " isn't a ", " isn't an ", " without ", " never a "} {
		if strings.Contains(before, no) {
			return true
		}
	}
	return false
}

// inspected tells what was looked for from what was met: "audited for regressions", "no regression".
func inspected(before, s string, at int) bool {
	switch before {
	case "no", "any", "without", "potential":
		return true
	case "for":
		b := s[max(0, at-meaningReach):at]
		return strings.Contains(b, "audit") || strings.Contains(b, "check") || strings.Contains(b, "test") || strings.Contains(b, "watch")
	}
	return false
}

// begins reports whether the word at offset at begins the title or a sentence: there it is a verb.
func begins(s string, at int) bool {
	before := strings.TrimRight(s[:at], " \n")
	return before == "" || strings.HasSuffix(before, ":") || strings.HasSuffix(before, ".") || strings.HasSuffix(before, ";")
}

// computed reports whether the latency at offset at is a number that the code computes
// with, and none that somebody waits for: what a PCS adds to a timestamp, what a device
// tolerates.
func computed(s string, at int) bool {
	switch wordBefore(s, at) {
	case "pcs", "phy", "cas", "exit", "entry", "entrance", "link", "ingress", "egress", "gate", "aspm", "l0s", "l1", "tx", "rx":
		return true
	}
	_, after, _ := strings.Cut(s[at:min(len(s), at+meaningReach)], " ")
	for _, w := range [...]string{"constant", "value", "register", "adjust", "compens", "toleran", "timer", "table", "calc",
		"setting", "offset", "hint", "field", "correction", "measure", "limit", "param"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// ofMessages reports whether what is limited in its rate is printed, and no traffic.
func ofMessages(around string) bool {
	return strings.Contains(around, "print") || strings.Contains(around, "log") || strings.Contains(around, "messag")
}

// allowed tells what can be done, from what could happen: "where possible".
func allowed(before string) bool {
	switch before {
	case "where", "wherever", "if", "as", "when", "whenever", "than", "not", "is", "it", "are", "make", "makes":
		return true
	}
	return false
}

// tellsOf tells what a driver does with faults that it survives.
func tellsOf(before string) bool {
	switch before {
	case "report", "reports", "reporting", "log", "logs", "logging", "print", "prints", "printing", "count",
		"counts", "counting", "service", "servicing", "recoverable", "dump", "trace":
		return true
	}
	return false
}

// titleVerb reports whether a word is the first one of a title, or of what stands behind
// its prefix.
func titleVerb(s string, at int) bool {
	return strings.HasSuffix(strings.TrimRight(s[:at], " "), ":") && !strings.Contains(s, "\n")
}

// isConstant reports whether "fixed" before rest means constant: "use fixed values".
func isConstant(rest string) bool {
	word := strings.TrimLeft(rest, " -")
	if i := strings.IndexFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }); i >= 0 {
		word = word[:i]
	}
	for _, noun := range [...]string{"value", "rate", "point", "size", "length", "clock", "phy", "link", "frequency", "mode", "regulator", "width",
		"address", "offset", "number", "voltage", "partition", "layout", "period", "interval", "speed", "bandwidth", "pattern", "order", "mapping", "index"} {
		if word == noun || word == noun+"s" || word == noun+"es" {
			return true
		}
	}
	return false
}

// ofBuilding reports whether the test that is told of at offset at is one of
// building: "tested with allmodconfig", "tested by compiling it". What is booted
// or run as well is more.
func ofBuilding(s string, at int) bool {
	said := s[at:min(len(s), at+2*meaningReach)]
	if i := strings.Index(said, ". "); i >= 0 {
		said = said[:i]
	}
	said = strings.NewReplacer("\n", " ", "-", " ").Replace(said)
	_, what, ok := cutAny(said, " with ", " by ", " using ", " against ", " under ", " in ", " on ")
	if !ok {
		return false
	}
	for _, w := range [...]string{"boot", " run", "hardware", " card", " board", " machine", " laptop", "works"} {
		if strings.Contains(what, w) {
			return false
		}
	}
	what = strings.TrimLeft(what, " `'\"")
	for _, article := range [...]string{"a ", "an ", "the ", "both ", "x86 ", "x86_64 ", "arm ", "arm64 ", "make "} {
		what = strings.TrimPrefix(what, article)
	}
	for _, w := range [...]string{"gcc", "clang", "llvm", "allmodconfig", "allyesconfig", "allnoconfig", "defconfig", "randconfig", "w=1", "c=1", "c=2", "sparse", "smatch", "coccinelle", "checkpatch",
		"compil", "building", "build ", "builds", "cross compil", "compile test", "config_compile_test"} {
		if strings.HasPrefix(what, w) {
			return true
		}
	}
	return false
}

// cutAny cuts s at the first of several separators.
func cutAny(s string, seps ...string) (before, after string, ok bool) {
	first := -1
	for _, sep := range seps {
		if i := strings.Index(s, sep); i >= 0 && (first < 0 || i < first) {
			first, before, after = i, s[:i], s[i+len(sep):]
		}
	}
	return before, after, first >= 0
}

// maxWordBefore is longer than any word that wordBefore is asked for.
const maxWordBefore = 12

// wordBefore is the word that ends before offset at, as far as it is a short one.
func wordBefore(s string, at int) string {
	end := at
	for end > 0 && (s[end-1] == ' ' || s[end-1] == '-' || s[end-1] == '\n') {
		end--
	}
	start := end
	for start > 0 && end-start < maxWordBefore && wordByte[s[start-1]] {
		start--
	}
	if start > 2 && s[start:end] == "t" && s[start-1] == '\'' && s[start-2] == 'n' {
		return "n't"
	}
	return s[start:end]
}

// longestLine bounds how far the beginning of a line is looked for: a stranger's may be a
// megabyte long, with a word in each byte of it that asks how it begins.
const longestLine = 1024

// lineBefore is what stands before offset at on its line, "" where that is longer than any line.
func lineBefore(s string, at int) string {
	from := max(0, at-longestLine)
	if i := strings.LastIndexByte(s[from:at], '\n'); i >= 0 {
		return s[from+i+1 : at]
	}
	if from > 0 {
		return ""
	}
	return s[:at]
}

// inChangelog reports whether the line of offset at tells what changed since an
// earlier version of the patch: "v2: fix the build".
func inChangelog(s string, at int) bool {
	line := strings.TrimLeft(lineBefore(s, at), " \t-*([")
	return len(line) > 2 && line[0] == 'v' && line[1] >= '0' && line[1] <= '9'
}

// ofOtherCommit reports whether the line of offset at begins with a SHA: what
// follows is the title of that commit.
func ofOtherCommit(s string, at int) bool {
	line := strings.TrimLeft(lineBefore(s, at), " \t-*([")
	line = strings.TrimPrefix(line, "commit ")
	n, digit := 0, false
	for n < len(line) && (line[n] >= '0' && line[n] <= '9' || line[n] >= 'a' && line[n] <= 'f') {
		digit = digit || line[n] <= '9'
		n++
	}
	return n >= 10 && n <= 40 && digit && n < len(line) && line[n] == ' '
}

// unasked tells who wakes up though nobody asked, from the word before that.
func unasked(before string) bool {
	switch before {
	case "system", "machine", "laptop", "computer", "immediately", "randomly", "spuriously", "instantly":
		return true
	}
	return false
}

// describes reports whether "broken" or "breaking" at offset at belongs to a piece
// of code or text and tells of nothing that a user meets.
func describes(s string, at int) bool {
	word, rest, _ := strings.Cut(s[at:min(len(s), at+meaningReach)], " ")
	if word == "breaks" { // as a loop does, and a line in a message
		before := wordBefore(s, at)
		return before == "loop" || before == "line" || before == "preventing" || strings.HasPrefix(rest, "out of") || strings.HasPrefix(rest, "from")
	}
	if word != "broken" && word != "breaking" {
		return false
	}
	next := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz-"))]
	switch strings.TrimSuffix(next, "s") {
	case "change", "macro", "marco", "define", "comment", "link", "url", "reference", "indentation", "formatting", "solution", "patch", "commit", "include", "kernel-doc", "userspace":
		return true
	}
	return false
}

// unfelt reports whether a word of a symptom at offset at tells of none: "tearing things
// down", "for the sake of stability".
func unfelt(s string, at int) bool {
	after := spaced(s[at:min(len(s), at+meaningReach)])
	switch {
	case strings.HasPrefix(after, "tearing"):
		_, after, _ = strings.Cut(after, " ")
		for range 2 {
			word, rest, _ := strings.Cut(after, " ")
			if strings.Trim(word, ".,;:)") == "down" {
				return true
			}
			after = rest
		}
	case strings.HasPrefix(after, "stability"):
		return wordBefore(s, at) == "of" && strings.Contains(s[max(0, at-meaningReach):at], "sake")
	}
	return false
}

// underflow tells that of a size, a length or an index, behind which memory is reached, from
// that of what is only counted, and from that of a display's buffer, which its user sees.
func underflow(s string, at int, mask uint64) uint64 {
	around := near(s, at)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(around, w) })
	}
	mask &^= 1<<WordSymptom | 1<<WordMemory
	switch {
	case has("size()", "size_t", "payload", "length", "len ", "size ", "index", "memory", "array", "offset", "stack underflow", "memcpy"):
		return mask | 1<<WordMemory
	case has("static key", "static_key", "static_branch", "static branch", "jump_label"), has("budget", "credit", "counter", "refcount", "nb_pkts", "usage", "count ", "negative", "unsigned", "subtract", "u32", "u16", "u64", "wraps", "statistic"):
		return mask | 1<<WordFailure
	case has("integer"):
		return mask | 1<<WordMemory
	}
	return mask | 1<<WordSymptom
}

// mistaken reports whether the hang at offset at is one that somebody takes something else
// for: "interpreted as a hang", "it is assumed that the controller is stuck".
func mistaken(s string, at int) bool {
	before := strings.Join(strings.Fields(clauseBefore(s, at)), " ") + " "
	return slices.ContainsFunc([]string{"assumed ", "assumes ", "assume ", "assuming ", "interpreted as ", "interprets ", "interpret this as ",
		"mistaken for ", "mistaken as ", "mistakes ", "mistook ", "taken for a", "treated as a", "misinterpreted ", "misdetect", "false positive ", "falsely ",
		"wrongly detect", "wrongly report"},
		func(w string) bool { return strings.Contains(before, w) })
}

// notOne reports whether the clause of offset at says that it is no regression: "this is
// not strictly a regression".
func notOne(s string, at int) bool {
	before := " " + strings.Join(strings.Fields(clauseBefore(s, at)), " ") + " "
	if _, after, ok := strings.Cut(before, " not "); ok {
		before = " " + after
	} else if _, after, ok = strings.Cut(before, "n't "); ok {
		before = " " + after
	} else {
		return false
	}
	for _, f := range strings.Fields(before) {
		switch f {
		case "a", "an", "any", "really", "strictly", "exactly", "technically", "actually", "recent", "kernel", "new":
		default:
			return false
		}
	}
	return true
}

// distrusts tells whom hardware or a peer trusts, as a mode of a function or a case that is
// thought of, from a hole that somebody can use: the sentence of that says what they do.
func distrusts(s string, at int) bool {
	word := s[at:min(len(s), at+meaningReach)]
	if !strings.HasPrefix(word, "untrusted") && !strings.HasPrefix(word, "malicious") {
		return false
	}
	sentence := s[max(0, at-4*meaningReach):at]
	sentence = sentence[strings.LastIndexAny(sentence, ".;")+1:]
	after := s[at:min(len(s), at+4*meaningReach)]
	if i := strings.IndexAny(after, ".;"); i >= 0 {
		after = after[:i]
	}
	sentence = " " + strings.NewReplacer("-", " ", "\n", " ").Replace(sentence+after)
	return !slices.ContainsFunc([]string{"overflow", "out of bound", "oob", "crash", "corrupt", "leak", "use after", "attack", "exploit", "arbitrary",
		"memory", "inject", "panic", "oops", "overrun", "overread", "escalat", "denial", "hang", "dereference", "bypass", "spoof"},
		func(w string) bool { return strings.Contains(sentence, " "+w) })
}

// near is what stands within half a line of offset at.
func near(s string, at int) string {
	return s[max(0, at-meaningReach):min(len(s), at+meaningReach)]
}

// avoided reports whether a failure is one that the change sees to avoid: "without
// breaking user space", "the risk of undefined behaviour".
func avoided(s string, at int) bool {
	if strings.HasPrefix(s[at:], undefined) {
		return strings.Contains(s[max(0, at-meaningReach/2):at], "risk")
	}
	if !strings.HasPrefix(s[at:], "breaking") {
		return false
	}
	switch wordBefore(s, at) {
	case "avoid", "avoids", "avoiding", "without", "not":
		return true
	}
	return false
}

// undefined begins what the letter of C leaves open.
const undefined = "undefined behav"

// checkers read code and never run it.
var checkers = [...]string{"cppcheck", "coverity", "smatch", "clang-tidy", "coccinelle", "coccicheck", "svace", "static analy", "static checker", "linuxtesting.org"}

// onPaper reports whether a message names a checker that reads code, and no sanitizer that
// saw it run: what C leaves undefined is then the letter of the language.
func onPaper(s string) bool {
	return !strings.Contains(s, "ubsan") && slices.ContainsFunc(checkers[:], func(w string) bool { return strings.Contains(s, w) })
}

// warns tells whose warnings follow: a checker's, a compiler's, by its name or by a
// source file with a line, or those of a running kernel.
func warns(s string, at int) Word {
	const reach = 8 * meaningReach
	around := s[max(0, at-2*meaningReach):min(len(s), at+reach)]
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(around, w) })
	}
	i := strings.Index(around, ": warning: ")
	switch {
	case has("ubsan", "kasan", "kmsan", "kcsan", "cpu:", "call trace", "cut here"):
		return WordFailure
	case has("sparse", "smatch", "cocci", "make c=", "checkpatch"):
		return WordTool
	case has("w=1", "gcc", "clang", "compil"), i > 0 && around[i-1] >= '0' && around[i-1] <= '9':
		return WordCompiler
	}
	return WordFailure
}

// isFlag reports whether the word at offset at is part of a compiler's flag:
// "-Wstringop-overflow".
func isFlag(s string, at int) bool {
	start, from := at, max(0, at-longestFlag)
	for start > from && (s[start-1] == '-' || s[start-1] >= 'a' && s[start-1] <= 'z') {
		start--
	}
	return at-start > 2 && s[start] == '-' && s[start+1] == 'w'
}

// longestFlag is longer than any compiler's.
const longestFlag = 64

// ofData tells data that nobody has set from hardware that nobody has started.
func ofData(s string, at int) bool {
	around := near(s, at)
	for _, w := range [...]string{"variab", "memory", "value", "pointer", "byte", "struct", "data", "stack", "buffer", "field", "read", "array", "kmsan"} {
		if strings.Contains(around, w) {
			return true
		}
	}
	for _, w := range [...]string{"device", "card", "controller", "hardware", "display", "engine", "gpu", "switcheroo"} {
		if strings.Contains(around, w) {
			return false
		}
	}
	return true
}

// built reports whether a configuration is named as one that was built.
func built(s string, at int) bool {
	around := near(s, at)
	for _, w := range [...]string{"tested", "no new ", "no warning", "builds with", "built with", "compiles", "fine"} {
		if strings.Contains(around, w) {
			return true
		}
	}
	return false
}

// deviceFault tells the page faults of a device, which the kernel survives.
func deviceFault(before string) bool {
	switch before {
	case "iommu", "smmu", "mmu", "gpu", "gpuvm", "vm":
		return true
	}
	return false
}

// denied reports whether what begins at offset at is said not to happen: "it does
// not crash". An order not to do it ("don't crash on", "so that it does not
// crash") tells that it did.
func denied(s string, at int) bool {
	switch wordBefore(s, at) {
	case "not", "n't", "no", "never", "without", "cannot":
	default:
		return false
	}
	before := s[max(0, at-meaningReach):at]
	if i := strings.LastIndexAny(before, ".:;"); i >= 0 {
		before = before[i+1:]
	}
	before = " " + strings.Join(strings.Fields(before), " ") + " "
	for _, order := range [...]string{" so ", " to not ", " not to ", " make sure ", " makes sure ", " ensure ", " ensures ", " should ", " must "} {
		if strings.Contains(before, order) {
			return false
		}
	}
	return before != " don't " && before != " do not " && before != " never "
}

// meaningReach is how far a word looks around for what it is about: half a line.
const meaningReach = 40

// ofMemory reports whether the overflow at offset at is one of memory or of a
// number that the code computes, and not that of a counter or queue.
func ofMemory(s string, at int) bool {
	around := s[max(0, at-meaningReach/2):at]
	if i := strings.LastIndexAny(around, ".:;,"); i >= 0 {
		around = around[i+1:]
	}
	after := s[at:min(len(s), at+meaningReach)]
	if i := strings.IndexAny(after, ".;,"); i >= 0 {
		after = after[:i]
	}
	around += after
	if strings.Contains(s[max(0, at-meaningReach):at], "dma addr") { // an address that a device does not reach
		return false
	}
	for _, w := range [...]string{"counter", "fifo", "queue", "timer", "timestamp"} {
		if strings.Contains(around, w) {
			return false
		}
	}
	for _, w := range [...]string{"buffer", "array", "stack", "heap", "memory", "integer", "int ", "signed", "arithmetic", "multipl", "addition", "calculat",
		"comput", "alloc", "size", "u8", "u16", "u32", "u64", "bit", "shift", "bound", "copy", "string", "length", "index", "mask"} {
		if strings.Contains(around, w) {
			return true
		}
	}
	return false
}
