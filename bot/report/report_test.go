package report

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

var update = flag.Bool("update", false, "rewrite fixtures/replies")

const replies = "../../fixtures/replies"

var day = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

var refs = map[string]rules.Ref{
	"size": {File: "Documentation/process/stable-kernel-rules.rst", Section: "Rules",
		Says: "no more than a hundred lines, counted with their context"},
	"fixes-tag": {File: "Documentation/process/submitting-patches.rst", Section: "Describe your changes",
		Says: "a fix of a known commit carries a one-line tag"},
}

func branch(name string, state verdict.State, applies verdict.Applies, v verdict.Verdict, c verdict.Class, score float64,
	needs ...string) verdict.Branch {
	b := verdict.Branch{Branch: rules.Branch{Name: name, State: state, Applies: applies}, ReasonClass: c, Score: score}
	for i, n := range needs {
		sha, title, _ := strings.Cut(n, " ")
		b.Prerequisites = append(b.Prerequisites, sha)
		b.Needs = append(b.Needs, rules.Need{Commit: sha, Title: title, Why: fmt.Sprintf("reason %d", i)})
	}
	if v != "" {
		b.Verdict = &v
	}
	return b
}

func patch(v verdict.Verdict, c verdict.Class, score float64, reason string, bs ...verdict.Branch) Patch {
	p := Patch{Judgement: verdict.Judgement{
		ID: "20261102095500.4711-1-ada@example.org", Kind: change.Mail, Subject: "drm/amdgpu: stop the ring before resetting GFX12",
		Verdict: v, ReasonClass: c, Score: score, Fix: 0.97, Reason: reason, Branches: bs,
		Size:    change.Size{LinesWithContext: 143, Added: 60, Removed: 22, Files: 3},
		Silicon: []silicon.Match{{Name: "GFX12", Driver: "amdgpu", Kind: silicon.KindIPBlock, State: silicon.Production, Since: "6.11"}},
		Rules: []verdict.Weighed{
			{Finding: rules.Finding{ID: "real-bug", Outcome: rules.Met, Reason: "a fix whose message reports a hang"}, Weight: 1.1},
			{Finding: rules.Finding{ID: "size", Outcome: rules.Unmet, Reason: "143 lines with context, over the documented limit of 100"},
				Weight: -1.2},
			{Finding: rules.Finding{ID: "fixes-tag", Outcome: rules.Met, Reason: "names its culprit, 0123456789ab, in mainline since 6.11"},
				Weight: 0.8},
			{Finding: rules.Finding{ID: "dependency", Outcome: rules.Unknown, Reason: "no trees are configured"}},
		}}, Change: &change.Change{Fixes: []change.Fixes{{SHA: "0123456789ab"}}}}
	if v == verdict.StableEligible {
		p.When = verdict.AfterMainline
	}
	if len(bs) > 0 { // the trees know the culprit, in all that are affected
		p.Tree = &rules.Tree{Culprits: []rules.Culprit{{Resolved: true, Release: "5.10"}}}
		for _, b := range bs {
			if b.State == "affected" {
				p.Tree.Culprits[0].Branches = append(p.Tree.Culprits[0].Branches, b.Name)
			}
		}
	}
	p.Mixed = slices.ContainsFunc(bs, func(b verdict.Branch) bool { return b.Verdict != nil && *b.Verdict != v })
	return p
}

func single(p Patch) Posting {
	return Posting{Patches: []Patch{p}, Of: 1, Have: 1, Version: 1, Refs: refs}
}

// numbered makes a series of patches.
func numbered(of, have, version int, in ...Patch) Posting {
	s := Posting{Of: of, Have: have, Version: version, Refs: refs}
	for i, p := range in {
		p.N = i + 1
		p.ID = fmt.Sprintf("20261102095500.4711-%d-ada@example.org", i+2)
		s.Patches = append(s.Patches, p)
	}
	return s
}

func tagged(p Patch, versions ...string) Patch {
	c := *p.Change
	c.Stable = append(slices.Clone(c.Stable), change.StableTag{Address: "stable@vger.kernel.org", Versions: versions})
	p.Change = &c
	return p
}

func merged(p Patch) Patch {
	p.When, p.Merged = verdict.Now, "3333333333333333333333333333333333333333"
	return p
}

func with(p Patch, edit func(p *Patch)) Patch {
	edit(&p)
	return p
}

