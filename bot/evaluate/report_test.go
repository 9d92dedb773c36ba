package evaluate

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

var update = flag.Bool("update", false, "rewrite testdata")

// many is a set with two drivers, and a change whose words are hostile.
func many() *Report {
	k := &Collector{}
	for i := range 120 {
		p := float64(i*37%120)/120*.98 + .01
		c := Case{ID: strings.Repeat("0123456789"[i%10:i%10+1], 40), Subject: "drm/xyz: Stop the engine before its clock", Release: "6.5",
			Driver: []string{"xyz", "abc", "rare"}[min(i%7, 2)],
			Taken:  i*53%120 < int(p*p*120), Claims: i%3 > 0, Tagged: i%5 == 0, With: View{P: p, Verdict: verdict.Uncertain},
			Without: View{P: p * p, Verdict: verdict.Uncertain}}
		switch {
		case p > .6:
			c.With.Verdict = verdict.StableEligible
		case p < .1:
			c.With.Verdict, c.With.Class = verdict.DKMSOnly, verdict.TooBig
		}
		j := verdict.Judgement{ID: c.ID, Subject: c.Subject, Author: "Ada Author <ada@example.org>", Verdict: c.With.Verdict,
			ReasonClass: c.With.Class, Reason: "for a test", Score: p, Fix: .9,
			Contributions: []model.Contribution{{Name: "bias", Value: 1, Weight: -2}, {Name: "tag.fixes", Value: 1, Weight: .7}},
			Rules: []verdict.Weighed{{Finding: rules.Finding{ID: "size", Outcome: rules.Met, Reason: "8 lines with context"}},
				{Finding: rules.Finding{ID: "tested", Outcome: rules.Unknown, Reason: "no trees"}}}}
		if i == 0 {
			c.Subject, c.Taken, c.With.P = `drm/xyz: </a><script>alert("1")</script> & "more"`, true, .001
			j.Author, j.Reason = `"<img src=x onerror=y>" <m@example.org>`, "a <b>bold</b> reason"
		}
		k.Add(c, j)
	}
	return Measure(k, Options{Title: "stablebot on a test", Data: []string{"commits of a test"}, Weights: "test-1",
		Thresholds: model.Thresholds{Fix: .5, Eligible: .6, DKMS: .1}, Rounds: 20, Seed: 7})
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run go test -update and read the difference\ngot:\n%s", file, got)
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := many().Text(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", b.Bytes())
}

func TestJSON(t *testing.T) {
	b, err := json.Marshal(many())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Sets []struct {
			Name    string
			WithTag bool `json:"with_tag"`
			AUC     *struct{ Value, Low, High float64 }
			Bins    []Bin `json:"reliability"`
		}
		Worst []struct {
			Judgement struct{ Contributions []model.Contribution }
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Sets) != 4 || got.Sets[0].AUC == nil || got.Sets[0].AUC.Low >= got.Sets[0].AUC.High || len(got.Sets[0].Bins) != 10 ||
		len(got.Worst) != Worst || len(got.Worst[0].Judgement.Contributions) == 0 {
		t.Errorf("incomplete: %+v", got.Sets)
	}
}

// TestHTML: the page is whole, needs nothing from elsewhere, every line of the
// worst leads somewhere, and nobody's words become markup.
func TestHTML(t *testing.T) {
	var b bytes.Buffer
	r := many()
	if err := r.HTML(&b, func(name string) string { return "what " + name + " means" }); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(s, -1) {
		if ids[m[1]] {
			t.Errorf("the id %s stands twice", m[1])
		}
		ids[m[1]] = true
	}
	links := regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(s, -1)
	if len(links) != Worst {
		t.Errorf("%d links, want one for each of the %d worst", len(links), Worst)
	}
	for _, m := range links {
		if to, ok := strings.CutPrefix(m[1], "#"); !ok || !ids[to] {
			t.Errorf("a link to %q leads nowhere in the page", m[1])
		}
	}
	for _, bad := range []string{"<script>alert", "<img", "<b>bold", "http://", "https://", "NaN", "%!"} {
		if strings.Contains(s, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"&lt;script&gt;alert", "prefers-color-scheme: dark", "what tag.fixes means", "8 lines with context",
		"what bias means", "too-big"} {
		if !strings.Contains(s, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	plots := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(s, -1)
	if len(plots) != 3+4 { // and the samples of the legend
		t.Errorf("%d drawings, want 7", len(plots))
	}
	for _, p := range plots {
		d := xml.NewDecoder(strings.NewReader(p))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("a drawing is not well formed: %v\n%.300s", err, p)
				break
			}
		}
	}
}

// TestCurves: the ends of the curves, and a point that was computed by hand.
func TestCurves(t *testing.T) {
	s := []model.Scored{{P: .9, Label: true}, {P: .8}, {P: .7, Label: true}, {P: .2}}
	got := roc(s)
	want := []point{{0, 0}, {0, .5}, {.5, .5}, {.5, 1}, {1, 1}}
	if len(got) != len(want) {
		t.Fatalf("ROC: %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("ROC at %d: %v, want %v", i, got[i], want[i])
		}
	}
	pr := precisionRecall(s)
	if p := pr[len(pr)-1]; p != (point{1, .5}) {
		t.Errorf("precision and recall end at %v, want 1, .5", p)
	}
	if roc([]model.Scored{{P: .5}}) != nil {
		t.Error("a ROC curve without a taken case")
	}
}
