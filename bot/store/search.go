package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/stablebot/stablebot/bot"
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
	Series  string
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
	Cell, State, Applies string
	Class                verdict.Class
	Score                float64
	Lines, First         int
}

// Page is a part of the rows that match.
type Page struct {
	Rows []Found
	Next string // "" at the end
	// Total is how many rows match, -1 when there are more than it is worth
	// counting.
	Total int
}

// ErrCursor says that a page was asked for that no answer led to.
var ErrCursor = errors.New("this is no place in the list; begin at its first page")

// drivenBy is up to how many matches of one condition are collected and sorted;
// what matches more often is found soon enough by walking the index of the
// order. The two cost the same, for pages of fifty of a million rows, where
// both look at some √(50 × 1,000,000) of them.
const drivenBy = 5000

// condition is one test of a row j of judgement.
type condition struct {
	ids   string // selects the ids that pass; "" when nothing finds them quickly
	test  string
	args  []any // of ids, and of test unless tests are set
	tests []any
}

func (c *condition) testArgs() []any {
	if c.tests != nil {
		return c.tests
	}
	return c.args
}

func (q *Query) conditions(d *dialect) (out []condition) {
	eq := func(column, v string) {
		if v != "" {
			out = append(out, condition{ids: "select change_id from judgement where " + column + " = ?", test: "j." + column + " = ?", args: []any{v}})
		}
	}
	side := func(what, table, where string, args ...any) {
		out = append(out, condition{
			ids: "select " + what + " from " + table + " s where " + where,
			// By its id: an index that begins with the name would be read from its
			// beginning for each row.
			test: "exists (select 1 from " + table + " s where s.change_id = j.change_id and " + d.unindexed + where + ")", args: args})
	}
	eq("verdict", q.Verdict)
	eq("reason_class", q.Class)
	eq("list", q.List)
	eq("series_key", q.Series)
	for _, c := range []struct{ what, column, v string }{{"distinct s.change_id", "driver", q.Driver}, {"s.change_id", "chip", q.Chip}} {
		switch {
		case c.v == "":
		case q.Verdict == "":
			side(c.what, "judgement_chip", "s."+c.column+" = ?", c.v)
		default:
			side(c.what, "judgement_chip", "s."+c.column+" = ? and s.verdict = ?", c.v, q.Verdict)
		}
	}
	if q.Branch != "" {
		where, args := "s.branch = ?", []any{q.Branch}
		if len(q.Cells) > 0 {
			in, cells := marks(q.Cells)
			where, args = where+" and s.cell in ("+in+")", append(args, cells...)
		}
		side("s.change_id", "judgement_branch", where, args...)
	}
	if len(q.InAny) > 0 {
		in, args := marks(q.InAny)
		out = append(out, condition{
			test: "exists (select 1 from judgement_branch n where n.change_id = j.change_id and n.cell = 'in' and n.branch in (" + in + "))", args: args})
	}
	if m := match(d, q.Text, q.Author); m != "" {
		test, like := wordTest(q.Text, q.Author)
		out = append(out, condition{ids: d.wordIDs, test: test, args: []any{m}, tests: like})
	}
	return out
}

// wordTest looks at the words of one row, which stand in its text with one space
// between them: cheaper than asking the index for each row anew.
func wordTest(text, author string) (test string, args []any) {
	add := func(of, s string, open bool) {
		if ws := words(s); ws != "" {
			end := " %"
			if open {
				end = "%"
			}
			test, args = test+" and ' ' || "+of+" || ' ' like ?", append(args, "% "+ws+end)
		}
	}
	fields := strings.Fields(text)
	for i, f := range fields {
		add("t.title || ' ' || t.author || ' ' || t.rest", f, i == len(fields)-1)
	}
	add("t.author", author, true)
	return "exists (select 1 from judgement_text t where t.change_id = j.change_id" + test + ")", args
}

// match is the full-text expression for words anywhere and words of the author,
// in the language of the database. It holds letters, digits and our own marks.
func match(d *dialect, text, author string) string {
	var all []string
	fields := strings.Fields(text)
	for i, f := range fields {
		if ws := words(f); ws != "" {
			all = append(all, d.phrase(strings.Fields(ws), i == len(fields)-1, false))
		}
	}
	if ws := words(author); ws != "" {
		all = append(all, d.phrase(strings.Fields(ws), true, true))
	}
	return strings.Join(all, d.and)
}

