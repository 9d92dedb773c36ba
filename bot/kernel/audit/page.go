package audit

import (
	_ "embed" // the page
	"html/template"
	"io"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"short":  func(id string) string { return id[:min(12, len(id))] },
	"dash":   func(c Class) string { return dash(string(c)) },
	"places": func(hs []Hunk) string { return counted(len(hs), "place") },
}).Parse(pageText))

// HTML writes one page for several branches: a row for each mainline commit, a column for
// each branch. It loads nothing.
func HTML(w io.Writer, rs []*Report) error {
	type column struct {
		Branch string
		Sums   []string
	}
	data := struct {
		Columns []column
		Rows    []pageRow
	}{Rows: upstreams(rs)}
	for _, r := range rs {
		data.Columns = append(data.Columns, column{r.Branch, r.sums()})
	}
	return page.Execute(w, data)
}
