package run

import (
	"context"
	"strings"
	"unicode"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/series"
)

// heard finds what was told of patches when their author posted them before: as a
// version of this series, anew, or in another series. Whoever is proven to have sent
// this one is not silenced by what somebody else sent in their name.
func (jg *judging) heard(ctx context.Context, s flow.Series, posts []plan.Posted) (map[string]string, error) {
	ids := map[string]string{} // titles → mails of this posting
	var titles []string
	for _, p := range posts {
		if p.Judgement != nil {
			title := series.NoteOf(p.Message).Title
			titles = append(titles, title)
			ids[folded(title)] = p.ID
		}
	}
	if len(titles) == 0 {
		return nil, nil
	}
	before, err := jg.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Titles: titles, Since: s.First.Add(-repostMax)})
	if err != nil {
		return nil, err
	}
	// The newest of them all: a title that is spelt otherwise is the same.
	newest, err := jg.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Since: s.First.Add(-repostMax)})
	if err != nil {
		return nil, err
	}
	before = append(before, newest...)
	revised := jg.newRetitling(posts)
	seen := map[string]bool{s.Key: true}
	var out map[string]string
	for _, o := range before { // newest first, those with the very title before the others
		if seen[o.Key] || !o.First.Before(s.First) || o.Private || s.Signed == flow.SenderProven && o.Signed != flow.SenderProven {
			continue
		}
		seen[o.Key] = true
		told, err := jg.Journal.Told(ctx, o.Key)
		if err != nil {
			return nil, err
		}
		for _, m := range o.Members {
			said := saidOf(told, m.ID)
			if said == "" {
				continue
			}
			id := ids[folded(m.Title)]
			if id == "" {
				if id, err = revised.of(ctx, m.ID); err != nil {
					return nil, err
				}
			}
			if id == "" || out[id] != "" {
				continue
			}
			if out == nil {
				out = map[string]string{}
			}
			out[id] = said
		}
	}
	return out, nil
}

// saidOf is what replies said of a mail.
func saidOf(told []flow.Action, id string) string {
	for _, a := range told {
		if said := a.Told[id]; said != "" {
			return said
		}
	}
	return ""
}

// muchAlike reports whether half of the changed lines of the shorter of two, and one at
// least, are in the other one.
func muchAlike(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	have := map[string]int{}
	for _, l := range b {
		have[l]++
	}
	same := 0
	for _, l := range a {
		if have[l] > 0 {
			have[l]--
			same++
		}
	}
	return same > 0 && 2*same >= len(a)
}

// folded is a title by its letters and digits alone.
func folded(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
