package signs

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/stablebot/stablebot/rules/change"
)

// Sign is something that the changed lines themselves show.
type Sign uint8

// The signs. They are read from the shape of C and Kconfig lines; none knows a
// driver.
const (
	SignNullCheck Sign = iota // if (!x), x == NULL, IS_ERR(x)
	SignBounds                // a comparison, min, clamp, ARRAY_SIZE
	SignLock                  // takes or drops a lock, a barrier, an atomic
	SignRef                   // takes or drops a reference, runtime power
	SignFree                  // frees, unmaps, unregisters, cancels
	SignAlloc                 // allocates
	SignInit                  // initialises: = NULL, = {}, memset, INIT_…
	SignErrorPath             // goto, return -E…
	SignID                    // a row of an ID table
	SignQuirk                 // a row of a quirk or DMI table
	SignRegister              // writes a register
	SignDelay                 // sleeps or delays
	SignDebug                 // prints
	SignFunction              // begins a function
	SignExport                // EXPORT_SYMBOL
	SignParam                 // module_param
	SignFirmware              // MODULE_FIRMWARE
	SignFWLoad                // request_firmware
	SignIoctl                 // defines an ioctl
	SignSysfs                 // creates an attribute of sysfs or procfs
	SignDebugfs               // creates a debugfs file
	SignConfig                // begins a Kconfig symbol
	SignConfigDep             // depends on, select
	SignBroken                // depends on BROKEN
	SignDriver                // registers a driver or a module
	SignValue                 // the same line with other numbers; counted as added
	SignMacro                 // defines a constant
	SignCase                  // a label of a switch that stands for a chip, a version or an ID
	SignCondition             // begins with if
	numSigns      = iota
)

// maxCodeLines bounds the pass over a diff. It is fifty times the documented
// limit of 100 lines: nothing that far out is decided by the shape of a line.
const maxCodeLines = 5000

// Code is what one pass over the changed lines found.
type Code struct {
	Added, Removed [numSigns]int32

	Docs     int // files of documentation alone
	Tests    int // files of tests and tools that no kernel contains
	Build    int // Kconfig and Makefiles
	UAPI     int // files below include/uapi or another uapi folder
	NewUAPI  int // lines added there, less the lines removed
	Sources  int // all other text files
	NewUnits int // new .c files
	IDRest   int // changed lines that continue a row of an ID table
	Power    int // hunks in functions that suspend, resume or change power
	Reset    int // hunks in functions that reset or recover
	// Sameness of what was removed and what was added, over all files.
	WhitespaceOnly bool // only blanks and line breaks differ
	CommentsOnly   bool // only comments, and blanks, differ
	StringsOnly    bool // only strings, comments and blanks differ
	// IncludesDropped: #include lines went, and nothing else changed.
	IncludesDropped bool
	// DefinesDropped: #define lines with a value went, and nothing else changed.
	DefinesDropped bool
	// BytesSwapped: an added line converts the order of bytes.
	BytesSwapped bool
	// LoadList: a driver loads no longer on machines that a list of DMI names leaves out.
	LoadList  bool
	Truncated bool // more than maxCodeLines were changed; the rest was not read

	// Fingerprints of the lines with a sign, whatever their order, to tell moved
	// lines from changed ones.
	addedText, removedText [numSigns]uint64

	first [numSigns]place
	uapi  place
	conf  place
}

// place is where a sign was first seen.
type place struct {
	file *gitdiff.File
	line int32
	text string
}

func (p place) evidence() Evidence {
	if p.file == nil {
		return Evidence{}
	}
	return Evidence{File: FileName(p.file), Line: int(p.line), Text: Shorten(strings.TrimSpace(p.text))}
}

// Evidence points at the first changed line that shows s.
func (c *Code) Evidence(s Sign) Evidence { return c.first[s].evidence() }

// Net is how many more lines with s were added than removed; moved lines count
// as nothing.
func (c *Code) Net(s Sign) int { return int(c.Added[s] - c.Removed[s]) }

// FileName is the path after the change, or before it for a deletion.
func FileName(f *gitdiff.File) string {
	if f.NewName != "" {
		return f.NewName
	}
	return f.OldName
}

// sum is a running fingerprint of a text, one for each side of a diff.
type sum struct {
	all  uint64 // without blanks
	code uint64 // also without comments
	bare uint64 // also without the contents of strings
}

// ReadCode reads the changed lines once.
func ReadCode(c *change.Change) *Code {
	out := &Code{WhitespaceOnly: true, CommentsOnly: true, StringsOnly: true}
	left, changed := maxCodeLines, false
	includes, gone := true, 0
	defines, undefined := true, 0
	for _, f := range c.Files {
		out.file(f)
		if f.IsBinary || len(f.TextFragments) == 0 {
			if f.IsBinary || f.IsNew || f.IsDelete {
				out.same(false, false, false)
			}
			continue
		}
		if left <= 0 {
			out.Truncated = true
			continue
		}
		changed = true
		name := FileName(f)
		r := reader{out: out, file: f, kconfig: isKconfig(name), uapi: isUAPI(name)}
		for _, h := range f.TextFragments {
			r.hunk(h, &left)
			includes = includes && onlyIncludes(h, &gone)
			defines = defines && onlyDefines(h, &undefined)
			out.BytesSwapped = out.BytesSwapped || swapsBytes(h)
			out.LoadList = out.LoadList || listsWhatLoads(h)
			if r.uapi {
				out.NewUAPI += newLines(h)
			}
		}
	}
	out.IncludesDropped = includes && gone > 0 && !out.Truncated
	out.DefinesDropped = defines && undefined > 0 && !out.Truncated
	if !changed || out.Truncated {
		out.same(false, false, false)
	}
	return out
}

