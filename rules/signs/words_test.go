package signs

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

func words(t testing.TB, subject, body string) *Words {
	t.Helper()
	c, _ := change.Parse(change.Input{Kind: change.Commit, Subject: subject, Text: body})
	return ReadWords(c)
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		name, subject, body string
		has, lacks          []Word
	}{
		{"hyphens and blanks are one", "a: fix use-after-free", "", []Word{WordMemory, WordFix}, nil},
		{"a phrase goes on in the next line", "a: b", "it is a use after\nfree in the end", []Word{WordMemory}, nil},
		{"fixed says of which kind", "a: split the rule into fixed and relative ones", "the fixed offset of the block", nil, []Word{WordFix}},
		{"fixed is what was done", "a: the leak is fixed", "", []Word{WordFix}, nil},
		{"an endpoint's STALL", "usb: x: stop the endpoint after a stall", "", nil, []Word{WordHang}},
		{"a CPU that stalls", "x: avoid RCU stalls", "", []Word{WordHang}, nil},
		{"stuck with less than could be", "x: y", "we'd be stuck with one stream; low-hanging fruit", nil, []Word{WordHang}},
		{"no security risk", "x: y", "This poses no security risk.", nil, []Word{WordSecurity}},
		{"a security issue", "x: y", "This is a security issue.", []Word{WordSecurity}, nil},
		{"audited for regressions", "x: y", "All callers were audited for regression.", nil, []Word{WordRegression}},
		{"a word begins at a word", "a: change the ranges", "the exchange, unhanged", nil, []Word{WordHang}},
		{"a word ends at a word", "a: hangs", "", []Word{WordHang}, nil},
		{"a longer word is another", "a: hangar", "raceway", nil, []Word{WordHang, WordRace}},
		{"a star takes any ending", "a: misspelled", "", []Word{WordTrivial}, nil},
		{"identifiers are one word", "a: b", "call gpu_hang() and fix_up", nil, []Word{WordHang, WordFix}},
		{"trailers are not the message", "a: b", "Text.\n\nReviewed-by: Crash Deadlock <crash@example.org>", nil, []Word{WordOops, WordHang}},
		{"but the text around them is", "a: b", "A deadlock.\n\nReviewed-by: B <b@example.org>", []Word{WordHang}, nil},
		{"a quoted title is another commit's", "a: b", "see commit 0123456789ab (\"x: fix memory leak\") for it", nil, []Word{WordLeak, WordFix}},
		{"a revert is not what it reverts", `Revert "a: fix memory leak"`, "", nil, []Word{WordLeak, WordFix}},
		{"an unclosed quote hides nothing", "a: b", "see (\"x\nthere is a deadlock", []Word{WordHang}, nil},
		{"what drivers print", "a: b", "[drm:foo] *ERROR* no answer", []Word{WordTrace}, nil},
	} {
		w := words(t, tt.subject, tt.body)
		for _, k := range tt.has {
			if !w.Has(k) {
				t.Errorf("%s: lacks %s", tt.name, k)
			}
		}
		for _, k := range tt.lacks {
			if w.Has(k) {
				t.Errorf("%s: has %s", tt.name, k)
			}
		}
	}
}

func TestWordsEvidence(t *testing.T) {
	w := words(t, "a: b", "One.\n\nThe second paragraph\nspeaks of a deadlock here.\nAnd of a deadlock again.\n\nSigned-off-by: A <a@example.org>")
	if got, want := w.Evidence(WordHang), (Evidence{Line: 4, Text: "speaks of a deadlock here."}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := w.Evidence(WordLeak); got != (Evidence{}) {
		t.Errorf("evidence for what is not there: %+v", got)
	}
	long := words(t, "a: b", strings.Repeat("ä", 200)+" hangs").Evidence(WordHang)
	if len(long.Text) > evidenceText || !strings.HasSuffix(long.Text, "...") || strings.ContainsRune(long.Text, '\uFFFD') {
		t.Errorf("a long line is cut badly: %q", long.Text)
	}
}

func TestStackTrace(t *testing.T) {
	for body, want := range map[string]bool{
		"Call Trace:\n foo+0x12/0x34\n bar+0x1/0x2":          true,
		"foo+0x12/0x34 a\nbar+0x1/0x2\nbaz+0x7/0x8":          true,
		"the register at base+0x40 is wrong":                 false,
		"WARN_ON() was hit":                                  false,
		"WARNING: CPU: 1 PID: 7 at foo.c:7 foo+0x12/0x34 []": true,
	} {
		if w := words(t, "a: b", body); w.StackTrace != want {
			t.Errorf("%q: %v", body, w.StackTrace)
		}
	}
}

func TestVerb(t *testing.T) {
	for title, want := range map[string]string{
		"drm/acme: Fix the ring":      "fix",
		"drm/acme: gx2: don't reset":  "don't",
		"Add a ring":                  "add",
		"drm/acme:":                   "drm",
		"":                            "",
		"[x] y":                       "y",
		"drm/acme: 3 more rings":      "",
		"mm: re-enable: the cache: x": "x",
	} {
		if got := words(t, title, "").Verb; got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

func TestLinks(t *testing.T) {
	for url, want := range map[string]LinkKind{
		"https://bugzilla.example.org/show_bug.cgi?id=1":     LinkBug,
		"https://bugs.example.org/1":                         LinkBug,
		"https://gitlab.example.org/drm/acme/-/issues/12":    LinkBug,
		"https://syzkaller.example.org/bug?id=1":             LinkBot,
		"https://lore.example.org/oe-kbuild-all/x/":          LinkBot,
		"https://lore.example.org/r/20990101.1@example.org/": LinkList,
		"https://patchwork.example.org/patch/1":              LinkList,
		"https://www.example.org/datasheet.pdf":              LinkOther,
	} {
		w := words(t, "a: b", "Text.\n\nSee "+url+", and more.\n")
		if len(w.Links) != 1 || w.Links[0] != (Link{URL: url, Kind: want, Line: 3}) {
			t.Errorf("in text: %+v, want %v", w.Links, want)
		}
		w = words(t, "a: b", "Text.\n\nLink: "+url+" # [1]\nSigned-off-by: A <a@example.org>\n")
		if len(w.Links) != 1 || w.Links[0].URL != url || w.Links[0].Kind != want {
			t.Errorf("in a tag: %+v, want %v", w.Links, want)
		}
	}
	if w := words(t, "a: b", strings.Repeat("https://example.org/x ", 1000)); len(w.Links) != maxLinks {
		t.Errorf("%d links kept", len(w.Links))
	}
}

// Every phrase must be reachable: lower case, at a word, and found by itself.
func TestPhrases(t *testing.T) {
	for k, list := range phrases {
		for _, p := range list {
			text, _ := strings.CutSuffix(p, "*")
			var mask uint64
			phraseTrie().scan(text, func(at int, m uint64) {
				if at == 0 {
					mask |= m
				}
			})
			if mask&(1<<k) == 0 {
				t.Errorf("phrase %q is not found in itself", p)
			}
		}
		if len(list) == 0 {
			t.Errorf("kind %d has no phrases", k)
		}
	}
}
