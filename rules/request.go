package rules

import (
	"strings"
)

// StableRequest asks whether the author or maintainer wants the change in stable.
var StableRequest = &Rule{
	ID: "stable-request",
	Doc: `asked for by a stable tag

The tag in the sign-off area is the way that the rules prefer: the people who
know the code say that users of older kernels need it. A Fixes: tag alone asks
for nothing, though the scripts of the stable team look at it. An address in To
or Cc of the mail only is lost when the patch is merged.

Met: Cc: stable@vger.kernel.org # 6.6+
Unmet: a fix without that line.`,
	Ref:  Ref{stableRules, "Option 1", "a tag in the sign-off area has the change picked up once it is merged"},
	Kind: OfRequest,
	Values: []Value{
		{Name: "tag.stable.version", Doc: "asks for stable and says since which version", Kind: OfRequest | OfClaim, Of: func(f *Facts) float64 {
			if f.asks() {
				for _, s := range f.Change.Stable {
					if len(s.Versions) > 0 {
						return 1
					}
				}
			}
			return 0
		}},
		{Name: "post.cc.stable", Doc: "sent to stable as well, which is no request", Kind: OfPost | OfRequest, Of: func(f *Facts) float64 {
			for i := range f.Change.Stable {
				if f.Change.Stable[i].Recipient && !f.Untagged {
					return 1
				}
			}
			return 0
		}},
	},
	Run: func(f *Facts) (Finding, error) {
		c := f.Change
		if t := f.asked(); t != nil {
			reason := "asked for by a stable tag"
			if t.Text {
				reason = "asked for by a request to the stable team"
			}
			if len(t.Versions) > 0 {
				reason += " for " + strings.Join(t.Versions, ", ")
				if !t.Only {
					reason += " and newer"
				}
			}
			if t.Malformed {
				reason += "; the tag has a typo that scripts may stumble over"
			}
			out, err := met(reason, f.bodyLine(t.Line))
			return out, err
		}
		for i := range c.Stable {
			switch t := &c.Stable[i]; {
			case t.NoAutosel:
				return unmet("its tag refuses automatic pickup", f.bodyLine(t.Line))
			case f.Submission():
			case t.Recipient:
				return unmet("sent to " + t.Address + ", but the message has no stable tag: the request is lost when it is merged")
			}
		}
		switch {
		case c.Prefix.AutoSel:
			return met("proposed for stable by its own selection (AUTOSEL), not by its author")
		case f.Submission():
			return met("addressed to a stable branch")
		case len(c.Fixes) > 0:
			return unmet("no stable tag; the Fixes: tag alone asks for nothing")
		}
		return unmet("no stable tag")
	},
}
