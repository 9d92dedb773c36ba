package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Step is one thing to do next. Say is a phrase's name, Lines are to be copied.
type Step struct {
	Say   Say
	Where []string // the branches it is about, newest first
	Lines []string
	For   []int // of a series: the patches it is about
}

// Say names what a step is about.
type Say string

// The steps.
const (
	SayTagged   Say = "tagged"   // nothing: the tag is there
	SayPicked   Say = "picked"   // nothing: the tag is there, and it is in mainline
	SayTag      Say = "tag"      // add this tag
	SayAsk      Say = "ask"      // it is in mainline: ask for it
	SayFixes    Say = "fixes"    // name the culprit
	SayPick     Say = "pick"     // prerequisites, in order
	SayFollow   Say = "follow"   // later fixes that belong with it
	SaySplit    Say = "split"    // send the fix alone
	SayVendor   Say = "vendor"   // put it into the vendor package
	SayUpstream Say = "upstream" // send it upstream
	SayNothing  Say = "nothing"  // a maintainer has spoken
	SayMissing  Say = "missing"  // patches have not arrived
	SayWait     Say = "wait"     // it is asked to wait
	SayLook     Say = "look"     // a person should look
)

// steps are the phrases, without branches and with them.
var steps = map[Say][2]string{
	SayTagged: {"Nothing. The stable tag is there; the stable team picks it up once it is in mainline."},
	SayPicked: {"Nothing. It is in mainline with its stable tag, and the stable team picks it up."},
	SayTag:    {"If you agree, add this tag, without the bar, above your sign-off."},
	SayAsk: {"It is in mainline. If you agree, ask the stable list for this commit, and say for which branches and why.",
		"It is in mainline. If you agree, ask the stable list for this commit on %s, and say why."},
	SayFixes:    {"Name the commit that brought the bug, if there is one. This prints the tag."},
	SayPick:     {"These come first, in this order.", "On %s these come first, in this order."},
	SayFollow:   {"Mainline has mended it since. These later fixes go along.", "Mainline has mended it since. On %s these later fixes go along."},
	SaySplit:    {"If a smaller fix is possible, send it as a patch of its own, without the cleanups; those can follow."},
	SayVendor:   {"To try it in the vendor's out-of-tree package, do this in its tree.", "For %s, to try it in the vendor's out-of-tree package, do this in its tree."},
	SayUpstream: {"It is in the vendor's tree alone, so stable cannot take it. To send it upstream, do this."},
	SayNothing:  {"Nothing. A maintainer has declined it for stable, and that stands."},
	SayMissing:  {"Send the missing patches, or the series again. It is judged anew when they arrive."},
	SayWait:     {"Nothing yet. It is to wait, as the reason above says."},
	SayLook:     {"A person should look at it; the evidence above does not settle it."},
}

// text is the phrase of a step; words are used instead of the mail's own.
func (s Step) text(words map[Say]string, one, many string) string {
	text := steps[s.Say][0]
	if with := steps[s.Say][1]; with != "" && len(s.Where) > 0 {
		text = fmt.Sprintf(with, list(s.Where))
	}
	if w, ok := words[s.Say]; ok {
		text = w
	}
	if len(s.For) == 0 {
		return text
	}
	ns := make([]string, len(s.For))
	for i, n := range s.For {
		ns[i] = strconv.Itoa(n)
	}
	return plural(len(ns), one, many) + " " + list(ns) + ": " + text
}