const (
	one   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa drm/amdgpu: keep the state of the ring"
	two   = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb drm/amdgpu: move the reset into a helper"
	three = "cccccccccccccccccccccccccccccccccccccccc drm/amdgpu: name the rings of GFX12 by what they are for, and not by number"
)

// cases has every verdict and reason class, alone and in a series.
func cases() map[string]Posting {
	el, dk := verdict.StableEligible, verdict.DKMSOnly
	reason := "it fixes a hang on shipped hardware"
	untagged := patch(el, "", 0.91, reason)
	untagged.Change = &change.Change{}
	clean := branch("6.12", "affected", "exact", el, "", 0.95)
	older := branch("6.6", "affected", "offset", el, "", 0.9)
	noRules := patch(verdict.Uncertain, "", 0.45, "nothing was found that speaks for or against it")
	noRules.Rules, noRules.Silicon = nil, nil
	id := patch(el, "", 0.9, "it adds a device ID", clean, older)
	id.Rules, id.Change = []verdict.Weighed{{Weight: 1, Finding: rules.Finding{ID: rules.DeviceID.ID, Outcome: rules.Met,
		Reason: "adds a device ID and nothing else"}}}, &change.Change{}
	lines := func(b verdict.Branch, n int) verdict.Branch { b.PileLines = n; return b }
	why := func(b verdict.Branch, s string) verdict.Branch { b.Why = s; return b }
	first := lines(branch("6.1", "affected", "needs-prerequisites", el, "", 0.7, one), 48)
	second := lines(branch("5.15", "affected", "needs-prerequisites", el, "", 0.6, two, one), 116)
	hand := why(branch("6.1", "affected", "needs-backport", el, "", 0.5),
		"hunk 1 of 1 in drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c does not fit: the function is another one there")
	// The breadcrumbs of the house: two are covered by the tag, two need more, and one of
	// them has the culprit by a backport.
	house := tagged(patch(el, "", 0.9, reason, clean, older, first, second), "6.6")
	house.Tree.Culprits[0].Release = "6.1"
	// In mainline, where later commits have mended it; 6.1 has it without them.
	mended := merged(patch(el, "", 0.84, reason, clean, older,
		branch("6.1", "present", "unknown", "", "", 0), branch("5.15", "not-affected", "unknown", "", "", 0)))
	for i, b := range mended.Branches {
		if b.Name == "6.6" || b.Name == "6.1" {
			mended.Branches[i].Followups = []rules.Followup{{SHA: "4444444444444444444444444444444444444444",
				Subject: "drm/amdgpu: do not stop a ring that was never started on GFX12 parts"}}
		}
	}
	// The second of three: it stands on the first, and its author asks for no older kernel.
	mates := patch(el, "", 0.88, reason,
		branch("6.12", "affected", "needs-prerequisites", el, "", 0.8), why(branch("6.6", "affected", "offset", verdict.NotNeeded, "", 0.88),
			"its author asks for newer branches only"),
		branch("6.1", "no-base", "unknown", verdict.NotNeeded, "", 0.88))
	mates.Branches[0].Mates, mates.Branches[0].PileLines = []int{1}, 52
	newer := branch("5.15", "no-base", "unknown", dk, verdict.NoBase, 0)
	newer.NoBase = verdict.NewHardware
	big := branch("6.1", "affected", "needs-prerequisites", dk, verdict.TooBig, 0.05, one, two, three)
	big.PileLines = 912
	large := func(p *Patch) { p.Size = change.Size{LinesWithContext: 912, Files: 7} }
	vendor := func(has bool) func(*Patch) {
		return func(p *Patch) {
			if p.Tree == nil {
				p.Tree = &rules.Tree{}
			}
			p.Tree.Vendors = []rules.Vendor{{Name: "example-dkms", Has: has}}
		}
	}
	// A bug of the source: the favour names it, and what speaks against it is that.
	checker := patch(el, "", 0.79, reason)
	checker.Rules = []verdict.Weighed{
		{Finding: rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met, Reason: "its title reports a crash" + rules.ByChecker}, Weight: 1.1},
		{Finding: rules.Finding{ID: rules.UserReport.ID, Outcome: rules.Unmet, Reason: rules.FoundByChecker}},
	}
	quirk := patch(el, "", 0.88, reason)
	quirk.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met, Reason: rules.QuirkFound}, Weight: 1.1}}
	untested := patch(el, "", 0.92, reason)
	untested.Rules = append(slices.Clone(untested.Rules), verdict.Weighed{Finding: rules.Finding{ID: rules.Tested.ID, Outcome: rules.Unmet,
		Reason: "its author says below the message that it was not run", Values: map[string]float64{"untested.author": 1}}})
	run := patch(el, "", 0.92, reason, clean)
	run.Rules = untested.Rules
	// Nothing but its tag speaks for the second, and its size against it.
	tag := patch(el, "", 0.76, reason)
	tag.Rules = tag.Rules[1:]
	return map[string]Posting{
		"eligible-quirk":         single(quirk),
		"eligible-checker":       single(checker),
		"eligible-untested":      single(untested),
		"eligible-untested-tree": single(run),
		"series-untested":        numbered(2, 2, 1, untested, untested),
		"series-by-tag":          numbered(2, 2, 1, untagged, tag),
		"house":                  single(house),
		"series-mates":           {Of: 3, Have: 3, Version: 1, Refs: refs, Patches: []Patch{with(mates, func(p *Patch) { p.N = 2 })}},
		"eligible":               single(untagged),
		"eligible-id":            single(id),
		"eligible-near":          single(patch(el, "", 0.52, reason)),
		"eligible-near-one":      single(patch(el, "", 0.6, reason, branch("6.12", "affected", "exact", el, "", 0.74), hand)),
		"eligible-near-all": single(patch(el, "", 0.6, reason, branch("6.12", "affected", "exact", el, "", 0.61),
			branch("6.6", "affected", "exact", el, "", 0.55), newer)),
		"eligible-clean":           single(patch(el, "", 0.92, reason, clean, older, branch("6.1", "not-affected", "unknown", "", "", 0))),
		"eligible-culprit-unknown": single(with(patch(el, "", 0.92, reason, clean, older), func(p *Patch) { p.Tree = &rules.Tree{} })),
		"eligible-tag": single(tagged(patch(el, "", 0.93, reason, clean, older,
			branch("6.1", "not-affected", "unknown", "", "", 0)))),
		"eligible-tag-short": single(tagged(patch(el, "", 0.93, reason, clean, older), "6.12")),
		"eligible-hand":      single(tagged(patch(el, "", 0.93, reason, clean, hand))),
		"eligible-adapted": single(patch(el, "", 0.93, reason, clean,
			why(branch("6.1", "affected", "adapted", el, "", 0.8), "gfx_v12_0_stop is called gfx_v12_0_halt there"))),
		"eligible-many": single(patch(el, "", 0.93, reason, clean, older, branch("6.1", "affected", "exact", el, "", 0.9),
			branch("5.15", "affected", "three-way", el, "", 0.9), branch("5.10", "affected", "three-way", el, "", 0.9))),
		"prerequisites": single(patch(el, "", 0.71, reason, branch("6.12", "present", "unknown", "", "", 0),
			lines(branch("6.6", "affected", "needs-prerequisites", el, "", 0.7, one, two), 212), hand)),
		"merged":     single(merged(patch(el, "", 0.9, reason, clean, older))),
		"merged-tag": single(tagged(merged(patch(el, "", 0.9, reason, clean, first)))),
		"merged-many": single(merged(patch(el, "", 0.9, reason, clean, older, first, second,
			lines(branch("5.10", "affected", "needs-prerequisites", el, "", 0.6, three, two, one), 244)))),
		"followups": single(mended),
		"mixed": single(patch(el, "", 0.87, reason,
			branch("6.12", "affected", "three-way", el, "", 0.91), branch("6.6", "queued", "unknown", "", "", 0), big, newer)),
		"mixed-vendor":      single(with(patch(el, "", 0.87, reason, clean, newer), vendor(false))),
		"dkms-too-big":      single(with(patch(dk, verdict.TooBig, 0.08, "912 lines"), large)),
		"dkms-too-big-pile": single(patch(dk, verdict.TooBig, 0.08, "912 lines", big)),
		"dkms-no-base":      single(with(patch(dk, verdict.NoBase, 0.91, "the chip is newer than every active branch", newer), vendor(true))),
		"dkms-no-base-bare": single(patch(dk, verdict.NoBase, 0.11, "the chip is newer than every active branch", newer)),
		"dkms-enablement":   single(patch(dk, verdict.Enablement, 0.12, "it enables hardware beyond a device ID")),
		"dkms-abi":          single(patch(dk, verdict.ABI, 0.10, "it needs a new ioctl")),
		"dkms-conflicts": single(patch(dk, verdict.Conflicts, 0.20, "it does not apply",
			why(branch("6.6", "affected", "needs-backport", dk, verdict.Conflicts, 0.2), "hunk 2 of 3: 4444444444444444 rewrote the function"))),
		"dkms-below-bar": single(patch(dk, verdict.BelowBar, 0.06, "of a kind that stable rarely takes",
			branch("6.12", "affected", "exact", dk, verdict.BelowBar, 0.06))),
		"dkms-not-upstream": single(with(patch(dk, verdict.NotUpstream, 0.02, "it is in the vendor's tree alone"), vendor(true))),
		"dkms-declined":     single(patch(dk, verdict.Declined, 0.05, "a maintainer keeps it out of stable: too risky")),
		"wait":              single(patch(verdict.Wait, "", 0.8, "its stable tag asks to wait: after -rc3")),
		"uncertain": single(patch(verdict.Uncertain, "", 0.45,
			"the evidence conflicts: a reviewer calls it a cleanup, the text an oops")),
		"uncertain-bare": single(noRules),
		"not-needed": single(patch(verdict.NotNeeded, "", 0.9, "every branch that has the code has it already",
			branch("6.12", "present", "unknown", "", "", 0))),
		"out-of-scope": single(patch(verdict.OutOfScope, "", 0.1, "it changes style, comments or checker noise")),
		"series": numbered(5, 5, 2, untagged, tagged(patch(el, "", 0.93, reason, clean, older)),
			with(patch(dk, verdict.TooBig, 0.08, "912 lines"), large)),
		"series-same": numbered(3, 3, 1, patch(el, "", 0.9, reason, clean, older), patch(el, "", 0.9, reason, clean, older),
			patch(el, "", 0.9, reason, clean, first)),
		"series-near": numbered(2, 2, 1, patch(el, "", 0.52, reason), untagged),
		"series-kept": numbered(4, 4, 1, with(patch(dk, verdict.TooBig, 0.08, "912 lines"), large),
			patch(dk, verdict.Enablement, 0.1, "it enables"), patch(verdict.Uncertain, "", 0.45, "open"), patch(verdict.NotNeeded, "", 0.45, "no")),
		"series-incomplete": numbered(4, 3, 1, patch(verdict.Wait, "", 0.8, "3 of the 4 patches of its series have arrived")),
		"series-long":       long(reason),
	}
}

