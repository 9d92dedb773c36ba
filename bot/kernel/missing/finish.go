package missing

import (
	"cmp"
	"context"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/build"
)

// Commands are the words in front of the commit of a row.
type Commands struct {
	Export string // writes the mail or the series for the branch
	Plan   string // shows what is in the way
}

// finish adds to the rows what is not judged: a configuration, a no, what was said, the
// next command, and what is new.
func (s *Sweep) finish(ctx context.Context, r *Report) {
	said := flow.SayingsOf(s.Said)
	read := s.reader(ctx, r.Branch)
	for i := range r.Rows {
		row := &r.Rows[i]
		if why := s.unbuilt(read, row); why != "" && row.State != flow.StandQueued {
			row.State, row.Why = flow.StandNotBuilt, why
		}
		if no := s.Refusals.Of(row.Commit, row.Title, row.files); no != nil {
			row.State, row.Why = flow.StandDeclined, no.Says()
		}
		before := said.Apply(&row.Lack)
		row.Was, row.New = before, !said.Last.IsZero() && before == ""
		row.CVE = s.CVE.Of(row.Commit)
		row.Next = s.next(row)
	}
	r.Since = said.Last
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

// Lacking is the report as pages show it.
func (r *Report) Lacking(paths []string) flow.Lacking {
	out := flow.Lacking{Branch: r.Branch, Release: r.Release, Tip: r.Tip, AsOf: r.AsOf, Looked: r.Looked, Failed: r.Failed, Since: r.Since, Paths: paths}
	for _, row := range r.Rows {
		out.Rows = append(out.Rows, row.Lack)
	}
	return out
}
