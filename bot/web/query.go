package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/verdict"
)

// queryEscape is url.QueryEscape, named for where it is read.
func queryEscape(s string) string { return url.QueryEscape(s) }

// filter is what a visitor asked for: the parameters of the list of changes,
// of its exports, its feeds and of the API alike.
type filter struct {
	Q, Verdict, Class, Driver, Chip, Branch, Cell, Author, List, Since, Until, Sort string
	Newer                                                                           bool // only what a newer branch than Branch has
	After                                                                           string
}

// cellLacking stands for every cell in which a branch is to be mended.
const cellLacking = "lacking"

// maxWord is longer than any name that a filter could mean.
const maxWord = 200

// readFilter checks the parameters; what they cannot mean is said, not guessed.
func readFilter(r *http.Request) (f filter, err error) {
	v := r.URL.Query()
	for name, to := range map[string]*string{"q": &f.Q, "verdict": &f.Verdict, "class": &f.Class, "driver": &f.Driver, "chip": &f.Chip,
		"branch": &f.Branch, "cell": &f.Cell, "author": &f.Author, "list": &f.List, "since": &f.Since, "until": &f.Until, "sort": &f.Sort,
		"after": &f.After} {
		*to = strings.TrimSpace(v.Get(name))
		if !utf8.ValidString(*to) || len(*to) > maxWord && name != "after" || len(*to) > 4*maxWord || strings.ContainsRune(*to, 0) {
			return f, &problem{http.StatusBadRequest, fmt.Sprintf("The parameter %s is no text of at most %d bytes.", name, maxWord)}
		}
	}
	f.Newer = v.Get("newer") == "1"
	bad := func(name, value, want string) error {
		return &problem{http.StatusBadRequest, fmt.Sprintf("%s=%s is not understood; %s.", name, value, want)}
	}
	if f.Verdict != "" && verdictRank(f.Verdict) == len(verdictNames) {
		return f, bad("verdict", f.Verdict, "a verdict is one of "+join(verdictNames))
	}
	if f.Class != "" && !slices.Contains(classNames, verdict.Class(f.Class)) {
		return f, bad("class", f.Class, "a reason class is one of "+join(classNames))
	}
	if f.Cell != "" && f.Cell != cellLacking && !slices.Contains(launch.Cells, launch.Cell(f.Cell)) {
		return f, bad("cell", f.Cell, "it is one of lacking, "+join(launch.Cells))
	}
	if (f.Cell != "" || f.Newer) && f.Branch == "" {
		return f, bad("branch", "", "cell and newer speak of a branch, so name one")
	}
	if !slices.Contains([]string{"", string(store.Oldest), string(store.Highest), string(store.Lowest)}, f.Sort) {
		return f, bad("sort", f.Sort, "it is oldest, score, score-low, or nothing for the newest first")
	}
	for name, day := range map[string]string{"since": f.Since, "until": f.Until} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return f, bad(name, day, "a day is written 2026-01-31")
		}
	}
	return f, nil
}

var classNames = verdict.Classes

func join[T ~string](in []T) string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

// values are the parameters that give this filter, without the place in the list.
func (f filter) values() url.Values {
	v := url.Values{}
	for name, s := range map[string]string{"q": f.Q, "verdict": f.Verdict, "class": f.Class, "driver": f.Driver, "chip": f.Chip,
		"branch": f.Branch,
		"cell":   f.Cell, "author": f.Author, "list": f.List, "since": f.Since, "until": f.Until, "sort": f.Sort} {
		if s != "" {
			v.Set(name, s)
		}
	}
	if f.Newer {
		v.Set("newer", "1")
	}
	return v
}

// URL is the list under path with this filter.
func (f filter) URL(path string) string {
	if v := f.values().Encode(); v != "" {
		return path + "?" + v
	}
	return path
}

// Narrow reports whether anything is filtered.
func (f filter) Narrow() bool { f.Sort = ""; return len(f.values()) > 0 }

// says is the filter in words, for a title.
func (f filter) says() string {
	var out []string
	for _, p := range []struct{ name, v string }{{"", f.Verdict}, {"", f.Class}, {"", f.Driver}, {"", f.Chip}, {"for ", f.Branch},
		{"", cellWords[launch.Cell(f.Cell)][1]},
		{"by ", f.Author}, {"on ", f.List}, {"since ", f.Since}, {"until ", f.Until}} {
		if p.v != "" {
			out = append(out, p.name+p.v)
		}
	}
	if f.Q != "" {
		out = append(out, "“"+f.Q+"”")
	}
	if f.Newer {
		out = append(out, "in a newer branch")
	}
	return strings.Join(out, ", ")
}

// query is the filter for the store; newer names the branches before f.Branch.
func (f filter) query(newer func(string) []string) store.Query {
	q := store.Query{Text: f.Q, Verdict: f.Verdict, Class: f.Class, Driver: f.Driver, Chip: f.Chip, Author: f.Author, List: f.List,
		Branch: f.Branch, Order: store.Order(f.Sort), After: f.After}
	switch f.Cell {
	case "":
	case cellLacking:
		q.Cells = cellNames(lacking)
	default:
		q.Cells = []string{f.Cell}
	}
	if f.Newer {
		if q.InAny = newer(f.Branch); len(q.InAny) == 0 {
			q.InAny = []string{""} // nothing is newer, so nothing is there
		}
	}
	q.Since, _ = time.Parse(time.DateOnly, f.Since) // checked when it was read
	if until, err := time.Parse(time.DateOnly, f.Until); err == nil {
		q.Until = until.AddDate(0, 0, 1) // that day included
	}
	return q
}
