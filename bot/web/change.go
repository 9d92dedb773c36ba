package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// changeView is everything about one change.
type changeView struct {
	*store.Shown
	J        *flow.Judged
	Moved    []moved
	Rules    []ruleView
	Quiet    []ruleView // rules that had nothing to say
	Branches []branchRow
	Pile     bool
	Said     []said
	History  []versionRow
	Fates    []Fate
	Watched  bool
	Text     []line // of the mail
	Cut      bool
	URL      string
	Links    []link
}

// moved is one contribution to the score.
type moved struct {
	model.Contribution
	Doc string
	Bar template.HTML
}

type ruleView struct {
	verdict.Weighed
	Title string
	Ref   rules.Ref
}

type branchRow struct {
	verdict.Branch
	Cell  launch.Cell
	Steps []pileStep
}

// Told reports whether more is known of how the patch goes in than the row says.
func (b branchRow) Told() bool { return b.Adapted != nil || len(b.Conflicts) > 0 || b.Builds != "" }

// Sum is that in a line.
func (b branchRow) Sum() string {
	var out []string
	if b.Adapted != nil {
		out = append(out, "the patch was adapted")
		if n := len(b.Adapted.Doubts); n > 0 {
			out[0] += fmt.Sprintf(", %d to be checked", n)
		}
	}
	if len(b.Conflicts) > 0 {
		out = append(out, "commits in its way")
	}
	if b.Builds != "" {
		out = append(out, b.BuildSays())
	}
	return strings.Join(out, "; ")
}

// BuildSays is what compiling its objects said.
func (b branchRow) BuildSays() string {
	switch b.Builds {
	case "yes":
		return "it builds"
	case "no":
		return "it does not build"
	case "baseline-broken":
		return "the branch does not build without it either"
	}
	return "it was not compiled"
}

// pileStep is a line of the pile as a list.
type pileStep struct {
	ID, Title string
	Why       []string // "for 2: uses the function x"
}

type versionRow struct {
	store.Version
	This  bool
	Own   *flow.Judged // the same change in that version
	Count int
}

// said is an action with its mail, or what it would do, taken apart.
type said struct {
	actionView
	Headers [][2]string
	Text    string
}

// line of a mail with what it is: "add", "del", "hunk", "file", "quote" or "".
type line struct{ Class, Text string }

// longestMail is how much of a mail a page shows; the rest is told.
const longestMail = 200 << 10

func (s *Server) change(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	c, err := s.Reader.Show(r.Context(), id)
	if err != nil {
		return err
	}
	if c.Judged.ID != id { // a prefix: one address for each change
		http.Redirect(w, r, changeURL(c.Judged.ID), http.StatusSeeOther)
		return nil
	}
	v := changeView{Shown: c, J: c.Judged, Watched: s.Fates != nil, URL: changeURL(c.Judged.ID), Links: s.Links.of(c.Judged.Kind, c.Judged.ID)}
	if up := c.Judged.Upstream; up != "" && up != flow.CommitOf(c.Judged.ID) {
		for _, l := range s.Links.of(change.Commit, up) {
			v.Links = append(v.Links, link{"its commit in mainline", l.URL})
		}
	}
	if s.Fates != nil {
		if v.Fates, err = s.Fates.Fate(r.Context(), c.Judged.ID); err != nil {
			return err
		}
	}
	most := 0.0
	for _, m := range c.Judged.Contributions {
		most = max(most, m.Add(), -m.Add())
	}
	for _, m := range c.Judged.Contributions {
		v.Moved = append(v.Moved, moved{m, model.Doc(m.Name), weightBar(m.Add(), most)})
	}
	for _, f := range c.Judged.Rules {
		row := ruleView{Weighed: f}
		if def := rules.ByID(f.ID); def != nil {
			row.Title, _, _ = strings.Cut(def.Doc, "\n")
			row.Ref = def.Ref
		}
		if f.Outcome == rules.NotApplicable || f.Outcome == rules.Unknown && f.Weight == 0 {
			v.Quiet = append(v.Quiet, row)
		} else {
			v.Rules = append(v.Rules, row)
		}
	}
	// What stands in the way comes first, then what weighs most.
	slices.SortStableFunc(v.Rules, func(a, b ruleView) int {
		unmet := func(r ruleView) int {
			if r.Outcome == rules.Unmet {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(unmet(a), unmet(b)), cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)))
	})
	plan := planOf(c)
	for i, b := range c.Judged.Branches {
		row := branchRow{Branch: b, Cell: launch.CellOf(&b)}
		for _, s := range plan.Plans[i].Steps {
			step := pileStep{ID: s.ID, Title: s.Title}
			for _, y := range s.Why {
				step.Why = append(step.Why, plan.Plans[i].Because(y))
			}
			row.Steps = append(row.Steps, step)
		}
		v.Branches = append(v.Branches, row)
		v.Pile = v.Pile || len(b.Prerequisites) > 0
	}
	for _, a := range c.Actions {
		v.Said = append(v.Said, saidOf(a))
	}
	if len(c.Versions) > 1 {
		for _, ver := range c.Versions {
			v.History = append(v.History, versionOf(ver, c.Judged))
		}
	}
	if c.Mail != nil {
		raw := c.Mail.Raw
		if m, err := mail.Parse(raw); err == nil {
			text := m.Text()
			v.Cut = len(text) > longestMail
			v.Text = lines(text[:min(len(text), longestMail)])
		}
	}
	return s.render(w, r, http.StatusOK, "change", c.Judged.Subject, v)
}

