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
	"size":      {File: "Documentation/process/stable-kernel-rules.rst", Section: "Rules", Says: "no more than a hundred lines, counted with their context"},
	"fixes-tag": {File: "Documentation/process/submitting-patches.rst", Section: "Describe your changes", Says: "a fix of a known commit carries a one-line tag"},
}

func branch(name, state, applies string, v verdict.Verdict, c verdict.Class, score float64, needs ...string) verdict.Branch {
	b := verdict.Branch{Name: name, State: state, Applies: applies, ReasonClass: c, Score: score, Prerequisites: needs}
	if v != "" {
		b.Verdict = &v
	}
	return b
}

func patch(v verdict.Verdict, c verdict.Class, score float64, reason string, bs ...verdict.Branch) Patch {
	p := Patch{Judgement: verdict.Judgement{
		ID: "20261102095500.4711-1-ada@example.org", Kind: change.Mail, Subject: "drm/amdgpu: stop the ring before resetting GFX12",
		Verdict: v, ReasonClass: c, Score: score, Fix: 0.97, Reason: reason, Branches: bs,
		Silicon: []silicon.Match{{Name: "GFX12", Driver: "amdgpu", State: silicon.Production, Since: "6.11"}},
		Rules: []verdict.Weighed{
			{Finding: rules.Finding{ID: "size", Outcome: rules.Unmet, Reason: "143 lines with context, over the documented limit of 100"}, Weight: -1.2},
			{Finding: rules.Finding{ID: "fixes-tag", Outcome: rules.Met, Reason: "names its culprit, 0123456789ab, in mainline since 6.11"}, Weight: 0.8},
			{Finding: rules.Finding{ID: "dependency", Outcome: rules.Unknown, Reason: "no trees are configured"}},
		}}, Change: &change.Change{Fixes: []change.Fixes{{SHA: "0123456789ab"}}}}
	if v == verdict.StableEligible {
		p.When = verdict.AfterMainline
	}
	p.Mixed = slices.ContainsFunc(bs, func(b verdict.Branch) bool { return b.Verdict != nil && *b.Verdict != v })
	return p
}

func single(p Patch) Posting {
	return Posting{Patches: []Patch{p}, Of: 1, Have: 1, Version: 1, Refs: refs}
}

