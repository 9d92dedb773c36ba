package missing

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/build"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/rules/change"
)

// Commands are the words in front of the commit of a row.
type Commands struct {
	Export string // writes the mail or the series for the branch
	Plan   string // shows what is in the way
}

// finish adds to the rows what is not judged: a configuration, a no, what was said, the
// next command, and what is new.
func (s *Sweep) finish(ctx context.Context, r *Report) {
	said := newSayings(s.Said)
	read := s.reader(ctx, r.Branch)
	for i := range r.Rows {
		row := &r.Rows[i]
		if why := s.unbuilt(read, row); why != "" && row.State != flow.StandQueued {
			row.State, row.Why = flow.StandNotBuilt, why
		}
		if no := s.Refusals.Of(row.Commit, row.Title, row.files); no != nil {
			row.State, row.Why = flow.StandDeclined, no.Says()
		}
		said.apply(row)
		row.CVE = s.CVE.Of(row.Commit)
		row.Next = s.next(row)
	}
	r.Since = said.last
	sorted(r.Rows)
}

// reader reads a file of the branch, nil where nothing is asked of it.
func (s *Sweep) reader(ctx context.Context, branch string) build.Reader {
	place, ok := s.Set.Place(branch)
	if s.Config == "" || !ok {
		return nil
	}
	known := map[string]string{}
	return func(path string) string {
		text, ok := known[path]
		if !ok {
			if o, err := place.Repo.Object(ctx, place.Tip+":"+path); err == nil && o.Type == "blob" {
				text = string(o.Data)
			}
			known[path] = text
		}
		return text
	}
}

// unbuilt says why a configuration builds nothing of what a row mends; "" where it builds
// some of it, or the Makefiles do not tell.
func (s *Sweep) unbuilt(read build.Reader, row *Row) string {
	if read == nil {
		return ""
	}
	first := ""
	for _, f := range row.files {
		if !strings.HasSuffix(f, ".c") {
			if strings.HasSuffix(f, ".h") {
				continue // built with who includes it
			}
			return ""
		}
		why := build.Unreachable(read, "\n"+s.Config, f)
		if why == "" {
			return ""
		}
		first = cmp.Or(first, why)
	}
	return first
}

func (s *Sweep) next(row *Row) string {
	switch row.State {
	case flow.StandOpen, flow.StandPrerequisites:
		if s.Next.Export != "" {
			return s.Next.Export + " " + short(row.Commit)
		}
	case flow.StandBackport, flow.StandFailed, flow.StandUncertain, flow.StandUnknown:
		if s.Next.Plan != "" {
			return s.Next.Plan + " " + short(row.Commit)
		}
	}
	return ""
}

// sayings are what was said and found before, by commit and by title.
type sayings struct {
	byCommit map[string][]flow.Standing
	byTitle  map[uint64][]flow.Standing
	last     time.Time // when the bot looked last
}

func newSayings(all []flow.Standing) *sayings {
	s := &sayings{byCommit: map[string][]flow.Standing{}, byTitle: map[uint64][]flow.Standing{}}
	for _, x := range all {
		if x.Voice == flow.VoiceTrees && x.At.After(s.last) {
			s.last = x.At
		}
		if x.Commit != "" {
			s.byCommit[x.Commit] = append(s.byCommit[x.Commit], x)
		} else {
			key := change.TitleKey(x.Title)
			s.byTitle[key] = append(s.byTitle[key], x)
		}
	}
	return s
}

// of is what was said of a commit, oldest first. Notices give an id or a part of it, or
// the title alone; ids of another history give nothing, so the title counts.
func (s *sayings) of(row *Row) []flow.Standing {
	out := slices.Clone(s.byCommit[row.Commit])
	for id, some := range s.byCommit {
		if id != row.Commit && len(id) >= refusal.Digits && len(id) < len(row.Commit) && strings.HasPrefix(row.Commit, id) {
			out = append(out, some...)
		}
	}
	out = append(out, s.byTitle[change.TitleKey(row.Title)]...)
	slices.SortStableFunc(out, func(a, b flow.Standing) int { return a.At.Compare(b.At) })
	return out
}

// apply puts what was said above what was judged: a person's word first, then what was
// heard from who is proven to have said it.
func (s *sayings) apply(row *Row) {
	var word, heard *flow.Standing
	before := flow.Stand("")
	for _, x := range s.of(row) {
		switch x.Voice {
		case flow.VoiceTrees:
			before = x.Stand
			continue
		case flow.VoiceWord:
			word = &x
		case flow.VoiceHeard:
			if x.Counts() {
				heard = &x
			}
		}
		row.Said = append(row.Said, Said{State: x.Stand, Voice: x.Voice, Who: x.Who, How: x.How, Why: x.Why, Mail: x.Mail, At: x.At, Claims: !x.Counts()})
	}
	switch {
	case word != nil && word.Stand != "":
		row.State, row.Why = word.Stand, telling(word)
	case heard != nil && heard.Stand != "" && row.State != flow.StandQueued && row.State != flow.StandDeclined:
		row.State, row.Why = heard.Stand, telling(heard)
	}
	row.Was = before
	row.New = !s.last.IsZero() && before == ""
}

// telling is what somebody said, with who and when.
func telling(x *flow.Standing) string {
	out := cmp.Or(x.Who, "somebody") + ", " + x.At.Format(time.DateOnly)
	if x.Why != "" {
		return x.Why + " (" + out + ")"
	}
	return out
}

// Found is what the rows say that the memory does not: to be added to it.
func (r *Report) Found() (out []flow.Standing) {
	for _, row := range r.Rows {
		if row.State != row.Was {
			out = append(out, flow.Standing{Branch: r.Branch, Commit: row.Commit, Title: row.Title, Stand: row.State,
				Voice: flow.VoiceTrees, Why: row.Why, At: r.AsOf})
		}
	}
	return out
}