func versionOf(v store.Version, this *flow.Judged) versionRow {
	row := versionRow{Version: v, This: v.Key == this.SeriesKey, Count: len(v.Judged)}
	for i := range v.Judged {
		j := &v.Judged[i]
		if j.ID == this.ID || row.Own == nil && j.Subject == this.Subject {
			row.Own = j
		}
	}
	if row.Own == nil && len(v.Judged) == 1 {
		row.Own = &v.Judged[0]
	}
	return row
}

// saidOf takes an action apart: a reply as the mail that its readers get, what
// is done to a pull request as the text or the order it is.
func saidOf(a store.ActionRow) said {
	v := said{actionView: actionViewOf(a)}
	if flow.KindOf(a.Kind).Mail {
		m, err := mail.Parse(a.Message)
		if err != nil {
			v.Text = string(a.Message)
			return v
		}
		add := func(name, value string) {
			if value != "" {
				v.Headers = append(v.Headers, [2]string{name, value})
			}
		}
		add("From", m.From.String())
		var to, cc []string
		for _, p := range m.To {
			to = append(to, p.String())
		}
		for _, p := range m.Cc {
			cc = append(cc, p.String())
		}
		add("To", strings.Join(to, ", "))
		add("Cc", strings.Join(cc, ", "))
		add("Subject", m.Subject)
		v.Text = m.Text()
		return v
	}
	var w flow.Desired
	var b bytes.Buffer
	switch {
	case json.Unmarshal(a.Message, &w) == nil && w.Comment != nil:
		v.Text = w.Comment.Body
	case json.Indent(&b, a.Message, "", "  ") == nil:
		v.Text = b.String()
	default:
		v.Text = string(a.Message)
	}
	return v
}

// lines marks what a line of a mail is.
func lines(text string) []line {
	var out []line
	in := false
	for t := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		t = change.Plain(strings.ReplaceAll(t, "\t", "        "))
		l := line{"", t}
		switch {
		case strings.HasPrefix(t, "diff --git "):
			in, l.Class = true, "file"
		case t == "-- ":
			in = false
		case in && strings.HasPrefix(t, "@@"):
			l.Class = "hunk"
		case in && (strings.HasPrefix(t, "+++ ") || strings.HasPrefix(t, "--- ") || strings.HasPrefix(t, "index ")):
			l.Class = "file"
		case in && strings.HasPrefix(t, "+"):
			l.Class = "add"
		case in && strings.HasPrefix(t, "-"):
			l.Class = "del"
		case strings.HasPrefix(t, ">"):
			l.Class = "quote"
		}
		out = append(out, l)
	}
	return out
}

// pilePicture draws what would go in with the change.
func (s *Server) pilePicture(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Reader.Show(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := planOf(c)
	var b bytes.Buffer
	if err := p.SVG(&b); err != nil {
		return err
	}
	return writeSVG(w, b.String())
}

// planOf is what a stored judgement says of the piles.
func planOf(c *store.Shown) *pile.Plan {
	p := &pile.Plan{Judgement: c.Judged.Judgement}
	if c.Judged.Kind == change.Commit {
		p.Mainline = flow.CommitOf(c.Judged.ID)
	}
	for _, b := range c.Judged.Branches {
		at := pile.Branch{Name: b.Name, Lines: b.PileLines, More: b.PileMore}
		for _, id := range b.Prerequisites {
			s := pile.Step{ID: id, Title: c.Titles[id]}
			for _, n := range b.Needs {
				if n.Commit == id {
					s.Why = append(s.Why, pile.Why{By: n.By, Reason: n.Why})
				}
			}
			at.Steps = append(at.Steps, s)
		}
		p.Plans = append(p.Plans, at)
	}
	return p
}

func writeSVG(w http.ResponseWriter, svg string) error {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", picturePolicy)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write([]byte(svg)) // a visitor who is gone is no error
	return nil
}
