package launch

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

func TestCellOf(t *testing.T) {
	at := func(v verdict.Verdict) *verdict.Verdict { return &v }
	for _, c := range []struct {
		b    verdict.Branch
		want Cell
	}{
		{verdict.Branch{Branch: rules.Branch{State: "present"}}, In},
		{verdict.Branch{Branch: rules.Branch{State: "queued"}}, In},
		{verdict.Branch{Branch: rules.Branch{State: "not-affected"}}, NotAffected},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "exact"}, Verdict: at(verdict.StableEligible)}, Eligible},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "three-way"}, Verdict: at(verdict.StableEligible)}, Eligible},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "needs-prerequisites"}, Verdict: at(verdict.StableEligible)},
			Prerequisites},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "needs-backport"}, Verdict: at(verdict.StableEligible)}, Backport},
		{verdict.Branch{Branch: rules.Branch{State: "no-base"}, Verdict: at(verdict.DKMSOnly)}, DKMS},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "exact"}, Verdict: at(verdict.Uncertain)}, Open},
		{verdict.Branch{Branch: rules.Branch{State: "no-base", NoBase: verdict.LaterCode}}, NotAffected},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "exact"}, Verdict: at(verdict.NotNeeded)}, NotAffected},
		{verdict.Branch{Branch: rules.Branch{State: "no-base"}, Verdict: at(verdict.Uncertain)}, Open},
		{verdict.Branch{Branch: rules.Branch{State: "affected", Applies: "exact"}, Verdict: at(verdict.OutOfScope)}, Open},
		{verdict.Branch{Branch: rules.Branch{State: "unknown"}, Verdict: at(verdict.Uncertain)}, Unknown},
	} {
		if got := CellOf(&c.b); got != c.want {
			t.Errorf("%+v: %s, want %s", c.b, got, c.want)
		}
	}
}

func report() *Report {
	r := &Report{Chip: "Demo 1", Driver: "demo", Since: "6.1", AsOf: "2024-01-31", Scanned: 1234, Touching: 5,
		Names: []Block{{Name: "Demo 1"}},
		Blocks: []Block{{Name: "Pipe 3", Source: "demo_table.csv"}, {Name: "Pipe 3.1", Source: "demo_table.csv"},
			{Name: "Queue <2>", Source: "demo_ip.c"}},
		Common:  2345,
		LeftOut: []LeftOut{{ID: strings.Repeat("c", 40), Title: "demo: remove <unused>", Release: "6.7", Why: "tidies"}},
		Columns: []Column{{Branch: "6.6", Active: true}, {Branch: "6.1"}},
		Fixes: []Fix{
			{ID: strings.Repeat("a", 40), Title: "=demo: <script>alert(1)</script>", Release: "6.7", Lines: 10, Parts: []string{"Demo 1", "Pipe 3"},
				Squares: []Square{
					{Branch: "6.6", Cell: Prerequisites, First: 2, Lines: 80}, {Branch: "6.1", Cell: DKMS, Class: "no-base", Lines: 10}}},
			{ID: strings.Repeat("b", 40), Title: "demo: fine", Lines: 7, Squares: []Square{{Branch: "6.6", Cell: In},
				{Branch: "6.1", Cell: NotAffected}}},
		}}
	r.Sum()
	return r
}

func TestReport(t *testing.T) {
	r := report()
	if got := r.Columns[0].Total(Prerequisites); got.Fixes != 1 || got.Lines != 80 {
		t.Errorf("total: %+v", got)
	}
	if r.Names[0].Fixes != 1 || r.Blocks[0].Fixes != 1 || r.Blocks[1].Fixes != 0 {
		t.Errorf("fixes by block: %+v %+v", r.Names, r.Blocks)
	}
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); !strings.Contains(s, "after 2") || !strings.Contains(s, "no-base") ||
		!strings.Contains(s, "with what is on it: Pipe 3 1, ") || !strings.Contains(s, "left out: 1") || strings.Contains(s, "demo: fine") {
		t.Errorf("the table:\n%s", s)
	}
	b.Reset()
	if err := r.CSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 5 || rows[1][1] != "'=demo: <script>alert(1)</script>" || rows[2][6] != "dkms-only" {
		t.Errorf("%v: %q", err, rows)
	}
	b.Reset()
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"6.1: DKMS only (no-base), 10 lines with context", "6.6: prerequisites, 2 first, 80 lines",
		"not released yet", "Pipe 3, Pipe 3.1: demo_table.csv", "Queue &lt;2&gt;: demo_ip.c", "2\u202f345 commits of code",
		"demo: remove &lt;unused&gt;", "6.7, tidies",
		`class="even"`, "<small>ended</small>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
}
