package signs

import (
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// What readers took for a sign of a bug, or of none, read out of its sentence.
func TestContext(t *testing.T) {
	for _, c := range []struct {
		name, title, body string
		kind              Word
		want              bool
	}{
		{"harmless in one case", "acme: fix the flush", "This is harmless when the ring is idle. However, the next submit is lost.", WordNoBug, false},
		{"harmless, then not", "acme: fix the flush", "The warning is harmless, but the ring hangs after it.", WordNoBug, false},
		{"harmless, for a reason", "acme: fix the flush", "The warning is harmless, but silence it because it is long.", WordNoBug, true},
		{"memory, when an error is set", "acme: fix the copy", "It overwrites adjacent memory if the error is set.", WordCorruption, true},
		{"a result", "acme: fix the copy", "It overwrites the error code.", WordCorruption, false},
		{"harmless", "acme: fix the flush", "The warning is harmless. Silence it.", WordNoBug, true},
		{"harmless, and noisy", "acme: fix the flush", "The warning is harmless, but annoying.", WordNoBug, true},
		{"the name of a function", "acme: fix the check in crashstate_get()", "It returns early.", WordOops, false},
		{"what a kernel shouts", "acme: fix bug_on in probe", "It returns early.", WordOops, true},
		{"a context that may sleep", "acme: fix the delay", "It is used in non-atomic context only.", WordHang, false},
		{"one that may not", "acme: fix the delay", "It sleeps in atomic context.", WordHang, true},
		{"links that are one", "acme: LAG, prefer the shorter route", "It takes the longer one.", WordPerformance, false},
		{"a lag that is felt", "acme: fix input lag", "It is slow.", WordPerformance, true},
		{"a regression that is feared", "acme: check the return value", "Note that this patch might result in regressions on boards without it.", WordRegression, false},
		{"one that came", "acme: check the return value", "This is a regression of the last release.", WordRegression, true},
		{"what happens to every link", "acme: replace the callback", "It turns the carrier off on link-down, as the core does.", WordFailure, false},
		{"a link that fails", "acme: replace the callback", "After resume there is a link down.", WordFailure, true},
		{"a lag when scrolling", "acme: fix lag when scrolling", "", WordPerformance, true},
		{"a pointer's lag", "acme: fix pointer lag", "", WordPerformance, true},
		{"a regression by the culprit", "acme: fix the clock", "In commit 0123456789ab the order was changed. This change can cause a regression.", WordRegression, true},
		{"one that a change brings", "acme: fix the clock", "The change can cause a regression on boards without a clock.", WordRegression, true},
		{"a file that is not loaded", "acme: fix resume", "It does not load the appropriate firmware after resume.", WordFWFile, false},
		{"a file that it needs", "acme: add a board", "It requires a dedicated firmware file.", WordFWFile, true},
		{"checkpatch, by its kinds", "acme: fix checkpatch CHECK/WARNING/ERROR", "", WordTool, true},
		{"a checkpatch that is clean", "acme: fix the flush", "checkpatch is clean.", WordTool, false},
		{"no regression", "acme: fix jumbo frames", "Note that this is not strictly a\nregression of the change that is named.", WordRegression, false},
		{"one, and not where", "acme: fix jumbo frames", "It does not show on old boards, but is a regression.", WordRegression, true},
		{"a hang that is assumed", "acme: fix the timer", "The device is reset since it is assumed that\nthe controller is stuck.", WordHang, false},
		{"what is taken for a hang", "acme: fix the watchdog", "Such event is interpreted as Tx\nhang and resets the interface.", WordHang, false},
		{"what looks for hangs", "acme: fix the watchdog", "These rings are no objects of Tx hang detection.", WordHang, false},
		{"a hang", "acme: fix the timer", "We assumed one ring. The controller is stuck then.", WordHang, true},
		{"a mode of a function", "acme: fix the filter", "There is no need to check, as an untrusted VF cannot change its address.", WordSecurity, false},
		{"a case", "acme: fix pairing", "This merges both cases of malicious or legitimate devices.", WordSecurity, false},
		{"a hole", "acme: check the length", "A malicious device can send a length that overflows the buffer.", WordSecurity, true},
		{"the underflow of a budget", "acme: fix underflow of budget in zerocopy mode", "The poll goes on.", WordMemory, false},
		{"of a budget, still a failure", "acme: fix underflow of budget", "The poll goes on.", WordFailure, true},
		{"the underflow of a length", "acme: fix underflow of the length", "The copy goes on.", WordMemory, true},
		{"a display's underflow", "acme: fix underflow on the second pipe", "", WordSymptom, true},
		{"spacing", "acme: move assignment out of condition and fix spacing", "As the style asks.", WordStyle, true},
	} {
		w := ReadWords(&change.Change{Subject: c.title, Body: c.body})
		if got := w.Has(c.kind); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A pointer that is checked too late is what checkers find.
func TestCheckedLate(t *testing.T) {
	for text, want := range map[string]bool{
		"Currently pointer tz is dereferenced before it is being\nnull checked.": true,
		"The pointer is dereferenced prior to the NULL check.":                   true,
		"priv is dereferenced before being checked.":                             true,
		"Check the descriptor before dereferencing it.":                          false,
		"It is dereferenced before probe has set it. Add a NULL check.":          false,
		"The ring is dereferenced before the checksum is there.":                 false,
	} {
		if got := ReadWords(&change.Change{Subject: "acme: fix the order", Body: text}).CheckedLate != (Evidence{}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if ReadWords(&change.Change{Subject: "acme: fix dereference of tz before it is null checked"}).CheckedLate.Text == "" {
		t.Error("a title that says so")
	}
}

// A log of a system puts time, host and program before what its kernel printed.
func TestLogged(t *testing.T) {
	const before = "Thu Jul 17 09:57:07 2025 a-machine-with-a-rather-long-name.example.org kernel: "
	for body, want := range map[string]bool{
		before + "BUG: KFENCE: use-after-free read in acme_stop":                                    true,
		before + "[   12.345678] BUG: KFENCE: use-after-free read in acme_stop":                     true,
		"A sentence of some length that goes on until it says BUG: KFENCE: in it":                   true,
		"A much longer sentence that goes on for a while until it names BUG: KFENCE: in it at last": false,
	} {
		if got := ReadWords(&change.Change{Subject: "acme: fix the stop", Body: body}).Traced(); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
}

// What a compiler warns of is no build error where -Werror alone makes one of it.
func TestMadeError(t *testing.T) {
	const line = "acme.c:42:2: error: unannotated fall-through [-Werror,-Wimplicit-fallthrough]"
	for body, want := range map[string]bool{
		"Clang warns (or errors with CONFIG_WERROR=y):\n\n" + line:                               false,
		"The build fails:\n\n" + line:                                                            true,
		"Clang warns, and then:\n\nacme.c:42:2: error: use of undeclared identifier 'acme_stop'": true,
	} {
		if got := ReadWords(&change.Change{Subject: "acme: fix clang -Wimplicit-fallthrough", Body: body}).CompilerError != (Evidence{}); got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
}

// A title that says what the code does wrong tells of more than the warning.
func TestMadeErrorOfMore(t *testing.T) {
	c := &change.Change{Subject: "acme: fix the items of the second bus", Body: "Clang warns (or errors with CONFIG_WERROR=y):\n\n" +
		"acme.c:42:2: error: 'acme_items' is not needed [-Werror,-Wunneeded-internal-declaration]"}
	if ReadWords(c).CompilerError == (Evidence{}) {
		t.Error("not heard")
	}
}

// The trace of a process is none of a kernel, and a link to read is no report.
func TestOfOthers(t *testing.T) {
	process := &change.Change{Subject: "acme: fix a leak", Body: "The backtrace:\n #1 0x7f (/usr/lib/libacme.so.0+0x65afa)\n #2 0x7f (/usr/lib/libacme.so.0+0x833)\n #3 0x7f (/usr/lib/libacme.so.0+0x12)"}
	if ReadWords(process).Traced() {
		t.Error("a process is no kernel")
	}
	named := &change.Change{Subject: "acme: fix a leak", Body: "#0 acme(main+0x1a)\n#1 acme(run+0x2)\n#2 libc.so.6(+0x2a0)"}
	if ReadWords(named).Traced() {
		t.Error("a process that names functions is no kernel")
	}
	kernel := &change.Change{Subject: "acme: fix a leak", Body: "Call Trace:\n acme_get+0x1a/0x2c [acme]"}
	if !ReadWords(kernel).Traced() {
		t.Error("a trace of the kernel")
	}
	for text, want := range map[string]int{
		"You can learn more about this type of issue here.\nhttps://bugzilla.example.org/show_bug.cgi?id=1":            0,
		"A user has it:\nhttps://bugzilla.example.org/show_bug.cgi?id=1":                                               1,
		"A similar issue: https://bugs.example.org/bug/2 and this one: https://bugzilla.example.org/show_bug.cgi?id=1": 1,
		"See also: https://bugzilla.example.org/show_bug.cgi?id=1":                                                     1,
		"A similar issue was fixed before. This one is https://bugzilla.example.org/show_bug.cgi?id=1":                 1,
		"A similar issue is https://bugzilla.example.org/show_bug.cgi?id=1":                                            0,
	} {
		if got := ReadWords(&change.Change{Subject: "acme: fix", Body: text}).Bugs(); got != want {
			t.Errorf("%q: %d reports, want %d", text, got, want)
		}
	}
}

// What is looked for around a word is bounded: a message of one long word, and a hunk of
// nothing but puts, cost what their size says.
func TestCostOfContext(t *testing.T) {
	start := time.Now()
	if n := symbols(strings.Repeat("+0x", 1<<20)); n != 1<<20 {
		t.Errorf("%d places", n)
	}
	h := &gitdiff.TextFragment{}
	for range 100_000 {
		h.Lines = append(h.Lines, gitdiff.Line{Op: gitdiff.OpAdd, Line: "\tof_node_put(a);\n"})
	}
	PutTwice([]*gitdiff.File{{NewName: "a.c", TextFragments: []*gitdiff.TextFragment{h}}}, "")
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}

// The element in hand alone is given back by the iterator, and not what it belongs to.
func TestGoesOver(t *testing.T) {
	for line, want := range map[string]string{
		"for_each_child_of_node(parent, np) {":        "np",
		"for_each_child_of_node(get(dev, 1), np) {":   "np",
		"for_each_compatible_node(np, NULL, \"a,b\")": "np",
		"for_each_of_cpu_node(cpu)":                   "cpu",
		"for_each_child_of_node(parent,":              "",
	} {
		name, _, _ := strings.Cut(line, "(")
		if got := goesOver(line, name); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