// long is a series with more rows than there is room for.
func long(reason string) Posting {
	var in []Patch
	for range 9 {
		in = append(in, patch(verdict.StableEligible, "", 0.9, reason, branch("6.12", "affected", "exact", verdict.StableEligible, "", 0.9),
			branch("6.6", "affected", "needs-prerequisites", verdict.StableEligible, "", 0.8, one),
			branch("6.1", "affected", "needs-prerequisites", verdict.StableEligible, "", 0.8, two, one)))
	}
	return numbered(9, 9, 1, in...)
}

func reply(p Posting) Mail {
	return Mail{
		Bot: Bot{Name: "stablebot", Address: "stablebot@example.com", Contact: "stable-people@example.com", Version: "0.1"},
		Answers: Answered{ID: "20261102095500.4711-1-ada@example.org", References: []string{"cover@example.org"},
			From:    change.Person{Name: "Ada Example", Address: "ada@example.org"},
			Subject: "[PATCH] drm/amdgpu: stop the ring before resetting GFX12", Date: day.Add(-5 * time.Minute),
			Text: "The reset races with the ring and the card hangs. Reported by users of\nproduction boards.\n\nStop the ring first.\n\nFixes: " +
				"0123456789ab (\"drm/amdgpu: add GFX12\")\n---\n drivers/x.c | 2 +-\n"},
		To: []change.Person{{Name: "Ada Example", Address: "ada@example.org"}}, Cc: []change.Person{{Address: "amd-gfx@example.org"}},
		Key: "20261102095500.4711-1-ada@example.org/first", Date: day, Values: ValuesOf(p),
	}
}

