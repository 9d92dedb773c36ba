package evaluate

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
)

// lesson makes a one-line change. kind: "tag" asks for stable, "fix" has a
// Fixes: tag, "" is neither.
func lesson(t *testing.T, n int, kind, release string, taken bool, in string) Lesson {
	t.Helper()
	body := "Some words.\n\nSigned-off-by: Ada Author <ada@example.org>\n"
	title := "drm/xyz: Rework the engine"
	switch kind {
	case "tag":
		title, body = "drm/xyz: Fix the engine", "Some words.\n\nCc: stable@vger.kernel.org\nSigned-off-by: Ada Author <ada@example.org>\n"
	case "fix":
		title, body = "drm/xyz: Fix the engine",
			"Some words.\n\nFixes: 123456789abc (\"drm/xyz: Add the engine\")\nSigned-off-by: Ada Author <ada@example.org>\n"
	}
	diff := fmt.Sprintf("diff --git a/drivers/gpu/drm/xyz/e.c b/drivers/gpu/drm/xyz/e.c\n--- a/drivers/gpu/drm/xyz/e.c\n+++ "+
		"b/drivers/gpu/drm/xyz/e.c\n@@ -1,3 +1,4 @@\n a\n b\n+\tif (!p) /* %d */\n c\n", n)
	c, err := change.Parse(change.Input{ID: fmt.Sprintf("%040d", n), Kind: change.Commit, Subject: title, Text: body, Diff: diff,
		Date: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	if in != "" {
		where = []string{in}
	}
	return NewLesson(&rules.Facts{Change: c}, release, truth.Label{Known: true, Taken: taken, In: where, Trust: 1})
}

func TestDoubt(t *testing.T) {
	var ls []Lesson
	// 6.0 knows 15 of 20 tagged changes as taken: its labels have holes.
	for i := range 20 {
		ls = append(ls, lesson(t, i, "tag", "6.0", i < 15, "5.15.80"))
	}
	ls = append(ls, lesson(t, 20, "fix", "6.0", false, ""), lesson(t, 21, "", "6.0", false, ""))
	// 6.1 knows 19 of 20.
	for i := range 20 {
		ls = append(ls, lesson(t, 30+i, "tag", "6.1", i < 19, "5.15.90"))
	}
	ls = append(ls, lesson(t, 50, "fix", "6.1", false, ""))
	// A fix for a bug that was only in 6.0.y, of which nothing is known; one for a
	// bug of 5.14, which 5.15.y has; one for a bug of the same release.
	only, old, fresh := lesson(t, 51, "fix", "6.1", false, ""), lesson(t, 52, "fix", "6.1", false, ""), lesson(t, 53, "fix", "6.1", false, "")
	only.Culprit, old.Culprit, fresh.Culprit = "6.0", "5.14", "6.1"
	ls = append(ls, only, old, fresh)
	whole, notes := Doubt(ls)
	if !slices.Equal(whole, []string{"6.1"}) {
		t.Errorf("whole are %v, want 6.1", whole)
	}
	trust := map[string]float64{}
	for _, x := range []struct {
		name string
		at   int
		want float64
	}{
		{"taken, in a release with holes", 0, 1}, {"untaken with a tag there", 19, 0}, {"an untaken fix there", 20, .5}, {"no fix there", 21, .5},
		{"untaken with a tag where labels are whole", 41, 1}, {"an untaken fix there", 42, 1},
		{"a bug of an unknown series", 43, 0}, {"a bug of a known series", 44, 1}, {"a bug of the same release", 45, 1},
	} {
		trust[x.name] = ls[x.at].Trust
		if ls[x.at].Trust != x.want {
			t.Errorf("%s: trust %v, want %v", x.name, ls[x.at].Trust, x.want)
		}
	}
	if len(notes) != 2 || !strings.Contains(notes[0], "6.0 (.750)") || !strings.Contains(notes[1], "1 untaken") {
		t.Errorf("notes: %q", notes)
	}
}

// TestDoubtNothing: where every release has holes, holes are how things are.
func TestDoubtNothing(t *testing.T) {
	var ls []Lesson
	for i := range 40 {
		ls = append(ls, lesson(t, i, "tag", "6.1", i%2 == 0, "5.15.90"))
	}
	whole, notes := Doubt(ls)
	if !slices.Equal(whole, []string{"6.1"}) || len(notes) != 1 || !strings.Contains(notes[0], "believed as they stand") {
		t.Errorf("whole %v, notes %q", whole, notes)
	}
	if slices.ContainsFunc(ls, func(l Lesson) bool { return l.Trust != 1 }) {
		t.Error("a label is doubted")
	}
}

func TestChoose(t *testing.T) {
	var s []model.Scored
	put := func(p float64, taken, not int) {
		for range taken {
			s = append(s, model.Scored{P: p, Label: true})
		}
		for range not {
			s = append(s, model.Scored{P: p})
		}
	}
	put(.92, 60, 5) // 7.7 % wrong
	put(.62, 20, 4) // with these 10 %
	put(.42, 16, 9) // with these 15.8 %
	put(.12, 3, 40)
	put(.02, 1, 80)
	got, note := Choose(s)
	if got.Eligible != .44 || got.DKMS != .42 {
		t.Errorf("eligible %v, dkms %v; want .44 and .42 (%s)", got.Eligible, got.DKMS, note)
	}
	if _, note := Choose(s[:10]); !strings.Contains(note, "too few") {
		t.Errorf("ten fixes chose thresholds: %s", note)
	}
	// A judge that knows nothing: the strictest step stands.
	s = nil
	put(.95, 50, 50)
	if got, note := Choose(s); got.Eligible != .9 {
		t.Errorf("got %+v, %s", got, note)
	}
	// Where too many would lie between, the eligible line comes down, and that is said.
	s = nil
	put(.8, 60, 6)
	put(.6, 24, 16)
	put(.5, 6, 4)
	put(.2, 2, 60)
	if got, note := Choose(s); got.Eligible != .6 || !strings.Contains(note, "would have lain") {
		t.Errorf("got %+v, %s", got, note)
	}
}

// TestLearn: tags that decide a fate weigh, the file can be read again, and the
// same lessons give the same bytes.
func TestLearn(t *testing.T) {
	var ls []Lesson
	for _, release := range []string{"6.1", "6.2", "6.3"} {
		for i := range 100 {
			kind := []string{"tag", "fix", "", ""}[i%4]
			taken := kind == "tag" && i != 0 || kind == "fix" && i%3 == 0
			ls = append(ls, lesson(t, i, kind, release, taken, "5.15.1"))
		}
	}
	var files [2]bytes.Buffer
	for i := range files {
		w, err := Learn(slices.Clone(ls), nil, LearnOptions{Version: "test", Data: "made up", Made: "2024-01-01", Seed: 3, Fit: model.DefaultFit})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the same lessons gave two files")
	}
	m, err := model.Read(&files[0])
	if err != nil {
		t.Fatal(err)
	}
	p := m.File().Provenance
	if p.Cases != 300 || p.Taken == 0 || !slices.Equal(p.Releases, []string{"6.1", "6.2", "6.3"}) || p.Seed != 3 ||
		p.Figures["cv auc all"] < .9 {
		t.Errorf("provenance %+v", p)
	}
	if w := m.File().Heads[model.HeadCommit].Weights; w["stable-request=met"] <= 0 {
		t.Errorf("a tag that decides weighs %v", w["stable-request=met"])
	}
}

func TestReleases(t *testing.T) {
	for _, c := range [][]string{{"5.9", "5.10", "5.9", "5.10"}, {"6.0", "5.19", "5.19", "6.0"}, {"6.1", "6.1"},
		{"2024-q3", "2024-q1", "2024-q2", "2024-q1", "2024-q3"}} {
		names, want := c[:len(c)-2], c[len(c)-2:]
		if len(c) == 2 {
			names = c[:1]
		}
		if first, last := Span(names); first != want[0] || last != want[1] {
			t.Errorf("%q: from %s to %s", names, first, last)
		}
	}
	for in, want := range map[string]string{"6.1.35": "6.1", "linux-6.12.y": "6.12", "6.6-lts": "6.6", "queue": "queue"} {
		if got := series(in); got != want {
			t.Errorf("series of %s: %s, want %s", in, got, want)
		}
	}
}

// TestBalance: all that was taken is known as merged, of the rest what left a trace.
func TestBalance(t *testing.T) {
	var ls []Lesson
	add := func(list string, n int, taken bool, how truth.Merging, trust float64) {
		for range n {
			l := Lesson{Merged: how}
			l.Group, l.Taken, l.Trust = list, taken, trust
			ls = append(ls, l)
		}
	}
	add("most", 40, true, truth.Applied, 1)
	add("most", 10, true, truth.InTable, 1)
	add("most", 10, false, truth.Pulled, 1)
	add("most", 10, false, "", 0)
	add("few", 5, true, truth.Applied, 1)
	add("few", 45, true, truth.InTable, 1)
	add("few", 4, false, truth.Applied, 1)
	notes := Balance(ls)
	sum := map[string]float64{}
	for i := range ls {
		sum[ls[i].Group+map[bool]string{true: " taken", false: " not"}[ls[i].Taken]] += ls[i].Trust
	}
	for k, want := range map[string]float64{"most taken": 50, "most not": 12.5, "few taken": 5, "few not": 4} {
		if math.Abs(sum[k]-want) > 1e-9 {
			t.Errorf("%s weigh %v, want %v", k, sum[k], want)
		}
	}
	if len(notes) != 2 || !strings.Contains(notes[0], "most (40 of 50") || !strings.Contains(notes[1], "few (5 of 50") {
		t.Errorf("notes: %q", notes)
	}
}
