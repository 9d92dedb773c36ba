package model

import (
	"math"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// spec is one feature: everything that can move the score has one, with a name
// that the reader sees and a line that says what it measures.
type spec struct {
	name string
	doc  string
	of   func(*measured) float64
}

// measured is what the features of one change look at.
type measured struct {
	*rules.Facts
	c         *change.Change
	w         *rules.Words
	k         *rules.Code
	t         *rules.Tags
	titled    bool // a word of the title begins with "fix"
	stable    bool // asks for stable
	stripped  bool // judge as if no stable tag stood there
	claims    bool // titled, stable or has a Fixes: tag
	oldest    *rules.Culprit
	sameCycle bool // every culprit that is known came in the release the change goes to
	verb      int  // kind of the first word of the title, 0 for none of them
}

// specs are all features, group by group: the order of a row's columns.
var specs = func() []spec {
	var out []spec
	for _, group := range [][]spec{whereSpecs, bugSpecs, sizeSpecs, vouchSpecs, treeSpecs, baseSpecs, habitSpecs, mateSpecs, postedSpecs, pathSpecs, verbSpecs} {
		out = append(out, group...)
	}
	return out
}()

// measure looks at everything once.
func measure(f *rules.Facts, without bool) *measured {
	m := &measured{Facts: f, c: f.Change, w: f.Words(), k: f.Code(), t: f.Tags(), stripped: without}
	m.titled = titleFix(m.c.LowerSubject())
	m.verb = verbIn(m.c.LowerSubject())
	if !without {
		for i := range m.c.Stable {
			if s := &m.c.Stable[i]; !s.NoAutosel && !s.Recipient {
				m.stable = true
			}
		}
	}
	m.claims = m.titled || m.stable || len(m.c.Fixes) > 0
	if t := f.Tree; t != nil {
		known := 0
		same := 0
		for i := range t.Culprits {
			c := &t.Culprits[i]
			if !c.Resolved || c.Cycles < 0 {
				continue
			}
			known++
			if c.Cycles == 0 {
				same++
			}
			if m.oldest == nil || c.AgeDays > m.oldest.AgeDays {
				m.oldest = c
			}
		}
		m.sameCycle = known > 0 && same == known
	}
	return m
}

// titleFix tells whether a word of the title begins with "fix".
func titleFix(title string) bool {
	for i := 0; i+3 <= len(title); i++ {
		if title[i] == 'f' && title[i+1] == 'i' && title[i+2] == 'x' && (i == 0 || !letter(title[i-1])) {
			return true
		}
	}
	return false
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// Names are all features, in the order of a row.
func Names() []string {
	out := make([]string, len(specs))
	for i := range specs {
		out[i] = specs[i].name
	}
	return out
}

func values(m *measured) []float64 {
	out := make([]float64, len(specs))
	for i := range specs {
		out[i] = specs[i].of(m)
	}
	return out
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// log2 of one more than n: a doubling counts the same everywhere.
func log2(n int) float64 { return math.Log2(float64(1 + max(n, 0))) }

// above is how many doublings n is above from.
func above(n, from int) float64 { return max(0, math.Log2(float64(max(n, 1))/float64(from))) }

func several(n int) float64 { return float64(min(n, 3)) }