func TestReplies(t *testing.T) {
	var names []string
	for name, p := range cases() {
		names = append(names, name+".txtar")
		t.Run(name, func(t *testing.T) {
			m := reply(p)
			raw, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			lint(t, raw)
			got := txtar.Format(&txtar.Archive{
				Comment: []byte("The reply for: " + name + ".\n"),
				Files: []txtar.File{{Name: "line", Data: []byte(m.Values.Line + "\n")},
					{Name: "mail", Data: bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))}}})
			path := filepath.Join(replies, name+".txtar")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("reply changed; -update accepts it (-want +got):\n%s", d)
			}
			if again, err := m.Bytes(); err != nil || !bytes.Equal(raw, again) {
				t.Error("the same input gives another mail")
			}
		})
	}
	have, err := os.ReadDir(replies)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range have {
		if !slices.Contains(names, f.Name()) {
			t.Errorf("%s belongs to no case", f.Name())
		}
	}
}

// lint holds every promise that a reply makes.
func lint(t *testing.T, raw []byte) mail.Header {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("not a mail: %v", err)
	}
	part, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(part.Body)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(string(b), "\r\n", "\n")
	above, footer, ok := strings.Cut(body, "\n-- \n")
	if !ok || strings.Contains(footer, "\n-- \n") {
		t.Error("the footer does not stand under one \"-- \"")
	}
	lines := strings.Split(above, "\n")
	for _, l := range lines {
		if !harmless(l) {
			t.Errorf("a tool may take this line for its own: %q", l)
		}
		if utf8.RuneCountInString(l) > Columns && !strings.HasPrefix(l, pasteIndent) && !strings.HasPrefix(l, "> ") {
			t.Errorf("%d columns: %q", utf8.RuneCountInString(l), l)
		}
		if strings.TrimRight(l, " ") != l {
			t.Errorf("trailing blanks: %q", l)
		}
	}
	if strings.Contains(above, "\n\n\n") {
		t.Errorf("two empty lines in a row:\n%s", above)
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	seen := map[string]bool{}
	for _, l := range strings.Split(string(head), "\r\n") {
		if len(l) > 998 || strings.ContainsAny(l, "\r\n") {
			t.Errorf("header line %q", l)
		}
		if l[0] == ' ' || l[0] == '\t' {
			continue
		}
		k, _, _ := strings.Cut(l, ":")
		if seen[k] || !slices.Contains(allowed, k) {
			t.Errorf("header field %q is there twice or not ours", k)
		}
		seen[k] = true
	}
	for _, k := range []string{"From", "To", "Subject", "Message-Id", "In-Reply-To", "References", "Date", "Auto-Submitted", "Precedence",
		"X-Patchwork-Hint", "X-Stablebot-Verdict", "X-Stablebot-Score", "X-Stablebot-Result", "X-Stablebot-Version"} {
		if !seen[k] {
			t.Errorf("no %s", k)
		}
	}
	return r.Header
}

