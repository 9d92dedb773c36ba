package run

import (
	"context"
	"strings"

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
			ids[strings.ToLower(title)] = p.ID
		}
	}
	if len(titles) == 0 {
		return nil, nil
	}
	before, err := jg.Journal.BySender(ctx, s.Sender, titles, s.First.Add(-repostMax))
	if err != nil {
		return nil, err
	}
	var out map[string]string
	for _, o := range before { // newest first
		if o.Key == s.Key || !o.First.Before(s.First) || o.Private || s.Signed == flow.SenderProven && o.Signed != flow.SenderProven {
			continue
		}
		told, err := jg.Journal.Told(ctx, o.Key)
		if err != nil {
			return nil, err
		}
		for _, m := range o.Members {
			id := ids[strings.ToLower(m.Title)]
			if id == "" || out[id] != "" {
				continue
			}
			for _, a := range told {
				if said := a.Told[m.ID]; said != "" {
					if out == nil {
						out = map[string]string{}
					}
					out[id] = said
					break
				}
			}
		}
	}
	return out, nil
}