// phraseFTS5 quotes words that follow each other; open: the last one may be the
// beginning of a word; author: of the author's name or address.
func phraseFTS5(ws []string, open, author bool) string {
	p := `"` + strings.Join(ws, " ") + `"`
	if open {
		p += " *"
	}
	if author {
		p = "author : " + p
	}
	return p
}

func phraseTSQuery(ws []string, open, author bool) string {
	var b strings.Builder
	for i, w := range ws {
		if i > 0 {
			b.WriteString(" <-> ")
		}
		b.WriteString(w)
		marks := ""
		if open && i == len(ws)-1 {
			marks = "*"
		}
		if author {
			marks += "B"
		}
		if marks != "" {
			b.WriteString(":" + marks)
		}
	}
	return "(" + b.String() + ")"
}

// words brings a text to what is indexed: letters and digits in lower case.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// Search returns a page of what matches q.
func (s *Store) Search(ctx context.Context, q Query) (p Page, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	conds := q.conditions(s.dialect)
	p.Total = -1
	best, least := -1, drivenBy+1
	for i, c := range conds {
		if c.ids == "" {
			continue
		}
		var n int
		err := s.read.QueryRowContext(ctx, fmt.Sprintf("select count(*) from (%s limit %d) x", c.ids, drivenBy+1), c.args...).Scan(&n)
		if err != nil {
			return p, s.wrap("searching", err)
		}
		if n < least {
			best, least = i, n
		}
	}
	if least == 0 {
		p.Total = 0
		return p, nil
	}
	column, desc := "judged", "desc"
	if q.Order == Highest || q.Order == Lowest {
		column = "score"
	}
	if q.Order == Oldest || q.Order == Lowest {
		desc = ""
	}
	from, where, args := "judgement j", []string{"j.private = 0"}, []any(nil)
	if best >= 0 {
		// Written so that this condition finds the rows and the others test them.
		from = "(" + conds[best].ids + ") d cross join judgement j"
		where, args = append(where, "j.change_id = d.change_id"), append(args, conds[best].args...)
	}
	for i, c := range conds {
		if i != best {
			test := c.test
			if column == "score" && strings.HasPrefix(test, "j.") {
				test = s.dialect.unindexed + test // its index has another order: a sort of all that match
			}
			where, args = append(where, test), append(args, c.testArgs()...)
		}
	}
	if !q.Since.IsZero() {
		where, args = append(where, "j.judged >= ?"), append(args, millis(q.Since))
	}
	if !q.Until.IsZero() {
		where, args = append(where, "j.judged < ?"), append(args, millis(q.Until))
	}
	if best >= 0 {
		if p.Total, err = s.count(ctx, from, where, args, len(conds) == 1 && q.Since.IsZero() && q.Until.IsZero(), least); err != nil {
			return p, err
		}
	}
	if q.After != "" {
		at, id, err := readCursor(q.After, column)
		if err != nil {
			return p, err
		}
		where = append(where, "(j."+column+", j.change_id) "+map[string]string{"desc": "<", "": ">"}[desc]+" (?, ?)")
		args = append(args, at, id)
	}
	order := fmt.Sprintf(" order by j.%s %s, j.change_id %s", column, desc, desc)
	query := "select j.change_id, j.kind, j.series_key, j.list, j.branch, j.verdict, j.reason_class, j.mixed, j.score, j.author, j.subject, j.date, j.judged, j.body from (" +
		"select j.change_id from " + from + " where " + strings.Join(where, " and ") + order + fmt.Sprintf(" limit %d", q.Limit+1) +
		") f cross join judgement j where j.change_id = f.change_id" + order
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return p, s.wrap("searching", err)
	}
	if p.Rows, err = scanFound(rows); err != nil {
		return p, s.wrap("searching", err)
	}
	if len(p.Rows) > q.Limit {
		p.Rows = p.Rows[:q.Limit]
		last := p.Rows[q.Limit-1]
		p.Next = writeCursor(last, column)
	}
	return p, s.places(ctx, p.Rows, q.Branch)
}

// count counts what a driven query matches; known is its count when nothing
// else narrows it down.
func (s *Store) count(ctx context.Context, from string, where []string, args []any, alone bool, known int) (n int, err error) {
	if alone && known > drivenBy/10 {
		return known, nil // not worth a look at each for the few that are private
	}
	err = s.read.QueryRowContext(ctx, "select count(*) from "+from+" where "+strings.Join(where, " and "), args...).Scan(&n)
	return n, s.wrap("counting what was found in", err)
}