// next is what to do about one patch.
func next(p Posting, q Patch, r Row) []Step {
	var out []Step
	c := q.Change
	if c == nil {
		c = &change.Change{}
	}
	tagged := slices.ContainsFunc(c.Stable, func(t change.StableTag) bool { return !t.NoAutosel && !t.Recipient && !t.Text })
	merged := q.Merged
	if merged == "" && q.When == verdict.Now && q.Kind == change.Commit {
		merged = q.ID
	}
	switch q.Verdict {
	case verdict.StableEligible:
		switch {
		case tagged && merged != "":
			out = append(out, Step{Say: SayPicked})
		case tagged:
			out = append(out, Step{Say: SayTagged})
		case merged != "":
			out = append(out, Step{Say: SayAsk, Where: r.Takes, Lines: []string{merged}})
		default:
			out = append(out, Step{Say: SayTag, Lines: []string{stableTag(r)}})
		}
		for _, b := range r.Branches {
			if b.Verdict == verdict.StableEligible && len(b.Prerequisites) > 0 {
				out = append(out, pick(b))
				break // the newest branch; the details have the others
			}
		}
		out = append(out, follow(r)...)
		if len(r.Misses) > 0 {
			out = append(out, Step{Say: SayVendor, Where: r.Misses, Lines: fetch(q, merged)})
		}
	case verdict.DKMSOnly:
		switch q.ReasonClass {
		case verdict.Declined:
			return []Step{{Say: SayNothing}}
		case verdict.TooBig:
			if merged == "" {
				out = append(out, Step{Say: SaySplit})
			}
		case verdict.NotUpstream:
			return []Step{{Say: SayUpstream, Lines: []string{
				"git format-patch -1 COMMIT", "scripts/get_maintainer.pl 0001-*.patch"}}}
		}
		out = append(out, Step{Say: SayVendor, Where: r.Misses, Lines: fetch(q, merged)})
		out = append(out, follow(r)...)
	case verdict.Wait:
		if p.Have < p.Of {
			return []Step{{Say: SayMissing}}
		}
		return []Step{{Say: SayWait}}
	case verdict.Uncertain:
		out = append(out, Step{Say: SayLook})
	default:
		return nil
	}
	// Who has tagged it knows which kernels have the bug, or it adds an ID.
	if q.Verdict != verdict.DKMSOnly && len(c.Fixes) == 0 && q.Merged == "" && !tagged {
		out = append(out, Step{Say: SayFixes, Lines: []string{`git log -1 --abbrev=12 --format='Fixes: %h ("%s")' CULPRIT`}})
	}
	return out
}

// stableTag is the tag as stable-kernel-rules.rst writes it; a version there
// means it and every newer tree.
func stableTag(r Row) string {
	tag := "Cc: stable@vger.kernel.org"
	if len(r.Takes) > 0 {
		tag += " # " + r.Takes[len(r.Takes)-1] + ".x"
	}
	return tag
}

func pick(b Branch) Step {
	s := Step{Say: SayPick, Where: []string{b.Name}, Lines: []string{"git switch -c backport-" + b.Name + " stable/linux-" + b.Name + ".y"}}
	for i, sha := range b.Prerequisites {
		if i == maxPicks {
			s.Lines = append(s.Lines, "# and more: see the details")
			break
		}
		s.Lines = append(s.Lines, "git cherry-pick -x "+sha)
	}
	return s
}

// follow are the later fixes that belong with it, for the branches that have it
// or would take it. Where branches lack different ones, each is named once.
func follow(r Row) []Step {
	s := Step{Say: SayFollow}
	var seen []string
	for _, b := range r.Branches {
		if len(b.Followups) == 0 || b.Verdict == verdict.DKMSOnly {
			continue
		}
		s.Where = append(s.Where, b.Name)
		for _, f := range b.Followups {
			if slices.Contains(seen, f.SHA) || len(seen) == maxPicks {
				continue
			}
			seen = append(seen, f.SHA)
			s.Lines = append(s.Lines, cut("# "+clean(f.Subject), Columns-8), "git cherry-pick -x "+f.SHA)
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return []Step{s}
}

func fetch(q Patch, merged string) []string {
	if merged != "" {
		return []string{"git format-patch -1 " + merged}
	}
	if q.Kind == change.Commit {
		return []string{"git format-patch -1 " + q.ID}
	}
	return []string{"b4 am -o - " + shellWord(q.ID) + " | git am -3"}
}

// shellWord quotes a stranger's text for a command that a reader may copy.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+=") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
