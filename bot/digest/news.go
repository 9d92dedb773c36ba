package digest

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Changes are what was judged, and what waits. They never return anything embargoed.
type Changes interface {
	Search(ctx context.Context, q store.Query) (store.Page, error)
	PublicActions(ctx context.Context, states []flow.ActionState, limit int) ([]store.ActionRow, error)
}

// Reader is what News reads.
type Reader interface {
	Changes
	LackingOf(ctx context.Context) ([]string, error)
	Lacking(ctx context.Context, branch string) (*flow.Lacking, error)
}

// WithoutBranches is a Reader where nobody looks for what branches lack.
type WithoutBranches struct{ Changes }

// LackingOf implements Reader.
func (WithoutBranches) LackingOf(context.Context) ([]string, error) { return nil, nil }

// Lacking implements Reader.
func (WithoutBranches) Lacking(context.Context, string) (*flow.Lacking, error) { return nil, nil }

// rowsOf is how many of a kind are named in a digest: a screen of them, no more.
const rowsOf = 12

// lookedAt is how many changes of a verdict, and waiting actions, are looked at.
const lookedAt = 500

// A change that was posted or written long before the period is judged again, or came
// with a backfill: nobody waits to hear of it. A commit takes its time to mainline.
const (
	mailAge   = 14 * 24 * time.Hour
	commitAge = 180 * 24 * time.Hour
)

func fresh(f store.Found, p Period) bool {
	posted, err := time.Parse(time.RFC3339, f.Posted)
	age := mailAge
	if f.Kind == change.Commit {
		age = commitAge
	}
	return err != nil || posted.After(p.From.Add(-age))
}

// News gathers what came in a period and needs a person: replies that wait, verdicts that
// nobody but a person can settle, fixes for stable, fixes for the vendor's package, and
// what branches were newly found to lack.
func News(r Reader) Gather {
	return func(ctx context.Context, of Scope, p Period) ([]Section, error) {
		var out []Section
		waits, err := waiting(ctx, r, of)
		if err != nil {
			return nil, err
		}
		out = append(out, waits...)
		for _, k := range kindsOfNews {
			s, err := k.find(ctx, r, of, p)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		lacks, err := lacking(ctx, r, of, p)
		return append(out, lacks...), err
	}
}

// news is one kind of judged changes.
type news struct {
	title, do string
	verdict   verdict.Verdict
}

var kindsOfNews = []news{
	{"Changes that a person should judge", "The evidence conflicts or is missing; the page of each says which.", verdict.Uncertain},
	{"Fixes that stable kernels take", "Those of mainline can be exported; those on a list can get a stable tag.", verdict.StableEligible},
	{"Fixes for the vendor's package alone", "Stable kernels do not take these: without the package their users do not get them.",
		verdict.DKMSOnly},
}

func (k news) find(ctx context.Context, r Reader, of Scope, p Period) (Section, error) {
	s := Section{Title: k.title, Do: k.do, More: changesURL(k.verdict, of, p)}
	page, err := r.Search(ctx, store.Query{Verdict: string(k.verdict), List: of.List, Driver: of.Driver,
		Since: p.From, Until: p.To, Order: store.Highest, Limit: lookedAt})
	if err != nil {
		return s, err
	}
	for _, f := range page.Rows {
		if !fresh(f, p) {
			continue
		}
		s.Total++
		if len(s.Rows) < rowsOf {
			s.Rows = append(s.Rows, row(f))
		}
	}
	return s, nil
}

func row(f store.Found) Row {
	r := Row{ID: f.ID, Title: f.Subject, URL: URL("/changes/" + url.PathEscape(f.ID)), Next: "stablebot explain " + shell.Word(f.ID)}
	if f.Kind == change.Commit && flow.CommitOf(f.ID) == f.ID && f.Verdict == verdict.StableEligible {
		r.Next = "stablebot plan " + short(f.ID)
	}
	parts := []string{fmt.Sprintf("chance in stable %.0f %%", 100*f.Score)}
	if f.Class != "" {
		parts[0] = string(f.Class) + ", " + parts[0]
	}
	if f.Author != "" {
		parts = append(parts, f.Author)
	}
	if t, err := time.Parse(time.RFC3339, f.Posted); err == nil {
		parts = append(parts, t.Format(time.DateOnly))
	}
	r.Why = strings.Join(parts, "; ")
	return r
}

func short(id string) string { return id[:min(len(id), 12)] }

func changesURL(v verdict.Verdict, of Scope, p Period) URL {
	q := url.Values{"verdict": {string(v)}, "since": {p.From.UTC().Format(time.DateOnly)}}
	if of.List != "" {
		q.Set("list", of.List)
	}
	if of.Driver != "" {
		q.Set("driver", of.Driver)
	}
	return URL("/changes?" + q.Encode())
}

// waiting are the replies that a person has to let go. They are known from the mail
// before, or from the page: they alone are no reason for a digest.
func waiting(ctx context.Context, r Reader, of Scope) ([]Section, error) {
	if of.List == "" && of.Driver != "" {
		return nil, nil // a reply is to a list
	}
	held, err := r.PublicActions(ctx, []flow.ActionState{flow.StateHeld}, lookedAt)
	if err != nil {
		return nil, err
	}
	s := Section{Title: "Replies that wait for your word",
		Do:    "`stablebot actions approve` or `drop` with the key says it, as does the page.",
		Known: true, More: "/#waiting"}
	for _, a := range held {
		if of.List != "" && !strings.EqualFold(a.List, of.List) || a.Kind == flow.ActionDigest {
			continue
		}
		s.Total++
		if len(s.Rows) < rowsOf {
			s.Rows = append(s.Rows, Row{ID: a.Key, Title: cmp.Or(a.Line, a.Key), Why: a.Problem, Next: "stablebot actions approve " +
				shell.Word(a.Key), URL: URL("/actions?key=" + url.QueryEscape(a.Key))})
		}
	}
	return []Section{s}, nil
}

// lacking are the fixes of a driver that a branch was newly found to lack.
func lacking(ctx context.Context, r Reader, of Scope, p Period) ([]Section, error) {
	if of.List != "" && of.Driver == "" {
		return nil, nil // what a branch lacks is of no list
	}
	branches, err := r.LackingOf(ctx)
	if err != nil {
		return nil, err
	}
	var out []Section
	for _, b := range branches {
		l, err := r.Lacking(ctx, b)
		if err != nil {
			return nil, err
		}
		if l == nil || l.AsOf.Before(p.From) || !l.AsOf.Before(p.To) {
			continue // what was found in another period was told then
		}
		s := Section{Title: "New among what " + l.Branch + " lacks", Do: "The bug is in the branch and the fix is not.",
			More: URL("/missing/" + url.PathEscape(l.Branch) + "?new=1")}
		for _, x := range l.Rows {
			if !x.News() || !x.Shown() || of.Driver != "" && !strings.EqualFold(x.Driver, of.Driver) {
				continue
			}
			s.Total++
			if len(s.Rows) < rowsOf {
				s.Rows = append(s.Rows, Row{ID: x.Commit, Title: x.Title, Why: strings.TrimSuffix(string(x.State)+"; "+x.Why, "; "), Next: x.Next})
			}
		}
		out = append(out, s)
	}
	return out, nil
}
