package signs

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

// Each phrase of a kind of bug has a term of its own kind, so no finding falls back on
// the name of the kind.
func TestEveryPhraseHasATerm(t *testing.T) {
	for _, k := range []Word{WordOops, WordCrash, WordMemory, WordSecurity, WordCorruption, WordHang, WordLeak, WordRegression, WordSymptom,
		WordTrace, WordFailure} {
		of := k
		if k == WordCrash {
			of = WordOops
		}
		for _, p := range phrases[k] {
			if p = strings.TrimSuffix(p, "*"); strings.Contains(p, "*") {
				continue // never found
			}
			if nameOf(spaced(p), 0, of).noun == "" {
				t.Errorf("%q of %v has no term", p, of)
			}
		}
	}
	// A kind that another one's phrase is moved to has a term for it as well.
	for p, k := range map[string]Word{"overflow": WordFailure, "underflow": WordFailure, "page fault": WordFailure, "underflow of": WordMemory} {
		if nameOf(p, 0, k).noun == "" {
			t.Errorf("%q has no term as %v", p, k)
		}
	}
}

func TestNoun(t *testing.T) {
	for _, c := range []struct {
		title, body string
		kind        Word
		want        string
		could       bool
	}{
		{"fix it", `Fixes "BUG: scheduling while atomic" when the LED blinks.`, WordHang, `"scheduling while atomic"`, false},
		{"fix memory corruption", "", WordCorruption, "memory corruption", false},
		{"fix it", "This will corrupt the wrong memory.", WordCorruption, "memory corruption", false},
		{"fix it", "The picture is corrupted.", WordCorruption, "corruption", false},
		{"fix it", "The value is left uninitialized if the call fails.", WordMemory, "an uninitialised value", false},
		{"fix it", "The reader copies uninitialized\nmemory to user space.", WordMemory, "uninitialised memory", false},
		{"fix it", "KASAN tells of a slab-out-of-bounds read.", WordMemory, "an out-of-bounds read", false},
		{"fix it", "The device timed out after it.", WordHang, "a timeout", false},
		{"fix it", "It hung, and in the end there was a deadlock.", WordHang, "a deadlock", false},
		{"fix it", "This may deadlock. It hangs.", WordHang, "a hang", false},
		{"fix potential use-after-free", "", WordMemory, "a use-after-free", true},
		{"fix use-after-free", "A potential race.", WordMemory, "a use-after-free", false},
		{"fix it", "It leaks memory.", WordLeak, "a memory leak", false},
		{"fix it", "A NULL pointer is dereferenced.", WordOops, "a NULL pointer dereference", false},
		{"fix it", "The driver fails to enumerate the hub.", WordFailure, "a failure to enumerate", false},
		{"fix it", "It breaks devices that idle high.", WordFailure, "a breakage", false},
		{"fix it", "A soft lockup follows.", WordHang, "a soft lockup", false},
	} {
		w := ReadWords(&change.Change{Subject: c.title, Body: c.body + "\n"})
		if !w.Has(c.kind) || w.Noun(c.kind) != c.want || w.Could(c.kind) != c.could {
			t.Errorf("%q, %q: %v %q, could %v; want %q, %v", c.title, c.body, w.Has(c.kind), w.Noun(c.kind), w.Could(c.kind), c.want, c.could)
		}
	}
	if w := ReadWords(&change.Change{Subject: "fix stale pointer comparisons"}); w.Has(WordMemory) {
		t.Error("a comparison of stale pointers reads no memory")
	}
}

func TestShows(t *testing.T) {
	for body, want := range map[string]string{
		`Fixes "BUG: scheduling while atomic" of the LED.` + "\n":                                          "names the kernel's message",
		"INFO: task kworker/3:1:77 blocked for more than 120 seconds.\n":                                   "names the kernel's message",
		"BUG: sleeping function called at a.c:7\nin_atomic(): 1\nCPU: 0 PID: 7 Comm: b\n":                  "shows the kernel's report of it",
		"[    1.000001] BUG: scheduling while atomic\n[    1.000002] Modules linked\n[    1.000003] foo\n": "shows the kernel's report of it",
	} {
		if w := ReadWords(&change.Change{Subject: "fix it", Body: body}); !w.Traced() || w.Shows() != want {
			t.Errorf("%q: %v %q, want %q", body, w.Traced(), w.Shows(), want)
		}
	}
}
