//go:build measure

package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
)

// taken is a fix that a branch needed on the day it was written.
type taken struct {
	branch, release, id, title, applies string
	score, there                        float64 // of the change, of the branch
	lines, pile                         int
	has                                 bool
	terms                               []model.Contribution // of the branch
}

// TestBranchOdds measures what branches took of the fixes with a Fixes: tag that
// they needed on the day these were written, by how they went on, against the
// score of a branch (rules/model):
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./cmd/stablebot -run TestBranchOdds -v -timeout 60m
//
// It learns the weights of the branch anew, from the branches but 6.1, and prints
// them beside those that stand. STABLEBOT_REPORT=1 adds 6.1, STABLEBOT_ROWS=file writes a line for each.
func TestBranchOdds(t *testing.T) {
	ctx := context.Background()
	learning := []string{"5.10-lts", "5.15-lts", "6.6-lts"}
	if os.Getenv("STABLEBOT_REPORT") != "" {
		learning = append(learning, "6.1-lts")
	}
	p := realPlanner(t, learning...)
	var rows []taken
	var mu sync.Mutex
	ends := map[string]time.Time{}
	for _, b := range p.set.Branches() {
		at, _ := p.set.Place(b)
		c, err := at.Repo.Commit(ctx, at.Tip)
		if err != nil {
			t.Fatal(err)
		}
		ends[b] = c.Author.Date.AddDate(0, 0, -90)
		t.Log(b, c.Author.Date)
	}
	ids := realCommits(t, p, p.set.Mainline().Tip, "^"+p.set.Base())
	work := make(chan string)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for id := range work {
				c, err := p.change(ctx, nil, id)
				if err != nil || len(c.Fixes) == 0 {
					continue
				}
				got, err := p.set.Facts(ctx, c, nil, c.Date)
				if err != nil {
					t.Error(err)
					return
				}
				var need []rules.Branch
				for _, b := range got.Branches {
					if b.State == "affected" && c.Date.Before(ends[b.Name]) {
						need = append(need, b)
					}
				}
				if len(need) == 0 {
					continue
				}
				j := *p.judge
				j.AsOf = c.Date
				score := j.Change(c, nil, got)
				later, err := p.set.Facts(ctx, &change.Change{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Author: c.Author, Date: c.Date}, nil, time.Time{})
				if err != nil {
					t.Error(err)
					return
				}
				for _, b := range score.Branches {
					n := slices.IndexFunc(need, func(x rules.Branch) bool { return x.Name == b.Name })
					if n < 0 {
						continue
					}
					r := taken{branch: b.Name, release: later.Mainline.Release, id: id, title: c.Subject, applies: b.Applies,
						score: score.Score, there: b.Score, lines: c.Size.LinesWithContext, pile: b.PileLines, has: has(later, b.Name)}
					_, r.terms = model.OnBranch(score.Score, &need[n], later.Mainline.Release)
					mu.Lock()
					rows = append(rows, r)
					mu.Unlock()
				}
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	wg.Wait()
	slices.SortFunc(rows, func(a, b taken) int { return slices.Compare([]string{a.branch, a.id}, []string{b.branch, b.id}) })
	var all strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&all, "%s\t%s\t%.12s\t%s\t%.3f\t%.3f\t%d\t%d\t%v\t%s\n", r.branch, r.release, r.id, r.applies, r.score, r.there, r.lines, r.pile, r.has, r.title)
	}
	if name := os.Getenv("STABLEBOT_ROWS"); name != "" {
		if err := os.WriteFile(name, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	groups := map[string][]taken{}
	for _, r := range rows {
		key := "5.10, 5.15, 6.6"
		switch minor, ok := strings.CutPrefix(r.release, "6."); {
		case r.branch == "6.1":
			key = "6.1"
		case ok && (minor == "4" || minor == "5" || minor == "6"):
			continue // kept for the figures of the score of changes
		case r.branch == "5.10" && ok && minor >= "3":
			continue // 5.10 took next to nothing any more
		}
		if r.release == "" || r.release == "6.10" {
			continue // newer than what the branches were given last
		}
		groups[key] = append(groups[key], r)
		groups[key+", "+r.applies] = append(groups[key+", "+r.applies], r)
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		var took, score, there, before, after float64
		g := groups[key]
		for _, r := range g {
			y := 0.0
			if r.has {
				y = 1
			}
			took, score, there = took+y, score+r.score, there+r.there
			before, after = before+(r.score-y)*(r.score-y), after+(r.there-y)*(r.there-y)
		}
		n := float64(len(g))
		t.Logf("%s: %d, taken %.2f; score of the change %.2f (Brier %.3f), of the branch %.2f (Brier %.3f)", key, len(g), took/n, score/n, before/n, there/n, after/n)
	}
	fitTerms(t, groups["5.10, 5.15, 6.6"], groups["6.1"])
}

// has reports whether a branch has the change.
func has(tree *rules.Tree, branch string) bool {
	return slices.ContainsFunc(tree.Branches, func(b rules.Branch) bool { return b.Name == branch && b.State == "present" })
}

// fitTerms learns the weights of a branch's terms with the score of the change held
// fixed, and says what they are worth on rows that they were not learnt from.
func fitTerms(t *testing.T, learn, report []taken) {
	fitThe(t, learn, report, "branch.by-hand", "branch.prerequisites", "branch.age")
	// Of what is not in mainline yet nobody can say what it stands on: by hand or
	// with prerequisites, it is the same there.
	blind := func(g []taken) []taken {
		g = slices.Clone(g)
		for i := range g {
			g[i].terms = slices.Clone(g[i].terms)
			for j := range g[i].terms {
				if n := g[i].terms[j].Name; n == "branch.by-hand" || n == "branch.prerequisites" {
					g[i].terms[j].Name = "branch.unsearched"
				}
			}
		}
		return g
	}
	fitThe(t, blind(learn), blind(report), "branch.unsearched", "branch.age")
}

func fitThe(t *testing.T, learn, report []taken, names ...string) {
	logit := func(x float64) float64 { x = min(max(x, 0.003), 0.997); return math.Log(x / (1 - x)) }
	rowsOf := func(g []taken) (rows []model.Row) {
		for _, r := range g {
			row := model.Row{Values: make([]float64, len(names)), Label: r.has, Weight: 1, Offset: logit(r.score)}
			for _, c := range r.terms {
				if j := slices.Index(names, c.Name); j >= 0 {
					row.Values[j] = c.Value
				}
			}
			rows = append(rows, row)
		}
		return rows
	}
	fit := func(g []taken) *model.Fitted {
		f, err := model.Fit(rowsOf(g), model.FitOptions{Ridge: 1 / float64(len(g)), Steps: 50, Tol: 1e-6, NoBias: true})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	brier := func(f *model.Fitted, g []taken) float64 {
		var sum float64
		for _, r := range rowsOf(g) {
			y := 0.0
			if r.Label {
				y = 1
			}
			d := model.Logistic(r.Offset+f.LogOdds(r.Values)) - y
			sum += d * d
		}
		return sum / float64(max(len(g), 1))
	}
	stands := map[string]float64{}
	for _, r := range slices.Concat(learn, report) {
		for _, c := range r.terms {
			stands[c.Name] = c.Weight
		}
	}
	f := fit(learn)
	for j, n := range names {
		t.Logf("%s: %.2f fitted on %d, %.2f stands", n, f.Weights[j], len(learn), stands[n])
	}
	t.Logf("Brier on the rows that it learnt from %.3f, on 6.1 %.3f", brier(f, learn), brier(f, report))
	for _, b := range []string{"5.10", "5.15", "6.6"} {
		in := slices.DeleteFunc(slices.Clone(learn), func(r taken) bool { return r.branch != b })
		f := fit(slices.DeleteFunc(slices.Clone(learn), func(r taken) bool { return r.branch == b }))
		var before, after float64
		for _, r := range in {
			y := 0.0
			if r.has {
				y = 1
			}
			before, after = before+(r.score-y)*(r.score-y), after+(r.there-y)*(r.there-y)
		}
		n := float64(max(len(in), 1))
		t.Logf("learnt without %s: %.2f; Brier there %.3f, with what stands %.3f, of the change's score %.3f", b, f.Weights, brier(f, in), after/n, before/n)
	}
}
