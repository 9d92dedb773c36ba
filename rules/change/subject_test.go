package change

import (
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/google/go-cmp/cmp"
)

func TestParseSubject(t *testing.T) {
	v := func(p Prefix) Prefix {
		if p.Version == 0 {
			p.Version = 1
		}
		return p
	}
	patch := Prefix{Patch: true}
	for _, c := range []struct {
		in    string
		want  Prefix
		title string
	}{
		{"[PATCH] x: y", patch, "x: y"},
		{"x: y", Prefix{}, "x: y"},
		{"", Prefix{}, ""},
		{"[v6.6][PATCH 09/57] x", Prefix{Patch: true, N: 9, Of: 57, Trees: []string{"6.6"}, Bare: true}, "x"},
		{"[for-linus][PATCH 1/2] x", Prefix{Patch: true, N: 1, Of: 2, Words: []string{"for-linus"}}, "x"},
		{"[PATCH 6.1 5.15 5.10 5.4] x", Prefix{Patch: true, Trees: []string{"6.1", "5.15", "5.10", "5.4"}, Bare: true}, "x"},
		{"[PATCH 6.14.y and others] x", Prefix{Patch: true, Trees: []string{"6.14"}, AndUp: true}, "x"},
		{"[PATCH v4.5 12/14] x", Prefix{Patch: true, Version: 4, N: 12, Of: 14}, "x"},
		{"[PATCH v4.9 12/14] x", Prefix{Patch: true, N: 12, Of: 14, Trees: []string{"4.9"}, Bare: true}, "x"},
		{"[PATCH v6.6 19/26] x", Prefix{Patch: true, N: 19, Of: 26, Trees: []string{"6.6"}, Bare: true}, "x"},
		{"[PATCH v6.1 1/2] x", Prefix{Patch: true, N: 1, Of: 2, Trees: []string{"6.1"}, Bare: true}, "x"},
		{"[PATCH v7.1 1/2] x", Prefix{Patch: true, Version: 7, N: 1, Of: 2}, "x"},
		{"[PATCH v2.1] x", Prefix{Patch: true, Version: 2}, "x"},
		{"[PATCH for 6.6 1/2] x", Prefix{Patch: true, N: 1, Of: 2, Trees: []string{"6.6"}, Bare: true}, "x"},
		{"[PATCH 6.6.y v2 1/1] x", Prefix{Patch: true, Version: 2, N: 1, Of: 1, Trees: []string{"6.6"}}, "x"},
		{"[PATCH AUTOSEL 6.19-5.15] x", Prefix{Patch: true, AutoSel: true, Trees: []string{"6.19", "5.15"}, Bare: true, AndUp: true}, "x"},
		{"[PATCH AUTOSEL 5.10 8/9] x", Prefix{Patch: true, AutoSel: true, N: 8, Of: 9, Trees: []string{"5.10"}, Bare: true}, "x"},
		{"[PATCH v2] stable: crypto: x", Prefix{Patch: true, Version: 2}, "stable: crypto: x"},
		{"[SRU][B/F][PATCH 1/1] x", Prefix{Patch: true, N: 1, Of: 1, Words: []string{"sru", "b/f"}}, "x"},
		{"[PATCH] [RFC] x", Prefix{Patch: true, RFC: true}, "x"},
		{"[RFC/PATCH v3] x", Prefix{Patch: true, RFC: true, Version: 3}, "x"},
		{"[RFCv2 1/3] x", Prefix{RFC: true, Version: 2, N: 1, Of: 3}, "x"},
		{"[PATCH v2 net 1/2] x", Prefix{Patch: true, Version: 2, N: 1, Of: 2, Words: []string{"net"}}, "x"},
		{"[Intel-gfx] [PATCH] x", Prefix{Patch: true, Words: []string{"intel-gfx"}}, "x"},
		{"[Intel-gfx] Re: [PATCH] x", Prefix{Patch: true, Reply: true, Words: []string{"intel-gfx"}}, "x"},
		{"Re: [PATCH] x", Prefix{Patch: true, Reply: true}, "x"},
		{"RE: Fwd: AW: [PATCH] x", Prefix{Patch: true, Reply: true}, "x"},
		{"Re[2]: [PATCH] x", Prefix{Patch: true, Reply: true}, "x"},
		{"回复: [PATCH] x", Prefix{Patch: true, Reply: true}, "x"},
		{"Reset: x", Prefix{}, "Reset: x"},
		{"svm: x", Prefix{}, "svm: x"},
		{"[PATCHv3 2/7] x", Prefix{Patch: true, Version: 3, N: 2, Of: 7}, "x"},
		{"[PATCH-v3] x", Prefix{Patch: true, Version: 3}, "x"},
		{"[patch V3 02/24] x", Prefix{Patch: true, Version: 3, N: 2, Of: 24}, "x"},
		{"[PATCH -next] x", Prefix{Patch: true, Words: []string{"-next"}}, "x"},
		{"[PATCH 1/2 v3] x", Prefix{Patch: true, Version: 3, N: 1, Of: 2}, "x"},
		{"[PATCH 1/2v3] x", Prefix{Patch: true, Version: 3, N: 1, Of: 2}, "x"},
		{"[PATCH v5,2/3] x", Prefix{Patch: true, Version: 5, N: 2, Of: 3}, "x"},
		{"[PATCH v4-resend] x", Prefix{Patch: true, Version: 4, Resend: true}, "x"},
		{"[PATCH 2 of 3] x", Prefix{Patch: true, N: 2, Of: 3}, "x"},
		{"[PATCH 00/12] x", Prefix{Patch: true, Of: 12}, "x"},
		{"[RESEND PATCH 5.4/5.10 1/2] x", Prefix{Patch: true, Resend: true, N: 1, Of: 2, Trees: []string{"5.4", "5.10"}, Bare: true}, "x"},
		{"[PATCH stable 5.10+] x", Prefix{Patch: true, Trees: []string{"5.10"}, AndUp: true, Words: []string{"stable"}}, "x"},
		{"[PATCH stable-5.15] x", Prefix{Patch: true, Trees: []string{"5.15"}}, "x"},
		{"[PATCH 6.1-rt] x", Prefix{Patch: true, Trees: []string{"6.1"}}, "x"},
		{"[PATCH 6.6.12] x", Prefix{Patch: true, Trees: []string{"6.6"}}, "x"},
		{"[PATCH wireless 5.14] x", Prefix{Patch: true, Trees: []string{"5.14"}, Bare: true, Words: []string{"wireless"}}, "x"},
		{"[PATCH 6.6.y 6.1] x", Prefix{Patch: true, Trees: []string{"6.6", "6.1"}}, "x"},
		{"[PATCH 5.14-rc7 1/3] x", Prefix{Patch: true, N: 1, Of: 3, Coming: "5.14"}, "x"},
		{"[PATCH OLK-5.10] x", Prefix{Patch: true, Words: []string{"olk-5.10"}}, "x"},
		{"[PATCH 2.6.32.y] x", Prefix{Patch: true, Trees: []string{"2.6.32"}}, "x"},
		{"[GIT PULL] x", Prefix{Pull: true}, "x"},
		{"[PATCH 1/2 x", Prefix{}, "[PATCH 1/2 x"},
		{"[[PATCH v2]] x", Prefix{Patch: true, Version: 2}, "x"},
		{"[REGRESSION]: x", Prefix{Words: []string{"regression"}}, "x"},
		{"[PATCH]  a\n\tb", patch, "a b"},
		{"[]", Prefix{}, ""},
	} {
		p, title := ParseSubject(c.in)
		if d := cmp.Diff(v(c.want), p); d != "" || title != c.title {
			t.Errorf("%q: title %q, want %q; prefix -want +got:\n%s", c.in, title, c.title, d)
		}
	}
	if p, _ := ParseSubject("[PATCH 0/3] x"); !p.Cover() {
		t.Error("0/3 is a cover letter")
	}
}

func TestClosesRelease(t *testing.T) {
	makefile := []*gitdiff.File{{OldName: "Makefile", NewName: "Makefile"}}
	for _, c := range []struct {
		change Change
		want   bool
	}{
		{Change{Kind: Commit, Subject: "Linux 6.1.5", Files: makefile}, true},
		{Change{Kind: Commit, Subject: "Linux 7.0-rc3", Files: makefile}, true},
		{Change{Kind: Commit, Subject: "Linux 6.12"}, true},
		{Change{Kind: Mail, Subject: "Linux 6.1.5", Files: makefile}, false},
		{Change{Kind: Commit, Subject: "Linux 6.1.5: fix the build", Files: makefile}, false},
		{Change{Kind: Commit, Subject: "Linux 6.1.5", Files: append(makefile, &gitdiff.File{NewName: "drivers/a.c"})}, false},
	} {
		if got := c.change.ClosesRelease(); got != c.want {
			t.Errorf("%s %q: %v", c.change.Kind, c.change.Subject, got)
		}
	}
}
