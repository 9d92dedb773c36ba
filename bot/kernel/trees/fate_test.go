package trees

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

func TestFates(t *testing.T) {
	s := newSmall(t)
	s.Git("checkout", "-q", "linux-6.2.y")
	s.Put("Makefile", "SUBLEVEL = 1\n", "Linux 6.2.1")
	s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;", 50: "\tgood;"}), "gpu: fix the end\n\ncommit "+s.fix2+" upstream.\n")
	s.Put("Makefile", "SUBLEVEL = 2\n", "Linux 6.2.2")
	s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;"}), "Revert \"gpu: fix the end\"\n\nThis reverts commit "+s.Git("rev-parse",
		"HEAD~1")+".\n")
	s.Git("checkout", "-q", "main")
	s.again(t)
	sent, err := strconv.ParseInt(s.Git("log", "-1", "--format=%at", "main"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, title, want string }{
		{"taken by one branch", "gpu: fix the feature", "mainline  followups 0; 6.2 6.2.1 upstream"},
		{"taken and taken out again", "gpu: fix the end", "mainline  followups 0; 6.2 6.2.2 upstream reverted"},
		{"there from the start, and as a backport", "gpu: add a feature", "mainline 6.2 followups 1; 6.2 begun; 6.1  upstream"},
		{"mainline alone", "gpu: fix it better", "mainline  followups 0"},
		{"never merged", "gpu: fix another thing", ""},
	} {
		var got []string
		for _, f := range s.set.Fates(t.Context(), &change.Change{Kind: change.Mail, ID: "x@example.org", Subject: c.title,
			Date: time.Unix(sent, 0)}) {
			switch {
			case f.Branch == "":
				got = append(got, fmt.Sprintf("mainline %s followups %d", f.Release, len(f.Followups)))
			case f.Begun:
				got = append(got, f.Branch+" begun")
			default:
				g := f.Branch + " " + f.Release + " " + f.How
				if f.Reverted != "" {
					g += " reverted"
				}
				got = append(got, g)
			}
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, g, c.want)
		}
	}
}
