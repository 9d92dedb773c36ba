package github_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	sink "github.com/stablebot/stablebot/bot/sink/github"
)

// Each kind of action on a pull request is carried out, and shown in a dry run; a
// reaction has nothing to show it at.
func TestKinds(t *testing.T) {
	wishes := map[flow.ActionKind]flow.Desired{
		flow.ActionLabels:   label("stable-eligible", time.Time{}),
		flow.ActionCheck:    {Check: &flow.DesiredCheck{Title: "stable-eligible", Summary: "because"}},
		flow.ActionComment:  {Comment: &flow.DesiredComment{Body: "<!-- stablebot:comment -->\nbecause", Create: true}},
		flow.ActionReaction: {Reaction: &flow.DesiredReaction{Content: "+1"}},
	}
	for _, k := range flow.Kinds {
		wish, known := wishes[k.Name]
		if known != k.Pull {
			t.Errorf("%s is done to a pull request: %v", k.Name, k.Pull)
		}
		if !known {
			continue
		}
		d := newDesk(t, true)
		if wish.Reaction != nil {
			wish.Reaction.Comment = d.hub.Say(1, "mary", "/stablebot recheck")
		}
		if wrote, err := d.try(wish); err != nil || len(wrote) == 0 {
			t.Errorf("%s wrote %q, %v", k.Name, wrote, err)
		}
		wish.Repo, wish.Number = "o/r", 1
		b, err := json.Marshal(wish)
		if err != nil {
			t.Fatal(err)
		}
		name, text, err := sink.Shown(flow.Action{Key: "k", Message: b})
		if shown := strings.Join(name, "/") != "" && len(text) > 0; err != nil || shown == (k.Name == flow.ActionReaction) {
			t.Errorf("%s is shown as %q at %q, %v", k.Name, text, name, err)
		}
	}
}
