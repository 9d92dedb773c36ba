package wire

import (
	"context"
	"time"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/digest"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
)

// announcer plans the configured digests; nil without any.
func announcer(c *config.Config, s *store.Store, o *run.Options) func(context.Context) error {
	if len(c.Digests) == 0 {
		return nil
	}
	a := &digest.Announcer{Journal: s, Bot: o.Bot, Pages: c.Web.URL, Now: time.Now, OptOut: c.OptOut,
		Approve: func(list string) string {
			if o.Policy.For(list).Approve {
				return "the digest waits for a person, as its configuration says"
			}
			return ""
		}}
	for _, d := range c.Digests {
		spec := digest.Spec{Name: d.Name, To: d.To, Scope: digest.Scope{List: d.List, Driver: d.Driver}, Sink: o.Sinks[0].Name(),
			Every: digest.Every{Daily: d.Daily(), Day: d.Weekday(), Hour: d.Hour, Zone: d.Location()}, Gather: digest.News(s)}
		if d.DryRun {
			spec.Sink = outboxName
		}
		a.Specs = append(a.Specs, spec)
	}
	return a.Due
}

// digestPolicies are the caps of digests. Two a day, as the day of a cap ends to the
// second: one that came late would make all that follow it late. A period is told once.
func digestPolicies(c *config.Config) (out []plan.ListPolicy) {
	for _, d := range c.Digests {
		out = append(out, plan.ListPolicy{ID: digest.ListPrefix + d.Name, Reply: plan.ReplyNone, PerHour: 1, PerDay: 2, DryRun: d.DryRun,
			Approve: d.Approve})
	}
	return out
}