// cases has every verdict and reason class, alone and in a series.
func cases() map[string]Posting {
	el, dk := verdict.StableEligible, verdict.DKMSOnly
	untagged := patch(el, "", 0.91, "it fixes a hang on shipped hardware")
	untagged.Change = &change.Change{}
	tagged := patch(el, "", 0.93, "it fixes a hang on shipped hardware",
		branch("6.12", "affected", "exact", el, "", 0.95), branch("6.6", "affected", "offset", el, "", 0.9), branch("6.1", "not-affected", "unknown", "", "", 0))
	tagged.Change.Stable = []change.StableTag{{Address: "stable@vger.kernel.org"}}
	noRules := patch(verdict.Uncertain, "", 0.45, "nothing was found that speaks for or against it")
	noRules.Rules, noRules.Silicon = nil, nil
	series := Posting{Of: 5, Have: 5, Version: 2, Refs: refs}
	for i, p := range []Patch{untagged, tagged, patch(dk, verdict.TooBig, 0.08, "at 912 lines it lies beyond what stable takes")} {
		p.N = i + 1
		p.ID = fmt.Sprintf("20261102095500.4711-%d-ada@example.org", i+2)
		series.Patches = append(series.Patches, p)
	}
	// By a hair: as a single patch, in a series beside a sure one, and where one branch is sure.
	hair := patch(el, "", 0.52, "the learnt odds that stable takes it are 52%")
	hairs := Posting{Of: 2, Have: 2, Version: 1, Refs: refs}
	for i, p := range []Patch{hair, untagged} {
		p.N = i + 1
		hairs.Patches = append(hairs.Patches, p)
	}
	partial := Posting{Of: 4, Have: 3, Version: 1, Refs: refs}
	p := patch(verdict.Wait, "", 0.8, "3 of the 4 patches of its series have arrived")
	p.N = 2
	partial.Patches = append(partial.Patches, p)
	// In mainline, where later commits have mended it; 6.1 has it without them.
	mended := patch(el, "", 0.84, "it fixes a hang on shipped hardware",
		branch("6.12", "affected", "exact", el, "", 0.86), branch("6.6", "affected", "offset", el, "", 0.82),
		branch("6.1", "present", "unknown", "", "", 0), branch("5.15", "not-affected", "unknown", "", "", 0))
	mended.When, mended.Merged = verdict.Now, "3333333333333333333333333333333333333333"
	mended.Rules = append(mended.Rules, verdict.Weighed{Weight: -0.6, Finding: rules.Finding{ID: "no-followups", Outcome: rules.Unmet, Reason: "mainline has 1 later fix of it, which would have to come along"}})
	for i, b := range mended.Branches {
		if b.State != "not-affected" && b.Name != "6.12" {
			mended.Branches[i].Followups = []rules.Followup{{SHA: "4444444444444444444444444444444444444444", Subject: "drm/amdgpu: do not stop a ring that was never started on GFX12 parts"}}
		}
	}
	needs := patch(el, "", 0.71, "it fixes a hang on shipped hardware",
		branch("6.12", "present", "unknown", "", "", 0),
		branch("6.6", "affected", "needs-prerequisites", el, "", 0.7, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
		branch("6.1", "affected", "needs-backport", el, "", 0.4))
	needs.Branches[1].PileLines = 212
	needs.Branches[2].Why = "hunk 1 of 1 in drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c does not fit: the function is another one there"
	// The second of three: it stands on the first, and its author asks for no older kernel.
	mates := patch(el, "", 0.88, "it fixes a hang on shipped hardware",
		branch("6.12", "affected", "needs-prerequisites", el, "", 0.8), branch("6.6", "affected", "offset", verdict.NotNeeded, "", 0.88),
		branch("6.1", "no-base", "unknown", verdict.NotNeeded, "", 0.88))
	mates.Branches[0].Mates, mates.Branches[0].PileLines = []int{1}, 52
	mates.Branches[1].Why = "its author asks for newer branches only"
	mates.Branches[2].Why = "none of the code that it changes is in 6.1"
	mates.N = 2
	return map[string]Posting{
		"series-mates":  {Of: 3, Have: 3, Version: 1, Refs: refs, Patches: []Patch{mates}},
		"eligible":      single(untagged),
		"eligible-near": single(hair),
		"eligible-near-mixed": single(patch(el, "", 0.6, "it fixes an oops on shipped hardware",
			branch("6.12", "affected", "exact", el, "", 0.61), branch("6.6", "affected", "exact", el, "", 0.55),
			branch("6.1", "no-base", "unknown", dk, verdict.NoBase, 0))),
		"eligible-near-one": single(patch(el, "", 0.6, "it fixes an oops on shipped hardware",
			branch("6.12", "affected", "exact", el, "", 0.74), branch("6.6", "affected", "needs-backport", el, "", 0.52))),
		"series-near":   hairs,
		"followups":     single(mended),
		"prerequisites": single(needs),
		"eligible-tag":  single(tagged),
		"eligible-branches": single(patch(el, "", 0.87, "it fixes an oops on shipped hardware",
			branch("6.12", "affected", "exact", el, "", 0.91), branch("6.6", "affected", "needs-prerequisites", el, "", 0.7, "aaaaaaaaaaaa", "bbbbbbbbbbbb"))),
		"mixed": single(patch(el, "", 0.87, "it fixes an oops on shipped hardware",
			branch("6.12", "affected", "three-way", el, "", 0.91), branch("6.6", "queued", "unknown", "", "", 0),
			branch("6.1", "affected", "needs-prerequisites", dk, verdict.TooBig, 0.05, "aaaaaaaaaaaa"), branch("5.15", "no-base", "unknown", dk, verdict.NoBase, 0))),
		"dkms-too-big":      single(patch(dk, verdict.TooBig, 0.08, "at 912 lines with context it lies beyond what stable takes")),
		"dkms-no-base":      single(patch(dk, verdict.NoBase, 0.11, "the chip is newer than every active branch", branch("6.12", "no-base", "unknown", dk, verdict.NoBase, 0.01))),
		"dkms-enablement":   single(patch(dk, verdict.Enablement, 0.12, "it enables hardware beyond a device ID")),
		"dkms-abi":          single(patch(dk, verdict.ABI, 0.10, "it needs a new ioctl")),
		"dkms-not-upstream": single(patch(dk, verdict.NotUpstream, 0.02, "it is in the vendor's tree alone")),
		"dkms-declined":     single(patch(dk, verdict.Declined, 0.05, "a maintainer keeps it out of stable: too risky")),
		"wait":              single(patch(verdict.Wait, "", 0.8, "it is asked to wait: after -rc3")),
		"uncertain":         single(patch(verdict.Uncertain, "", 0.45, "the evidence conflicts: a reviewer calls it a cleanup, the text an oops")),
		"uncertain-bare":    single(noRules),
		"series":            series,
		"series-incomplete": partial,
	}
}

func reply(p Posting) Mail {
	return Mail{
		Bot: Bot{Name: "stablebot", Address: "stablebot@example.com", Contact: "stable-people@example.com", Version: "0.1"},
		Answers: Answered{ID: "20261102095500.4711-1-ada@example.org", References: []string{"cover@example.org"},
			From: change.Person{Name: "Ada Example", Address: "ada@example.org"}, Subject: "[PATCH] drm/amdgpu: stop the ring before resetting GFX12", Date: day.Add(-5 * time.Minute),
			Text: "The reset races with the ring and the card hangs. Reported by users of\nproduction boards.\n\nStop the ring first.\n\nFixes: 0123456789ab (\"drm/amdgpu: add GFX12\")\n---\n drivers/x.c | 2 +-\n"},
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
	if len(lines) > 48 {
		t.Errorf("%d lines are more than a screen", len(lines))
	}
	for _, l := range lines {
		if !harmless(l) {
			t.Errorf("a tool may take this line for its own: %q", l)
		}
		if utf8.RuneCountInString(l) > Columns && !strings.HasPrefix(l, "        ") && !strings.HasPrefix(l, "> ") {
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
	m.Answers = Answered{ID: s, References: []string{s, "ok@example.org"}, From: change.Person{Name: s, Address: s}, Subject: s, Text: s, Date: day}
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
	for in, want := range map[string]string{"[PATCH] x": "Re: [PATCH] x", "Re: [PATCH] x": "Re: [PATCH] x", "RE: re: x": "Re: x", "a\r\nb": "Re: a b"} {
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
		"mixed":    "stable-eligible for 6.12, dkms-only for 6.1 (too big for stable) and 5.15 (the code it fixes is not there)",
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
