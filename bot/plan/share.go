package plan

import (
	"reflect"
	"slices"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Same compares what is told of a judgement; the small print of the
// score moves with every commit.
func Same(a, b verdict.Judgement) bool {
	return a.Verdict == b.Verdict && a.ReasonClass == b.ReasonClass && a.Mixed == b.Mixed && a.When == b.When && a.Score == b.Score &&
		reflect.DeepEqual(a.Branches, b.Branches) && slices.EqualFunc(a.Rules, b.Rules, func(x, y verdict.Weighed) bool {
		return x.Outcome == y.Outcome && x.Reason == y.Reason
	})
}

// ShareVerdict lets the patches of a series share a verdict; judged has one entry for
// each post that was judged, in order.
func ShareVerdict(posts []Posted, judged []flow.Judged) {
	js := make([]verdict.Judgement, len(judged))
	for i := range judged {
		js[i] = judged[i].Judgement
	}
	js = verdict.Share(js)
	for i := range judged {
		judged[i].Judgement = js[i]
	}
	i := 0
	for k := range posts {
		if posts[k].Judgement != nil {
			posts[k].Judgement = &js[i]
			i++
		}
	}
}
