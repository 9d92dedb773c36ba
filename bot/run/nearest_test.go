package run

import (
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

// A reply belongs to the mail that had its Message-ID first, or to the one that is
// proven to be from its sender; never to a later copy, however it comes.
func TestNearest(t *testing.T) {
	series := func(key string, signed flow.Signed, ids ...string) flow.Series {
		s := flow.Series{Key: key, Signed: signed}
		for _, id := range ids {
			s.Members = append(s.Members, flow.Member{ID: id})
		}
		return s
	}
	first, copied := series("first", flow.Unsigned, "c1@x"), series("copy", flow.Unsigned, "c1@x~2857000000000000")
	proven, hidden := series("first", flow.SenderProven, "c1@x~1100000000000000"), series("copy", flow.Unsigned, "c1@x")
	hidden.Private = true
	theirs := series("copy", flow.SenderProven, "c1@x~2857000000000000")
	theirs.Sender = "eve@example.com"
	other := series("other", flow.SenderProven, "p@x")
	for name, tt := range map[string]struct {
		thread    []flow.Series
		ancestors []string
		want      string
	}{
		"a copy that came later":                {[]flow.Series{copied, first}, []string{"c1@x"}, "first"},
		"in the other order":                    {[]flow.Series{first, copied}, []string{"c1@x"}, "first"},
		"a forged mail that came first":         {[]flow.Series{hidden, proven}, []string{"c1@x"}, "first"},
		"the closest, though not proven":        {[]flow.Series{other, first}, []string{"c1@x", "p@x"}, "first"},
		"a copy that is proven to be another's": {[]flow.Series{theirs, first}, []string{"c1@x"}, "first"},
		"none of them":                          {[]flow.Series{other, first}, []string{"z@x"}, "other"},
	} {
		if got := nearest(tt.thread, tt.ancestors); got.Key != tt.want {
			t.Errorf("%s: %s, want %s", name, got.Key, tt.want)
		}
	}
}
