package signs

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Tags is what the trailers say about people: who answers for the change, who
// looked at it, who met the bug.
type Tags struct {
	SignedOff     int  // Signed-off-by, all
	AuthorSigned  bool // one of them is the author's or a co-author's submitter
	OtherSigned   int  // of people other than the author: they passed it on
	Reviewed      int  // Reviewed-by, of others
	Acked         int  // Acked-by, of others
	Tested        int  // Tested-by, the author's own included
	OnlyCompiled  int  // of Tested: those whose comment says that nothing was run
	Reported      int  // Reported-by people
	ReportedByBot int  // Reported-by robots and fuzzers
	ByTool        int  // of both: static checkers, which meet no bug
	BotTools      int  // of ByTool: those that stand in ReportedByBot
	FromReplies   int  // of the above, given in replies to the mail

	list []change.Trailer
	// the sign-offs that AuthorSigned and OtherSigned speak of, nil without
	Authors, Others *change.Trailer
	TestedOn        *change.Trailer // names what it was tested on, or how it was run
	Ran             *change.Trailer // the first of Tested that is not one of OnlyCompiled
}

// Evidence points at the first trailer with this key.
func (t *Tags) Evidence(key string) Evidence {
	for i := range t.list {
		if tr := &t.list[i]; strings.EqualFold(tr.Key, key) {
			return TagLine(tr)
		}
	}
	return Evidence{}
}

// TagLine is the evidence of a trailer; the zero Evidence of nil.
func TagLine(tr *change.Trailer) Evidence {
	if tr == nil {
		return Evidence{}
	}
	return Evidence{Line: tr.Line, Text: Shorten(tr.Key + ": " + tr.Value)}
}

// ReadTags reads the trailers once.
func ReadTags(c *change.Change) *Tags {
	t := &Tags{list: c.Trailers}
	for i := range c.Trailers {
		tr := &c.Trailers[i]
		key := tr.Key
		counts := true
		switch {
		case strings.EqualFold(key, "Signed-off-by"):
			t.SignedOff++
			if SamePerson(tr.Value, c.Author) {
				t.AuthorSigned, t.Authors = true, tr
			} else {
				t.OtherSigned, t.Others = t.OtherSigned+1, tr
			}
		case strings.EqualFold(key, "Reviewed-by"):
			if counts = !SamePerson(tr.Value, c.Author); counts {
				t.Reviewed++
			}
		case strings.EqualFold(key, "Acked-by"):
			if counts = !SamePerson(tr.Value, c.Author); counts {
				t.Acked++
			}
		case strings.EqualFold(key, "Tested-on"), strings.EqualFold(key, "Runtime-tested"), strings.EqualFold(key, "Run-tested"), strings.EqualFold(key, "Boot-tested"):
			if t.TestedOn == nil {
				t.TestedOn = tr
			}
			counts = false
		case strings.EqualFold(key, "Tested-by"):
			t.Tested++
			if compiledOnly(tr.Value) {
				t.OnlyCompiled++
			} else if t.Ran == nil {
				t.Ran = tr
			}
		case strings.EqualFold(key, "Reported-by"), strings.EqualFold(key, "Reported-and-tested-by"):
			tool := checker(tr.Value)
			if tool {
				t.ByTool++
			}
			if robot(tr.Value) {
				t.ReportedByBot++
				if tool {
					t.BotTools++
				}
			} else {
				t.Reported++
			}
			if len(key) > len("Reported-by") {
				t.Tested++
				if t.Ran == nil {
					t.Ran = tr
				}
			}
		default:
			counts = false
		}
		if counts && tr.FromThread != "" {
			t.FromReplies++
		}
	}
	return t
}

// compiledOnly reads what stands beside the address of a tag: "# compile only",
// "(build-tested)". What was also run was tested.
func compiledOnly(value string) bool {
	name, comment, _ := strings.Cut(value, ">")
	if _, aside, ok := strings.Cut(name, "("); ok { // "Ada (compile only) <ada@...>"
		comment += " " + aside
	}
	comment = " " + strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(comment, "-", " "), "_", " "))
	for _, w := range [...]string{" not run", "n't run", " not boot", "untested on", "not tested on", "no hardware"} {
		if strings.Contains(comment, w) {
			return true
		}
	}
	for _, w := range [...]string{"boot", "runtime", "run time", " ran ", " run ", "running", "works", "hardware", "smoke", "kunit", "selftest"} {
		if strings.Contains(comment, w) {
			return false
		}
	}
	for _, w := range [...]string{" compile", " compilation", " compiling", " build", " built", "(compil", "(build", "(built", "[compil", "[build", "[built", "#compil", "#build", "#built",
		"allmodconfig", "allyesconfig", "randconfig", "w=1"} {
		if strings.Contains(comment, w) {
			return true
		}
	}
	return false
}

// SamePerson compares a "Name <address>" with a person: the address decides, or
// the name, for people post from several addresses.
func SamePerson(value string, p change.Person) bool {
	name, rest, ok := strings.Cut(value, "<")
	if !ok {
		name, rest = value, value
	}
	addr, _, _ := strings.Cut(rest, ">")
	addr = strings.TrimSpace(addr)
	if p.Address != "" && strings.EqualFold(addr, p.Address) {
		return true
	}
	// A local part of some length is one person's at every provider.
	here, _, _ := strings.Cut(addr, "@")
	there, _, _ := strings.Cut(p.Address, "@")
	if len(here) >= ownLocalPart && strings.EqualFold(here, there) {
		return true
	}
	name = strings.Trim(strings.TrimSpace(name), `"`)
	return p.Name != "" && strings.EqualFold(name, p.Name)
}

// ownLocalPart keeps "info", "linux", "kernel" and first names apart.
const ownLocalPart = 7

// checker tells those who report what a program found in the source.
func checker(value string) bool {
	v := strings.ToLower(value)
	for _, w := range [...]string{"svace", "linuxtesting", "linux verification center", "coverity", "smatch", "coccinelle", "hulk robot", "abaci", "tote robot", "zeal robot", "cppcheck", "sonarqube"} {
		if strings.Contains(v, w) {
			return true
		}
	}
	return false
}

// robot tells test robots and fuzzers by the names that they sign reports with.
func robot(value string) bool {
	v := strings.ToLower(value)
	for _, w := range [...]string{"robot", "syzbot", "syzkaller", "lkp@", "zeroday", "coverity", "hulk", "kernelci", " bot ", "bot@", "ci@", "abaci", "smatch"} {
		if strings.Contains(v, w) {
			return true
		}
	}
	return false
}

// Fuzzer reports whether a trailer names a fuzzer, which runs what it reports.
func (t *Tags) Fuzzer() bool {
	for i := range t.list {
		if strings.Contains(strings.ToLower(t.list[i].Value), "syz") {
			return true
		}
	}
	return false
}

// FuzzerName is what the fuzzer of a trailer is called.
func (t *Tags) FuzzerName() string {
	for _, name := range [...]string{"syzbot", "syzkaller"} {
		for i := range t.list {
			if strings.Contains(strings.ToLower(t.list[i].Value), name) {
				return name
			}
		}
	}
	return "a fuzzer"
}
