package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Tables counts the lines that nobody has to review one by one.
var Tables = &Rule{
	ID: "tables",
	Doc: `without its table lines the change is within the limit

Rows of register headers, firmware lists, quirk and ID tables are long and
harmless; stable has taken a patch of 468 lines of which 397 were a register
table. They are counted apart, and this rule looks at what is left. It applies
only where such rows are a quarter of the patch or more.

Met: 180 lines with context of which 150 are quirk rows.
Unmet: 400 lines with context of which 160 are quirk rows.`,
	Ref: Ref{stableRules, ruleList, "no more than a hundred lines; device IDs and quirks are welcome"},
	Values: []Value{
		{Name: "size.tables", Doc: "doublings of table lines", Of: func(f *Facts) float64 { return log2(f.Change.Size.TableLines) }},
		{Name: "size.rows", Doc: "only adds rows of a table", Of: func(f *Facts) float64 { return yes(f.rows()) }},
	},
	Run: func(f *Facts) (Finding, error) {
		s := &f.Change.Size
		if s.TableLines == 0 {
			return notApplicable("no table or generated lines in it")
		}
		if s.TableLines*4 < s.LinesWithContext { // a few rows explain no size
			return notApplicable(fmt.Sprintf("only %d of %d lines with context are %s", s.TableLines, s.LinesWithContext, f.tableLines()))
		}
		rest := s.LinesWithContext - s.TableLines
		o, rel := Met, "within"
		if rest > maxLines {
			o, rel = Unmet, "over"
		}
		reason := fmt.Sprintf("%d of %d lines with context are %s; the other %s %s the documented limit of %d",
			s.TableLines, s.LinesWithContext, f.tableLines(), others(rest), rel, maxLines)
		if rest <= 0 {
			reason = "nothing but " + f.tableLines() + ": " + change.Count(s.LinesWithContext, "line") + " with context"
		}
		return Finding{Outcome: o, Reason: reason,
			Values: map[string]float64{"table_lines": float64(s.TableLines), "rest": float64(rest)}}, nil
	},
}

// tableLines is what the lines that are no code are called: a device tree is data, and no
// table.
func (f *Facts) tableLines() string {
	if f.path(func(n string) bool {
		return strings.HasSuffix(n, ".dts") || strings.HasSuffix(n, ".dtsi") || strings.HasSuffix(n, ".dtso")
	}) {
		return "lines of tables or device trees"
	}
	return "table lines"
}

func others(n int) string {
	if n == 1 {
		return "one is"
	}
	return strconv.Itoa(n) + " are"
}
