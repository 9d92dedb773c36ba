package model

// sizeSpecs: how much is changed, and what sort of files.
var sizeSpecs = []spec{
	{name: "size.lines", doc: "doublings of lines with context, tables apart", of: func(m *measured) float64 { return log2(m.code()) }},
	{name: "size.over50", doc: "doublings beyond 50 lines with context", of: func(m *measured) float64 { return above(m.code(), 50) }},
	{name: "size.over100", doc: "doublings beyond the documented 100 lines with context", of: func(m *measured) float64 { return above(m.code(), 100) }},
	{name: "size.over300", doc: "doublings beyond 300 lines with context", of: func(m *measured) float64 { return above(m.code(), 300) }},
	{name: "size.files", doc: "doublings of files beyond one", of: func(m *measured) float64 { return above(m.c.Size.Files, 1) }},
	{name: "size.hunks", doc: "doublings of hunks beyond one", of: func(m *measured) float64 { return above(m.c.Size.Hunks, 1) }},
	{name: "size.headers", doc: "doublings of headers touched", of: func(m *measured) float64 { return log2(m.c.Size.Headers) }},
	{name: "size.header-only", doc: "touches headers alone", of: func(m *measured) float64 { return yes(m.c.Size.HeaderOnly) }},
	{name: "size.new-files", doc: "adds files", of: func(m *measured) float64 { return yes(m.c.Size.NewFiles > 0) }},
	{name: "size.deleted-files", doc: "removes files", of: func(m *measured) float64 { return yes(m.c.Size.DelFiles > 0) }},
	{name: "size.tables", doc: "doublings of table lines", of: func(m *measured) float64 { return log2(m.c.Size.TableLines) }},
	{name: "size.added", doc: "doublings of added lines", of: func(m *measured) float64 { return log2(m.c.Size.Added) }},
	{name: "size.removed", doc: "doublings of removed lines", of: func(m *measured) float64 { return log2(m.c.Size.Removed) }},
	{name: "size.removal", doc: "only removes lines", of: func(m *measured) float64 { return yes(m.c.Size.Added == 0 && m.c.Size.Removed > 0) }},
	{name: "size.one-line", doc: "changes one line", of: func(m *measured) float64 { return yes(m.c.Size.Added <= 1 && m.c.Size.Removed <= 1) }},
	{name: "size.claims", doc: "doublings beyond 50 lines with context, for a claimed fix", of: func(m *measured) float64 {
		if !m.claims {
			return 0
		}
		return above(m.code(), 50)
	}},
	{name: "size.stable", doc: "doublings beyond 50 lines with context, for a change that asks for stable", of: func(m *measured) float64 {
		if !m.stable {
			return 0
		}
		return above(m.code(), 50)
	}},
	{name: "size.comments", doc: "share of changed lines that are comments", of: func(m *measured) float64 {
		n := m.c.Size.Added + m.c.Size.Removed
		if n == 0 {
			return 0
		}
		return float64(m.c.Size.Comment) / float64(n)
	}},
	{name: "files.no-code", doc: "changes no line of code", of: func(m *measured) float64 { return yes(m.c.Size.CodeLines == 0) }},
	{name: "files.whitespace", doc: "changes white space only", of: func(m *measured) float64 { return yes(m.k.WhitespaceOnly) }},

	{name: "files.uapi", doc: "touches uapi headers", of: func(m *measured) float64 { return yes(m.k.UAPI > 0) }},
	{name: "files.build", doc: "touches Kconfig or Makefiles", of: func(m *measured) float64 { return yes(m.k.Build > 0) }},
	{name: "files.docs", doc: "touches documentation", of: func(m *measured) float64 { return yes(m.k.Docs > 0) }},
	{name: "files.tests", doc: "touches tests or tools", of: func(m *measured) float64 { return yes(m.k.Tests > 0) }},
	{name: "files.units", doc: "adds source files", of: func(m *measured) float64 { return yes(m.k.NewUnits > 0) }},
}

// code is the lines with context that are no table.
func (m *measured) code() int { return m.c.Size.LinesWithContext - m.c.Size.TableLines }