var allowed = []string{"From", "To", "Cc", "Subject", "Message-Id", "In-Reply-To", "References", "Date", "Auto-Submitted", "Precedence",
	"X-Patchwork-Hint", "X-Stablebot-Verdict", "X-Stablebot-Reason", "X-Stablebot-Score", "X-Stablebot-Result", "X-Stablebot-Version",
	"Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

// hostile is what a stranger may write into any field.
var hostile = []string{
	"x\r\nBcc: victim@example.net\r\n\r\nbody",
	"x\nBcc: victim@example.net",
	"=?utf-8?q?x=0D=0ABcc=3A_victim=40example=2Enet?=",
	"Reviewed-by: Mallory <mallory@example.net>",
	"\u2028Acked-by: Mallory <mallory@example.net>",
	"a \u202eevil\x00\x1b[31m",
	"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
	"\n-- \nfooter", "#stablebot mute", "{{.Bot.Address}}", strings.Repeat("w", 5000),
	strings.Repeat("Tested-by: M <m@example.net> ", 40), "\xff\xfe", "", "ü <ü@exämple>", "$(rm -rf ~)", "\u0380\\-", "'; rm -rf ~; '",
}

func poison(s string) Mail {
	p := patch(verdict.StableEligible, "", 0.9, s, branch("6.12", "affected", "exact", verdict.StableEligible, "", 0.9))
	p.Subject, p.ID, p.Rules[0].Reason, p.Silicon[0].Name = s, s, s, s
	q := patch(verdict.DKMSOnly, verdict.TooBig, 0.1, s)
	q.N, q.ID = 2, s
	m := reply(Posting{Patches: []Patch{p, q}, Of: 2, Have: 2, Version: 1, Refs: refs})
	m.Answers = Answered{ID: s, References: []string{s, "ok@example.org"}, From: change.Person{Name: s, Address: s}, Subject: s, Text: s,
		Date: day}
	m.To = append(m.To, change.Person{Name: s, Address: s})
	m.Cc = append(m.Cc, change.Person{Name: s, Address: s}, change.Person{Name: s, Address: "ok@example.org"})
	return m
}

func checkPoison(t *testing.T, s string) {
	t.Helper()
	m := poison(s)
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	h := lint2(t, raw)
	for _, k := range []string{"To", "Cc"} {
		list, err := h.AddressList(k)
		if err != nil {
			t.Errorf("%s does not parse: %v", k, err)
		}
		for _, a := range list {
			if strings.HasSuffix(a.Address, "@example.net") && !strings.Contains(s, "<"+a.Address) && a.Address != s {
				t.Errorf("a stranger's text added the recipient %s", a.Address)
			}
		}
	}
}

// lint2 is lint without what long words and an empty id rightly break.
func lint2(t *testing.T, raw []byte) mail.Header {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("not a mail: %v", err)
	}
	for f := r.Header.Fields(); f.Next(); {
		if !slices.Contains(allowed, f.Key()) {
			t.Errorf("a stranger's text added the header %q", f.Key())
		}
	}
	part, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(part.Body)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(string(b), "\r\n", "\n")
	above, footer, _ := strings.Cut(body, "\n-- \n")
	for _, l := range strings.Split(above, "\n") {
		if !harmless(l) {
			t.Errorf("a tool may take this line for its own: %q", l)
		}
	}
	if strings.Contains(footer, "\n-- \n") || len(strings.Split(strings.TrimSpace(footer), "\n")) > 5 {
		t.Errorf("footer %q", footer)
	}
	return r.Header
}

