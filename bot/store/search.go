package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Order is the order of a page of changes.
type Order string

// The orders. Each ends in the change's id, so that a page goes on where the
// one before ended, however many rows have come meanwhile.
const (
	Newest  Order = ""
	Oldest  Order = "oldest"
	Highest Order = "score"
	Lowest  Order = "score-low"
)

// Query selects judged changes that everybody may see; embargoed ones never
// match. Empty fields select everything.
type Query struct {
	Text    string // every word must occur; the last one may be the beginning of a word
	Verdict string
	Class   string
	Driver  string
	Chip    string
	Author  string // words of the author's name or address
	List    string
	// Branch is a stable branch that the judgement speaks of; Cells narrows down
	// what it says there, see bot/launch.
	Branch string
	Cells  []string
	// InAny keeps what one of these branches has.
	InAny []string

	Since, Until time.Time
	Order        Order
	After        string // Next of the page before
	Limit        int    // 0: 50
}

// Found is one row of a list of changes.
type Found struct {
	ID, Subject, Author, List, Branch, SeriesKey string
	Kind                                         change.Kind
	Verdict                                      verdict.Verdict
	Class                                        verdict.Class
	Mixed                                        bool
	Score                                        float64
	Posted                                       string // RFC 3339, as written by the author
	Judged                                       time.Time
	Size                                         change.Size
	Chips                                        []Chip
	At                                           *Place // what Query.Branch says of it
}

// Chip is one piece of hardware that a change is about.
type Chip struct{ Name, Driver string }

// Place is what one stable branch says of a change.
type Place struct {
	Cell         string
	State        verdict.State
	Applies      verdict.Applies
	Class        verdict.Class
	Score        float64
	Lines, First int
}

// Page is a part of the rows that match.
type Page struct {
	Rows []Found
	Next string // "" at the end
	// Total is how many rows match, -1 when there are so many that counting them
	// would cost more than finding the page.
	Total int
}

// ErrCursor says that a page was asked for that no answer led to.
var ErrCursor = errors.New("this is no place in the list; begin at its first page")

// wanted is a query in the terms of a row t of listed.
type wanted struct {
	marks [][]string // one mark of each group
	said  []phrase
	test  []string // what a row is tested by
	args  []any
}

// phrase is words that follow each other.
type phrase struct {
	words  []string
	open   bool // the last one may be the beginning of a word
	author bool // of the author's name or address
}

func (q *Query) wanted(d *dialect) (w wanted) {
	need := func(any ...string) {
		var tests []string
		for _, m := range any {
			tests, w.args = append(tests, d.has), append(w.args, " "+m+" ")
		}
		w.marks, w.test = append(w.marks, any), append(w.test, "("+strings.Join(tests, " or ")+")")
	}
	if q.Verdict != "" {
		need(plainMark(markVerdict, q.Verdict))
	}
	if q.Class != "" {
		need(plainMark(markClass, q.Class))
	}
	for _, m := range []struct {
		kind byte
		name string
	}{{markList, q.List}, {markDriver, q.Driver}, {markChip, q.Chip}} {
		if m.name != "" {
			need(nameMark(m.kind, m.name))
		}
	}
	switch {
	case q.Branch != "" && len(q.Cells) > 0:
		var cells []string
		for _, c := range q.Cells {
			cells = append(cells, cellMark(q.Branch, c))
		}
		need(cells...)
	case q.Branch != "":
		need(nameMark(markBranch, q.Branch))
	}
	if len(q.InAny) > 0 {
		var in []string
		for _, b := range q.InAny {
			in = append(in, cellMark(b, string(launch.In)))
		}
		need(in...)
	}
	w.text(q.Text, q.Author)
	return w
}

// text adds words anywhere and words of the author. A row has them with one
// space between, so that it can be tested without asking the index.
func (w *wanted) text(text, author string) {
	add := func(s, of string, open, byAuthor bool) {
		ws := words(s)
		if ws == "" {
			return
		}
		end := " %"
		if open {
			end = "%"
		}
		w.test, w.args = append(w.test, "' ' || "+of+" || ' ' like ?"), append(w.args, "% "+ws+end)
		w.said = append(w.said, phrase{strings.Fields(ws), open, byAuthor})
	}
	fields := strings.Fields(text)
	for i, f := range fields {
		add(f, "t.title || ' ' || t.author || ' ' || t.rest", i == len(fields)-1, false)
	}
	add(author, "t.author", true, true)
}

// words brings a text to what is indexed: letters and digits in lower case.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// lookup is what the index is asked, and how rows are come by from there.
type lookup struct {
	hits string // selects what the index finds
	args []any
	// rows and places are the FROM, and joined the WHERE, of the same rows with
	// all that can be tested, and with no more than what they are sorted by.
	rows, places, joined string
	// whole: a row that it finds needs no further test but that of its time.
	whole bool
	// first is what makes the planner use that index: it takes rare things for
	// frequent, and reads everything until it has enough of them.
	first string
}

// lookupFTS5 is one expression of words and marks.
func lookupFTS5(said []phrase, groups [][]string) lookup {
	var all []string
	for _, p := range said {
		of, end := "{title author rest}", ""
		if p.author {
			of = "author"
		}
		if p.open {
			end = " *"
		}
		all = append(all, of+` : "`+strings.Join(p.words, " ")+`"`+end)
	}
	for _, any := range groups {
		all = append(all, `marks : ("`+strings.Join(any, `" OR "`)+`")`)
	}
	return lookup{hits: "select rowid as id from listed_words where listed_words match ?", args: []any{strings.Join(all, " AND ")},
		rows: "hit cross join listed t", places: "hit cross join listed t indexed by listed_place", joined: "t.id = hit.id"}
}

