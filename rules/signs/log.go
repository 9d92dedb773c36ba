package signs

import (
	"slices"
	"strings"
)

// crashLines begin what a kernel prints of itself, lower case.
var crashLines = [...]string{"bug: unable to handle", "bug: kernel null", "bug: kasan", "bug: kfence", "bug: kmsan",
	"bug: sleeping function", "bug: scheduling while", "bug: soft lockup",
	"bug: workqueue lockup", "unable to handle kernel", "general protection fault:", "general protection fault, ",
	"oops: ", "oops[", "kernel bug at ", "kernel panic - not",
	"blocked for more than ", "rcu: info: rcu_",
	"warning: cpu: ", "warning: possible circular", "warning: possible recursive", "call trace:", "unreferenced object 0x", "ubsan: "}

// crashLine finds such a line that stands near the beginning of its own, as a log has it:
// a sentence that speaks of one is no log.
func crashLine(s string) int {
	for _, mark := range crashLines {
		for from := 0; ; {
			i := strings.Index(s[from:], mark)
			if i < 0 {
				break
			}
			i += from
			from = i + len(mark)
			near := i <= crashColumn || strings.IndexByte(s[i-crashColumn-1:i], '\n') >= 0
			near = near || logged(s, i)
			if near && !ofOtherCommit(s, i) && !inChangelog(s, i) {
				return i
			}
		}
	}
	return -1
}

// logged reports whether a system's log put time, host and program before offset at:
// "Jul 17 09:57:07 machine kernel: [   12.345678] ".
func logged(s string, at int) bool {
	before := strings.TrimRight(lineBefore(s, at), " ")
	if i := strings.LastIndexByte(before, '['); i >= 0 && strings.HasSuffix(before, "]") {
		before = strings.TrimRight(before[:i], " ")
	}
	return strings.HasSuffix(before, "kernel:")
}

// crashColumn leaves room for a time, a host and a program before what a kernel prints.
const crashColumn = 60

// mild reports whether what a kernel printed begins with no more than a warning or a trace.
func mild(log string) bool {
	return strings.HasPrefix(log, "warning: cpu: ") || strings.HasPrefix(log, "call trace:")
}

// inLog reports whether two more lines of a kernel's log stand beside the one of offset at,
// as a report has them: one that a sentence names stands alone.
func inLog(s string, at int) bool {
	if after, ok := strings.CutPrefix(s[at:], "call trace:"); ok { // the heading of what follows
		return strings.HasPrefix(after, "\n") && len(strings.TrimSpace(after)) > 0
	}
	const behind, before, more = 12, 4, 2
	from := at
	for range before + 1 {
		if from = strings.LastIndexByte(s[:from], '\n'); from < 0 {
			break
		}
	}
	n := 0
	for line := range strings.Lines(s[from+1 : min(len(s), at+behind*longestLine)]) {
		if logLine(line) {
			n++
		}
		if n > more {
			return true
		}
	}
	return false
}

// logLine reports whether a line, in lower case, is one that a kernel prints of a bug.
func logLine(line string) bool {
	line = strings.TrimLeft(line, " \t>#|")
	if stamp, _, ok := strings.Cut(strings.TrimPrefix(line, "["), "]"); ok && line[0] == '[' && strings.Trim(stamp, " 0123456789.tc") == "" {
		return true
	}
	return slices.ContainsFunc(crashLines[:], func(w string) bool { return strings.HasPrefix(line, w) }) ||
		slices.ContainsFunc([]string{"+0x", "cpu: ", "pid: ", "tainted: ", "hardware name:", " by task ", "=======", "backtrace (", "hex dump", "comm \"",
			"is trying to acquire lock", "but task is already holding", "mem abort info", "cpu 0", "in_atomic()", "state:d stack"},
			func(w string) bool { return strings.Contains(line, w) })
}

// warningLine finds the heading of a kernel's WARNING, which names file, line and function:
// "WARNING: drivers/a.c:7 at f+0x1/0x2".
func warningLine(s string) int {
	const mark = "warning: "
	for from := 0; ; {
		i := strings.Index(s[from:], mark)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(mark)
		line, _, _ := strings.Cut(s[from:min(len(s), from+longestLine)], "\n")
		file, at, _ := strings.Cut(line, " ")
		if strings.Contains(file, ".") && strings.Contains(file, ":") && strings.HasPrefix(at, "at ") || strings.HasPrefix(line, "cpu: ") {
			return i
		}
	}
}
