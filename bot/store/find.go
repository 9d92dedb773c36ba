package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reach bounds the work for one page. It is looked for among the first rows of
// its order, each tested: what is frequent is found there. What is rarer is
// looked up in the index of words and marks, and sorted, unless there is more of
// it than count: then enough of it is found a little further down the order. The
// dialects have numbers at which neither way costs more than the other, for
// pages of fifty of a million rows. In the order of scores each row lies
// elsewhere, so fewer are tested.
type reach struct{ walk, scattered, count int }

// further is by how much the walk grows each time.
const further = 4

// countAll is up to how many rows a store has whose matches are counted though
// the page was found without.
const countAll = 50000

// place is where a row stands in the order.
type place struct {
	id    int64
	at    int64   // judged
	score float64 // when it is ordered by score
}

func (p place) cursor(column string) string {
	at := strconv.FormatInt(p.at, 10)
	if column == "score" {
		at = strconv.FormatFloat(p.score, 'g', -1, 64)
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s%s %d", column[:1], at, p.id))
}

func readCursor(c, column string) (at any, id int64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(c)
	v, n, ok := strings.Cut(string(b), " ")
	if err != nil || !ok || !strings.HasPrefix(v, column[:1]) {
		return nil, 0, ErrCursor
	}
	if column == "score" {
		at, err = strconv.ParseFloat(v[1:], 64)
	} else {
		at, err = strconv.ParseInt(v[1:], 10, 64)
	}
	if err == nil {
		id, err = strconv.ParseInt(n, 10, 64)
	}
	if err != nil {
		return nil, 0, ErrCursor
	}
	return at, id, nil
}

// finder finds one page.
type finder struct {
	*Store
	q                  Query
	w                  wanted
	column, desc, less string
	after              []any // the place before the first row
}

// find returns up to one row more than the page has, and how many match.
func (f *finder) find(ctx context.Context) (out []place, total int, err error) {
	searched := len(f.w.test) > 0
	ranged := !f.q.Since.IsZero() || !f.q.Until.IsZero()
	window := f.reach.walk
	if f.column == "score" {
		window = f.reach.scattered
	}
	if !searched && (!ranged || f.column == "judged") {
		window = 0 // every row matches
	}
	out, err = f.walk(ctx, window)
	if err != nil {
		return nil, 0, err
	}
	filled := len(out) > f.q.Limit || window == 0
	var all lookup
	if !searched {
		all = f.inTime()
	}
	switch {
	case !searched && !ranged:
		return out, -1, nil
	case !searched && filled:
		total, err = f.count(ctx, all)
		return out, total, err
	case !searched:
		if out, total, err = f.sorted(ctx, all); total >= 0 || err != nil {
			return out, total, err
		}
	}
	var rows int64
	if err := f.read.QueryRowContext(ctx, "select coalesce(max(id), 0) from listed").Scan(&rows); err != nil {
		return nil, 0, err
	}
	if filled {
		if total = -1; rows <= countAll {
			total, err = f.count(ctx, f.lookups()[0])
		}
		return out, total, err
	}
	if searched {
		for _, l := range slices.Backward(f.lookups()) {
			if out, total, err = f.sorted(ctx, l); total >= 0 || err != nil {
				return out, total, err
			}
		}
	}
	for window *= further; ; window *= further {
		if out, err = f.walk(ctx, window); err != nil || len(out) > f.q.Limit || int64(window) > rows {
			return out, -1, err
		}
	}
}

// lookups are what the index can be asked for: all of it, and all but an open
// word that is short, whose test is left to the rows where the others are rare
// enough. All words that begin so would have to be read for it.
func (f *finder) lookups() []lookup {
	l := f.dialect.lookup(f.w.said, f.w.marks)
	l.whole = true
	closed := slices.DeleteFunc(slices.Clone(f.w.said), func(p phrase) bool { return p.open })
	short := slices.ContainsFunc(f.w.said, func(p phrase) bool {
		return p.open && utf8.RuneCountInString(p.words[len(p.words)-1]) < f.dialect.long
	})
	if short && len(closed)+len(f.w.marks) > 0 {
		return []lookup{l, f.dialect.lookup(closed, f.w.marks)}
	}
	return []lookup{l}
}

// inTime is what stands in the times that are asked for, found by their index.
func (f *finder) inTime() lookup {
	where, args := f.ranged(nil, nil)
	return lookup{hits: "select t.id, t.judged, t.score from listed t where " + strings.Join(append(where, "true"), " and ") + " order by t.judged", args: args,
		rows: "hit t", places: "hit t", joined: "true", whole: true}
}

// tested is what l does not know of the rows that it hits: times, and the open
// word.
func (f *finder) tested(l lookup) (from string, where []string, args []any) {
	from, where = l.places, []string{l.joined}
	if !l.whole {
		from, where, args = l.rows, append(where, f.w.test...), slices.Clone(f.w.args)
	}
	where, args = f.ranged(where, args)
	return from, where, args
}

func (f *finder) ranged(where []string, args []any) ([]string, []any) {
	if !f.q.Since.IsZero() {
		where, args = append(where, "t.judged >= ?"), append(args, millis(f.q.Since))
	}
	if !f.q.Until.IsZero() {
		where, args = append(where, "t.judged < ?"), append(args, millis(f.q.Until))
	}
	return where, args
}

// count counts what l finds, -1 when that is more than is counted.
func (f *finder) count(ctx context.Context, l lookup) (total int, err error) {
	_, total, err = f.collect(ctx, l, 0)
	return total, err
}

// sorted collects what l finds, sorts it, and returns a page of it and how much
// it is; -1 and no rows when it is more than is counted.
func (f *finder) sorted(ctx context.Context, l lookup) (out []place, total int, err error) {
	return f.collect(ctx, l, f.q.Limit+1)
}

func (f *finder) collect(ctx context.Context, l lookup, limit int) (out []place, total int, err error) {
	from, where, tests := f.tested(l)
	args, behind := append(slices.Clone(l.args), tests...), "true"
	if f.after != nil {
		behind, args = "(d.at, d.id) "+f.less+" (?, ?)", append(args, f.after...)
	}
	// Each part is made before the next, or the planner might walk the index of
	// the order after all. No row is looked at when there are too many.
	hits := 0
	err = f.eachAfter(ctx, l.first, fmt.Sprintf(`with hit as materialized (%s limit %d), hits as materialized (select count(*) as n from hit),
		d as materialized (select t.id, t.%s as at from %s where (select n from hits) <= %d and %s)
		select hits.n, c.n, coalesce(p.id, 0), coalesce(p.at, 0) from hits cross join (select count(*) as n from d) c
		left join (select d.id, d.at from d where %s order by d.at%s, d.id%s limit %d) p on true order by p.at%s, p.id%s`,
		l.hits, f.reach.count+1, f.column, from, f.reach.count, strings.Join(where, " and "), behind, f.desc, f.desc, limit, f.desc, f.desc), args, func(r *sql.Rows) error {
		p, err := f.place(r, &hits, &total)
		if p.id > 0 {
			out = append(out, p)
		}
		return err
	})
	if hits > f.reach.count {
		return nil, -1, err
	}
	return out, total, err
}

// walk tests rows in the order of the page: so many, or all when 0.
func (f *finder) walk(ctx context.Context, window int) ([]place, error) {
	var where []string
	var args []any
	if f.column == "judged" {
		where, args = f.ranged(where, args)
	} else if f.q.Verdict != "" {
		where, args = append(where, "t.verdict = ?"), append(args, f.q.Verdict) // an index goes with it
	}
	if f.after != nil {
		where, args = append(where, "(t."+f.column+", t.id) "+f.less+" (?, ?)"), append(args, f.after...)
	}
	in := "select t.id, t.judged, t.score, t.title, t.author, t.rest, t.marks from listed t"
	if len(where) > 0 {
		in += " where " + strings.Join(where, " and ")
	}
	in += " order by t." + f.column + f.desc + ", t.id" + f.desc
	if window > 0 {
		in += fmt.Sprintf(" limit %d", window)
	}
	tests := append([]string{"true"}, f.w.test...)
	args = append(args, f.w.args...)
	if f.column == "score" {
		tests, args = f.ranged(tests, args)
	}
	return f.places(ctx, fmt.Sprintf("select t.id, t.%s from (%s) t where %s order by t.%s%s, t.id%s limit %d", f.column, in, strings.Join(tests, " and "),
		f.column, f.desc, f.desc, f.q.Limit+1), args)
}

func (f *finder) places(ctx context.Context, query string, args []any) (out []place, err error) {
	err = f.each(ctx, "searching", query, args, func(r *sql.Rows) error {
		p, err := f.place(r)
		out = append(out, p)
		return err
	})
	return out, err
}

func (f *finder) place(r *sql.Rows, first ...any) (p place, err error) {
	at := any(&p.at)
	if f.column == "score" {
		at = &p.score
	}
	err = r.Scan(append(first, &p.id, at)...)
	return p, err
}