func writeCursor(last Found, column string) string {
	at := strconv.FormatInt(millis(last.Judged), 10)
	if column == "score" {
		at = strconv.FormatFloat(last.Score, 'g', -1, 64)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(column[:1] + at + " " + last.ID))
}

func readCursor(c, column string) (at any, id string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(c)
	v, id, ok := strings.Cut(string(b), " ")
	if err != nil || !ok || !strings.HasPrefix(v, column[:1]) {
		return nil, "", ErrCursor
	}
	if column == "score" {
		at, err = strconv.ParseFloat(v[1:], 64)
	} else {
		at, err = strconv.ParseInt(v[1:], 10, 64)
	}
	if err != nil {
		return nil, "", ErrCursor
	}
	return at, id, nil
}

func scanFound(rows *sql.Rows) (out []Found, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			f    Found
			at   int64
			body []byte
			more struct {
				Size change.Size `json:"size"`
			}
		)
		if err := rows.Scan(&f.ID, &f.Kind, &f.SeriesKey, &f.List, &f.Branch, &f.Verdict, &f.Class, &f.Mixed, &f.Score, &f.Author,
			&f.Subject, &f.Posted, &at, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &more); err != nil {
			return nil, fmt.Errorf("reading the stored judgement of %s: %w", f.ID, err)
		}
		f.Size, f.Judged = more.Size, fromMillis(at)
		out = append(out, f)
	}
	return out, rows.Err()
}

// places adds hardware, and what the branch says, to a page of rows.
func (s *Store) places(ctx context.Context, rows []Found, branch string) error {
	if len(rows) == 0 {
		return nil
	}
	at, ids := make(map[string]int, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		at[r.ID], ids[i] = i, r.ID
	}
	in, args := marks(ids)
	err := s.each(ctx, "select change_id, chip, driver from judgement_chip where change_id in ("+in+") order by change_id, chip", args, func(r *sql.Rows) error {
		var id string
		var c Chip
		if err := r.Scan(&id, &c.Name, &c.Driver); err != nil {
			return err
		}
		rows[at[id]].Chips = append(rows[at[id]].Chips, c)
		return nil
	})
	if err != nil || branch == "" {
		return err
	}
	return s.each(ctx, "select change_id, cell, state, applies, class, score, lines, first from judgement_branch where change_id in ("+in+") and branch = ?",
		append(slices.Clip(args), branch), func(r *sql.Rows) error {
			var id string
			var p Place
			if err := r.Scan(&id, &p.Cell, &p.State, &p.Applies, &p.Class, &p.Score, &p.Lines, &p.First); err != nil {
				return err
			}
			rows[at[id]].At = &p
			return nil
		})
}

// each runs f for every row of a query.
func (s *Store) each(ctx context.Context, query string, args []any, f func(*sql.Rows) error) (err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return s.wrap("reading", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return s.wrap("reading", err)
		}
	}
	return s.wrap("reading", rows.Err())
}

// index writes what is searched for. What is private is taken out.
func (t *txn) index(j bot.Judged) error {
	if _, err := t.exec("delete from judgement_branch where change_id = ?", j.ID); err != nil {
		return err
	}
	var private int
	if err := t.row(&private, "select private from judgement where change_id = ?", j.ID); err != nil {
		return err
	}
	if private == 1 {
		_, err := t.exec("delete from judgement_text where change_id = ?", j.ID)
		return err
	}
	for _, b := range j.Branches {
		if j.Verdict == verdict.OutOfScope {
			break // no fix: no branch lacks it
		}
		if _, err := t.exec(`insert into judgement_branch (change_id, branch, cell, state, applies, class, score, lines, first)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`, j.ID, b.Name, string(launch.CellOf(b)), b.State, b.Applies,
			string(b.ReasonClass), b.Score, b.PileLines, len(b.Prerequisites)); err != nil {
			return err
		}
	}
	rest := []string{j.List, j.Branch, j.ID}
	for _, c := range chips(j.Silicon) {
		rest = append(rest, c.Name, c.Driver)
	}
	_, err := t.exec(`insert into judgement_text (change_id, title, author, rest) values (?, ?, ?, ?)
		on conflict (change_id) do update set title = excluded.title, author = excluded.author, rest = excluded.rest
		where judgement_text.title <> excluded.title or judgement_text.author <> excluded.author or judgement_text.rest <> excluded.rest`,
		j.ID, words(j.Subject), words(j.Author), words(strings.Join(rest, " ")))
	return err
}
