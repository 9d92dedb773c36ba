package change

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/release"
)

func FuzzSubject(f *testing.F) {
	for _, x := range readFixtures(f) {
		f.Add(x.in.Subject)
	}
	f.Add("Re[2]: [PATCH v6.6 2 of 3][RFC/v2] [[x] y")
	f.Fuzz(func(t *testing.T, s string) {
		p, title := ParseSubject(s)
		if p.Version < 0 || p.N < 0 || p.Of < 0 {
			t.Errorf("%+v", p)
		}
		if strings.ContainsAny(title, "\r\n\t") || title != trimSpace(title) {
			t.Errorf("title %q of %q is not one line", title, s)
		}
		for _, tree := range p.Trees {
			if b, n := release.Read(tree); b != tree || n != len(tree) {
				t.Errorf("tree %q is no branch", tree)
			}
		}
	})
}

func FuzzTrailers(f *testing.F) {
	for _, x := range readFixtures(f) {
		f.Add(x.in.Text)
	}
	f.Fuzz(func(t *testing.T, body string) {
		lines := strings.Count(body, "\n") + 1
		for _, tr := range ParseTrailers(body) {
			if tr.Key == "" || tr.Value == "" || tr.Line < 1 || tr.Line > lines || strings.ContainsRune(tr.Value, '\n') {
				t.Errorf("%+v in %d lines", tr, lines)
			}
		}
		c, _ := Parse(Input{Kind: Commit, Text: body})
		for _, x := range c.Fixes {
			if x.SHA == "" && x.Subject == "" || x.WellFormed && len(x.SHA) < 12 {
				t.Errorf("%+v", x)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, x := range readFixtures(f) {
		f.Add(x.in.Subject, x.in.Text, x.in.Diff, x.in.Kind == Mail)
	}
	f.Fuzz(func(t *testing.T, subject, text, diff string, mail bool) {
		in := Input{Kind: Commit, Subject: subject, Text: text, Diff: diff, To: []string{"stable@vger.kernel.org"}}
		if mail {
			in.Kind = Mail
		}
		c, err := Parse(in)
		s := c.Size
		switch {
		case err != nil && (c.Files != nil || s != Size{}):
			t.Errorf("an error and files: %v", err)
		case s.TableLines > s.LinesWithContext, s.Added < 0, s.Removed < 0,
			s.LinesWithContext < s.Added+s.Removed, s.CodeLines+s.Comment > s.Added+s.Removed:
			t.Errorf("%+v", s)
		case mail && err == nil && len(c.Files) > 0 && !IsPatch(toLF(text)) && !IsPatch(toLF(diff)) && s.Hunks > 0:
			t.Error("the gate keeps out a patch")
		}
	})
}
