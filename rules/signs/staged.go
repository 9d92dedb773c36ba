package signs

import (
	"slices"
	"strings"
)

// Staged is where a message, or the notes below it, says that its author made the bug
// happen: by a fault or a delay that he injected, or by hardware that a program played.
// The trace of that shows that the bug can be met, and not that anybody did.
func Staged(text string) Evidence {
	low := strings.ToLower(text)
	if len(low) != len(text) {
		return Evidence{}
	}
	for _, form := range stagedForms {
		for from := 0; from < len(low); {
			i := strings.Index(low[from:], form.word)
			if i < 0 {
				break
			}
			at := from + i
			from = at + len(form.word)
			if (at == 0 || !wordByte[low[at-1]]) && !quotedLine(low, at) && form.stages(low, at) {
				return lineAt(text, at)
			}
		}
	}
	return Evidence{}
}

// stagedForm is a word of staging, with what stands beside it in its sentence.
type stagedForm struct {
	word         string
	before, with []string // one of before stands before it, one of with behind it; none: nothing has to
}

// byMeans lead from what happens to the means by which it was made to.
var byMeans = []string{" with", " using", " via", " by ", " through", " under", "reproduc", "trigger", "verified", "confirmed", "observed", "hit"}

// parts are what is made to fail, or is played.
var parts = []string{"fault", "error", "fail", "delay", "sleep", "latency", "isr", "irq", "interrupt", "device", "hardware", "controller", "race", "removal", "unplug", "timeout", "disconnect"}

var stagedForms = []stagedForm{
	{"harness", []string{"reproduc", "wrote", "kunit", "qemu", "uml", "simulat", "inject", "drives", "software"}, nil},
	{"fault injection", byMeans, nil}, {"fault-injection", byMeans, nil}, {"error injection", byMeans, nil}, {"failslab", byMeans, nil},
	{"injecting ", nil, parts}, {"injects ", nil, parts}, {"injected ", nil, parts},
	{"simulating ", nil, parts}, {"simulates ", nil, parts}, {"simulated ", nil, parts},
	{"artificial", nil, []string{"delay", "sleep", "widen", "fail", "enlarg"}},
	{"mdelay", []string{"add", "insert", "put"}, widening}, {"msleep", []string{"add", "insert", "put"}, widening}, {"delay", []string{"adding", "added", "inserting", "inserted"}, widening},
}

// widening is what a delay does to a race.
var widening = []string{"widen", "reproduc", "trigger", "enlarge", "provoke", "make the race", "race window", "hit the"}

func (form *stagedForm) stages(s string, at int) bool {
	if before := wordBefore(s, at); before == "be" || before == "deliberate" { // how it could be, and what stands for all such
		return false
	}
	before := oneLine(lastSentence(s[max(0, at-whoseReach):at]))
	after, _, _ := strings.Cut(oneLine(s[at+len(form.word):min(len(s), at+whoseReach)]), ". ")
	has := func(in string, words []string) bool {
		return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(in, w) })
	}
	return has(before, form.before) && has(after, form.with) && !strings.Contains(after, " support") && !strings.HasSuffix(before, "test ")
}
