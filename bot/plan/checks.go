package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
)

// Checks says which lists' patches get a check, and by which sink.
type Checks struct {
	Sink  string
	Lists []string
}

// Checks plans the checks of a judged series. What nothing may be said about
// has none.
func (b Brief) Checks(all []Checks) (out []flow.Action, err error) {
	if len(all) == 0 || len(b.Posts) == 0 {
		return nil, nil
	}
	first := b.Posts[0]
	lists := append([]string{b.Series.List}, first.Lists...)
	if flow.Backfilled(first.Source) || b.Series.Private || b.Series.Next != "" || first.Message.Program != "" ||
		b.Policy.MaxAge > 0 && b.Now.Sub(posted(first)) > b.Policy.MaxAge ||
		slices.ContainsFunc(b.Posts, func(p Posted) bool { return StableSubmission(p.Message) }) ||
		slices.ContainsFunc(lists, func(l string) bool { return b.Out["list:"+l] }) {
		return nil, nil
	}
	for _, c := range all {
		i := slices.IndexFunc(lists, func(l string) bool { return containsFold(c.Lists, l) })
		if i < 0 {
			continue
		}
		heard := b.Policy.For(lists[i]).hears(flow.ActionPatchCheck)
		for _, p := range b.postingOf(heard).Patches {
			check, say, err := report.CheckOf(report.Posting{Patches: []report.Patch{p}, Of: b.Series.Of, Have: b.Have, Version: b.Series.Version,
				Refs: b.Refs}, b.Bot)
			if err != nil {
				return nil, err
			}
			if !say {
				continue
			}
			raw, err := json.Marshal(check)
			if err != nil {
				return nil, err
			}
			a := flow.Action{
				Key:  flow.ActionKey(b.Series.Key, fmt.Sprintf("%s/%s/%s/%d", flow.ActionPatchCheck, c.Sink, p.ID, b.Series.Settled)),
				Kind: flow.ActionPatchCheck, Sink: c.Sink, SeriesKey: b.Series.Key, Cause: string(flow.ActionPatchCheck), List: lists[i],
				Verdict: string(p.Verdict), Line: strings.TrimSpace(string(check.Status) + ": " + check.Summary), Message: raw, Created: b.Now,
			}
			b.Policy.For(a.List).gate(&a)
			out = append(out, a)
		}
	}
	return out, nil
}