func TestHostile(t *testing.T) {
	for _, s := range hostile {
		t.Run(fmt.Sprintf("%.20q", s), func(t *testing.T) { checkPoison(t, s) })
	}
}

func FuzzReply(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(checkPoison)
}

func TestSubject(t *testing.T) {
	for in, want := range map[string]string{"[PATCH] x": "Re: [PATCH] x", "Re: [PATCH] x": "Re: [PATCH] x", "RE: re: x": "Re: x",
		"a\r\nb": "Re: a b"} {
		if got := Subject(in); got != want {
			t.Errorf("Subject(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	m := reply(cases()["mixed"])
	m.Answers.From.Name = "Jörg Müller, Dr."
	m.To[0].Name = "Jörg Müller, Dr."
	m.Answers.References = nil
	for i := range 80 {
		m.Answers.References = append(m.Answers.References, fmt.Sprint("r", i, "@example.org"))
	}
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	h := lint(t, raw)
	to, err := h.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != "Jörg Müller, Dr." {
		t.Errorf("To is %v, %v", to, err)
	}
	refs, err := h.MsgIDList("References")
	if err != nil || len(refs) != maxReferences || refs[0] != "r0@example.org" || refs[len(refs)-1] != m.Answers.ID {
		t.Errorf("References: %d, %v, %v", len(refs), refs, err)
	}
	for k, want := range map[string]string{"Auto-Submitted": "auto-replied", "Precedence": "bulk", "X-Patchwork-Hint": "ignore",
		"X-Stablebot-Verdict": "stable-eligible", "X-Stablebot-Score": "0.87", "Message-Id": "<" + MessageID(m.Key, m.Bot.Address) + ">"} {
		if got := h.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	m.To = []change.Person{{Address: "no address"}}
	if _, err := m.Bytes(); err == nil {
		t.Error("a mail to nobody was composed")
	}
}

func TestLine(t *testing.T) {
	for name, want := range map[string]string{
		"eligible": "stable-eligible once it is in mainline",
		"mixed":    "stable-eligible for 6.12, dkms-only for 6.1 (too big for stable) and 5.15 (the chip is newer)",
		"series":   "2 patches stable-eligible, 1 patch dkms-only (too big for stable)",
		"wait":     "wait",
	} {
		if got := ValuesOf(cases()[name]).Line; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if v := ValuesOf(Posting{Of: 1}); v.Line != "" || v.Rows != nil {
		t.Errorf("nothing to say: %+v", v)
	}
}