// newLines counts the lines of code that a hunk adds, less those that it removes.
// Comments are no interface.
func newLines(h *gitdiff.TextFragment) (n int) {
	for _, l := range h.Lines {
		text := strings.TrimSpace(l.Line)
		switch {
		case text == "" || strings.HasPrefix(text, "/*") && (strings.HasSuffix(text, "*/") || !strings.Contains(text, "*/")) ||
			text[0] == '*' || strings.HasPrefix(text, "//"):
		case l.Op == gitdiff.OpAdd:
			n++
		case l.Op == gitdiff.OpDelete:
			n--
		}
	}
	return n
}

// onlyIncludes reports whether a hunk changes nothing but #include lines, and
// adds to gone how many more it removes than it adds.
func onlyIncludes(h *gitdiff.TextFragment, gone *int) bool {
	for _, l := range h.Lines {
		if l.Op == gitdiff.OpContext || strings.TrimSpace(l.Line) == "" {
			continue
		}
		if !strings.HasPrefix(l.Line, "#include") {
			return false
		}
		if l.Op == gitdiff.OpDelete {
			*gone++
		} else {
			*gone--
		}
	}
	return true
}

// onlyDefines reports whether a hunk only removes #define lines that give a name
// a value, and counts them. A name without one is a switch, and one with
// arguments changes the lines that use it.
func onlyDefines(h *gitdiff.TextFragment, gone *int) bool {
	for _, l := range h.Lines {
		if l.Op == gitdiff.OpContext || strings.TrimSpace(l.Line) == "" {
			continue
		}
		words := strings.Fields(l.Line)
		if l.Op == gitdiff.OpAdd || len(words) < 3 || words[0] != "#define" || strings.Contains(words[1], "(") || words[len(words)-1] == "\\" {
			return false
		}
		*gone++
	}
	return true
}

// swapsBytes reports whether a hunk adds a conversion such as le32_to_cpu, which
// a machine of the other order runs.
func swapsBytes(h *gitdiff.TextFragment) bool {
	for _, l := range h.Lines {
		if l.Op == gitdiff.OpAdd && (strings.Contains(l.Line, "_to_cpu") || strings.Contains(l.Line, "cpu_to_")) {
			return true
		}
	}
	return false
}

// listsWhatLoads reports whether a hunk adds the question whether the machine is missing
// in a list, and refuses to load then: such rows say where a driver runs, and none works
// around anything. A workaround is limited to a list in the same words, and fails nothing.
func listsWhatLoads(h *gitdiff.TextFragment) bool {
	missing := false
	for _, l := range h.Lines {
		if l.Op != gitdiff.OpAdd {
			continue
		}
		missing = missing || strings.Contains(l.Line, "!dmi_check_system(")
		if missing && strings.Contains(l.Line, "return -E") {
			return true
		}
	}
	return false
}

// same narrows what all files so far have in common.
func (c *Code) same(blanks, comments, strings bool) {
	c.WhitespaceOnly = c.WhitespaceOnly && blanks
	c.CommentsOnly = c.CommentsOnly && comments
	c.StringsOnly = c.StringsOnly && strings
}

// file counts f by what its path says.
func (c *Code) file(f *gitdiff.File) {
	name := FileName(f)
	base := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case strings.HasPrefix(name, "Documentation/"), strings.HasSuffix(base, ".rst"), strings.HasSuffix(base, ".txt"),
		strings.HasSuffix(base, ".md"), base == "MAINTAINERS", base == "CREDITS", base == ".mailmap", base == ".gitignore", base == "TODO":
		c.Docs++
	case strings.HasPrefix(name, "tools/"), strings.HasPrefix(name, "samples/"), strings.HasPrefix(name, "scripts/"),
		strings.Contains(name, "/selftests/"), strings.Contains(name, "/tests/"), strings.Contains(name, "/ci/"), strings.Contains(name, "kunit"),
		strings.HasSuffix(base, "_test.c"), strings.HasSuffix(base, "-test.c"), base == "test.c", base == "tests.c":
		c.Tests++
	case isUAPI(name):
		c.UAPI++
		if c.uapi.file == nil {
			c.uapi = place{file: f}
		}
	case isKconfig(name), strings.HasPrefix(base, "Makefile"), strings.HasPrefix(base, "Kbuild"):
		c.Build++
	case !f.IsBinary:
		c.Sources++
		if f.IsNew && strings.HasSuffix(base, ".c") {
			c.NewUnits++
		}
	}
}

func isKconfig(name string) bool {
	return strings.HasPrefix(name[strings.LastIndexByte(name, '/')+1:], "Kconfig")
}

// isUAPI knows the folder of the kernel and those of trees that hold a part of it.
func isUAPI(name string) bool {
	return strings.Contains(name, "include/uapi/") || strings.HasPrefix(name, "uapi/") || strings.Contains(name, "/uapi/") && strings.HasSuffix(name, ".h")
}

// Broken points at a Kconfig line that says depends on BROKEN, beside what changes.
func (c *Code) Broken() Evidence { return c.conf.evidence() }

// InUAPI points at the first file below uapi.
func (c *Code) InUAPI() Evidence { return c.uapi.evidence() }

// Moved reports whether as many lines with s went as came and the diff shows
// none with another text: then they only changed places.
func (c *Code) Moved(s Sign) bool {
	return c.Added[s] == c.Removed[s] && c.addedText[s] == c.removedText[s]
}