func lookupGIN(said []phrase, groups [][]string) lookup {
	const column = "string_to_array(btrim(t.marks), ' ')"
	var tests, all []string
	var args, ofAll []any
	for _, p := range said {
		of, end := "t.words", ""
		if p.author {
			of = "t.authors"
		}
		if p.open {
			end = ":*"
		}
		tests, args = append(tests, of+" @@ to_tsquery('simple', ?)"), append(args, strings.Join(p.words, " <-> ")+end)
	}
	for _, any := range groups {
		if len(any) == 1 {
			all, ofAll = append(all, "?"), append(ofAll, any[0])
			continue
		}
		in, of := marks(any)
		tests, args = append(tests, column+" && array["+in+"]::text[]"), append(args, of...)
	}
	if len(all) > 0 {
		tests, args = append(tests, column+" @> array["+strings.Join(all, ", ")+"]::text[]"), append(args, ofAll...)
	}
	return lookup{hits: "select t.id, t.judged, t.score, t.title, t.author, t.rest, t.marks from listed t where " + strings.Join(tests, " and "), args: args,
		rows: "hit t", places: "hit t", joined: "true",
		first: "select set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true)"}
}

// Search returns a page of what matches q.
func (s *Store) Search(ctx context.Context, q Query) (p Page, err error) {
	p, err = s.search(ctx, q)
	if errors.Is(err, ErrCursor) {
		return p, err
	}
	return p, s.wrap("searching", err)
}

func (s *Store) search(ctx context.Context, q Query) (p Page, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	f := finder{Store: s, q: q, w: q.wanted(s.dialect), column: "judged", desc: " desc", less: "<"}
	if q.Order == Highest || q.Order == Lowest {
		f.column = "score"
	}
	if q.Order == Oldest || q.Order == Lowest {
		f.desc, f.less = "", ">"
	}
	if q.After != "" {
		at, id, err := readCursor(q.After, f.column)
		if err != nil {
			return p, err
		}
		f.after = []any{at, id}
	}
	places, total, err := f.find(ctx)
	if err != nil {
		return p, err
	}
	p.Total = total
	if len(places) > q.Limit {
		places = places[:q.Limit]
		p.Next = places[q.Limit-1].cursor(f.column)
	}
	p.Rows, err = s.found(ctx, places, q.Branch)
	return p, err
}

// found reads the rows at these places, in their order.
func (s *Store) found(ctx context.Context, places []place, branch string) ([]Found, error) {
	if len(places) == 0 {
		return nil, nil
	}
	out, at := make([]Found, len(places)), make(map[int64]int, len(places))
	args := make([]any, len(places))
	for i, p := range places {
		at[p.id], args[i] = i, p.id
	}
	err := s.each(ctx, "reading", `select t.id, t.chips, t.cells, t.lines, t.added, t.removed, t.files, j.change_id, j.kind, j.series_key, j.list, j.branch, j.verdict,
			j.reason_class, j.mixed, j.score, j.author, j.subject, j.date, j.judged
		from listed t join judgement j on j.change_id = t.change_id where t.id in (?`+strings.Repeat(", ?", len(args)-1)+")", args, func(r *sql.Rows) error {
		var (
			f            Found
			id, judged   int64
			chips, cells string
		)
		if err := r.Scan(&id, &chips, &cells, &f.Size.LinesWithContext, &f.Size.Added, &f.Size.Removed, &f.Size.Files, &f.ID, &f.Kind, &f.SeriesKey,
			&f.List, &f.Branch, &f.Verdict, &f.Class, &f.Mixed, &f.Score, &f.Author, &f.Subject, &f.Posted, &judged); err != nil {
			return err
		}
		f.Judged, f.Chips = fromMillis(judged), readChips(chips)
		slices.SortFunc(f.Chips, func(a, b Chip) int { return strings.Compare(a.Name, b.Name) })
		names, says := readCells(cells)
		if i := slices.Index(names, branch); branch != "" && i >= 0 {
			f.At = &says[i]
		}
		out[at[id]] = f
		return nil
	})
	// A row that was deleted in between is left out.
	return slices.DeleteFunc(out, func(f Found) bool { return f.ID == "" }), err
}

// each runs f for every row of a query; doing is what an error says.
func (s *Store) each(ctx context.Context, doing, query string, args []any, f func(*sql.Rows) error) (err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return s.wrap(doing, err)
	}
	return s.wrap(doing, eachOf(rows, f))
}

func eachOf(rows *sql.Rows, f func(*sql.Rows) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// eachAfter does the same after another statement, unless that is empty, whose
// settings hold for this query.
func (s *Store) eachAfter(ctx context.Context, first, query string, args []any, f func(*sql.Rows) error) error {
	const doing = "searching"
	if first == "" {
		return s.each(ctx, doing, query, args, f)
	}
	tx, err := s.read.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.wrap(doing, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if _, err := tx.ExecContext(ctx, first); err != nil {
		return s.wrap(doing, err)
	}
	rows, err := tx.QueryContext(ctx, s.dialect.sql(query), s.dialect.args(args)...)
	if err != nil {
		return s.wrap(doing, err)
	}
	return s.wrap(doing, eachOf(rows, f))
}
