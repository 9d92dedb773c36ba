package rules

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
	Power    int // hunks in functions that suspend, resume or change power
	Reset    int // hunks in functions that reset or recover
	// Sameness of what was removed and what was added, over all files.
	WhitespaceOnly bool // only blanks and line breaks differ
	CommentsOnly   bool // only comments, and blanks, differ
	StringsOnly    bool // only strings, comments and blanks differ
	Truncated      bool // more than maxCodeLines were changed; the rest was not read

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
	return Evidence{File: fileName(p.file), Line: int(p.line), Text: shorten(strings.TrimSpace(p.text))}
}

// Evidence points at the first changed line that shows s.
func (c *Code) Evidence(s Sign) Evidence { return c.first[s].evidence() }

// Net is how many more lines with s were added than removed; moved lines count
// as nothing.
func (c *Code) Net(s Sign) int { return int(c.Added[s] - c.Removed[s]) }

// fileName is the path after the change, or before it for a deletion.
func fileName(f *gitdiff.File) string {
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

func readCode(c *change.Change) *Code {
	out := &Code{WhitespaceOnly: true, CommentsOnly: true, StringsOnly: true}
	left, changed := maxCodeLines, false
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
		name := fileName(f)
		r := reader{out: out, file: f, kconfig: isKconfig(name), uapi: isUAPI(name)}
		for _, h := range f.TextFragments {
			r.hunk(h, &left)
			if r.uapi {
				out.NewUAPI += int(h.LinesAdded - h.LinesDeleted)
			}
		}
	}
	if !changed || out.Truncated {
		out.same(false, false, false)
	}
	return out
}

// same narrows what all files so far have in common.
func (c *Code) same(blanks, comments, strings bool) {
	c.WhitespaceOnly = c.WhitespaceOnly && blanks
	c.CommentsOnly = c.CommentsOnly && comments
	c.StringsOnly = c.StringsOnly && strings
}

// file counts f by what its path says.
func (c *Code) file(f *gitdiff.File) {
	name := fileName(f)
	base := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case strings.HasPrefix(name, "Documentation/"), strings.HasSuffix(base, ".rst"), strings.HasSuffix(base, ".txt"),
		strings.HasSuffix(base, ".md"), base == "MAINTAINERS", base == "CREDITS", base == ".mailmap", base == ".gitignore", base == "TODO":
		c.Docs++
	case strings.HasPrefix(name, "tools/"), strings.HasPrefix(name, "samples/"), strings.HasPrefix(name, "scripts/"),
		strings.Contains(name, "/selftests/"), strings.Contains(name, "/tests/"), strings.Contains(name, "/ci/"), strings.Contains(name, "kunit"):
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
	return strings.Contains(name, "/uapi/") || strings.HasPrefix(name, "uapi/")
}

// reader goes through the hunks of one file.
type reader struct {
	out      *Code
	file     *gitdiff.File
	kconfig  bool
	uapi     bool
	comment  [2]bool // inside a block comment, before and after the change
	add, del sum     // of the current block of changed lines
	// shapes of removed lines of the current block, to be paired with added ones
	shapes [16]shape
	nshape int
}

// shape is a line without its numbers, and its numbers.
type shape struct{ form, numbers uint64 }

func (r *reader) hunk(h *gitdiff.TextFragment, left *int) {
	fn := strings.ToLower(h.Comment)
	if strings.Contains(fn, "suspend") || strings.Contains(fn, "resume") || strings.Contains(fn, "power") || strings.Contains(fn, "_pm_") {
		r.out.Power++
	}
	if strings.Contains(fn, "reset") || strings.Contains(fn, "recover") || strings.Contains(fn, "unload") || strings.Contains(fn, "teardown") {
		r.out.Reset++
	}
	in := startsInComment(h)
	r.comment = [2]bool{in, in}
	line := int32(h.NewPosition)
	paired := 0
	for _, l := range h.Lines {
		switch l.Op {
		case gitdiff.OpContext:
			r.block()
			paired = 0
			line++
			if r.comment != [2]bool{} || strings.Contains(l.Line, "/*") {
				r.comment[0] = endsInComment(l.Line, r.comment[0])
				r.comment[1] = endsInComment(l.Line, r.comment[1])
			}
			if r.kconfig && r.out.conf.file == nil && strings.Contains(l.Line, "BROKEN") {
				r.out.conf = place{r.file, line - 1, l.Line}
			}
			continue
		case gitdiff.OpDelete:
			if paired > 0 {
				r.nshape, paired = 0, 0
			}
		}
		if *left--; *left < 0 {
			r.out.Truncated = true
			return
		}
		add := l.Op == gitdiff.OpAdd
		sh, ok := r.line(l.Line, add, line)
		switch {
		case !ok:
		case !add && r.nshape < len(r.shapes):
			r.shapes[r.nshape] = sh
			r.nshape++
		case add && paired < r.nshape:
			if old := r.shapes[paired]; old.form == sh.form && old.numbers != sh.numbers {
				r.mark(SignValue, true, l.Line, line)
			}
			paired++
		}
		if add {
			line++
		}
	}
	r.block()
}

// block closes a run of changed lines: its two sides are compared by
// themselves, so that code moved elsewhere is a difference. A block that opens
// or closes a comment around lines it does not show hides or reveals code.
func (r *reader) block() {
	if r.add != (sum{}) || r.del != (sum{}) {
		shut := r.comment[0] == r.comment[1]
		r.out.same(r.add.all == r.del.all, shut && r.add.code == r.del.code, shut && r.add.bare == r.del.bare)
		r.add, r.del = sum{}, sum{}
	}
	r.nshape = 0
}

// startsInComment tells whether the first lines shown are the inside of a
// comment that began above the hunk.
func startsInComment(h *gitdiff.TextFragment) bool {
	for _, l := range h.Lines {
		open, end := strings.Index(l.Line, "/*"), strings.Index(l.Line, "*/")
		if open >= 0 && (end < 0 || open < end) {
			return false
		}
		if end >= 0 {
			return true
		}
	}
	return false
}

func endsInComment(s string, in bool) bool {
	open, end := strings.LastIndex(s, "/*"), strings.LastIndex(s, "*/")
	if open < 0 && end < 0 {
		return in
	}
	return open > end
}

func (r *reader) mark(s Sign, add bool, text string, line int32) {
	if add {
		r.out.Added[s]++
	} else {
		r.out.Removed[s]++
	}
	if p := &r.out.first[s]; p.file == nil || !add && r.out.Added[s] == 0 {
		*p = place{r.file, line, text}
	}
}

// fnv64 constants: a fingerprint that needs no table and no allocation.
const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

// line reads one changed line: its fingerprint, its shape, its identifiers.
// ok is false for lines that hold no code.
func (r *reader) line(s string, add bool, at int32) (sh shape, ok bool) {
	side, comment := &r.del, &r.comment[0]
	if add {
		side, comment = &r.add, &r.comment[1]
	}
	all, code, bare := side.all, side.code, side.bare
	form, numbers := uint64(fnvBasis), uint64(fnvBasis)
	var seen uint32 // signs of this line: each counts once
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	column := i
	begin := i
	if !*comment && i < len(s) && s[i] == '*' && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\n' || s[i+1] == '/' || s[i+1] == '\t') {
		// The middle of a comment whose ends are not shown.
		for ; i < len(s); i++ {
			if c := s[i]; c > ' ' {
				all = (all ^ uint64(c)) * fnvPrime
			}
		}
		side.all = all
		return sh, false
	}
	if r.kconfig {
		r.kconfigLine(s[i:], add, at)
	}
	condition := false // "if (" or "while (" began this line
	for i < len(s) {
		c := s[i]
		switch {
		case c <= ' ':
			i++
			continue
		case *comment:
			all = (all ^ uint64(c)) * fnvPrime
			if c == '*' && i+1 < len(s) && s[i+1] == '/' {
				all = (all ^ '/') * fnvPrime
				*comment = false
				i++
			}
			i++
			continue
		case c == '/' && i+1 < len(s) && s[i+1] == '*':
			*comment = true
			all = ((all^'/')*fnvPrime ^ '*') * fnvPrime
			i += 2
			continue
		case c == '/' && i+1 < len(s) && s[i+1] == '/', c == '#' && r.kconfig:
			for ; i < len(s); i++ {
				if s[i] > ' ' {
					all = (all ^ uint64(s[i])) * fnvPrime
				}
			}
			continue
		case c == '"':
			all = (all ^ '"') * fnvPrime
			code = (code ^ '"') * fnvPrime
			bare = (bare ^ '"') * fnvPrime
			form = (form ^ '"') * fnvPrime
			for i++; i < len(s) && s[i] != '"' && s[i] != '\n'; i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				all = (all ^ uint64(s[i])) * fnvPrime
				code = (code ^ uint64(s[i])) * fnvPrime
				if s[i] < '0' || s[i] > '9' {
					form = (form ^ uint64(s[i])) * fnvPrime
				} else {
					numbers = (numbers ^ uint64(s[i])) * fnvPrime
				}
			}
			i++
			ok = true
			continue
		case c >= '0' && c <= '9':
			for ; i < len(s) && identByte[s[i]]; i++ {
				v := uint64(s[i])
				all = (all ^ v) * fnvPrime
				code = (code ^ v) * fnvPrime
				bare = (bare ^ v) * fnvPrime
				numbers = (numbers ^ v) * fnvPrime
			}
			form = (form ^ '0') * fnvPrime
			numbers = (numbers ^ ' ') * fnvPrime
			ok = true
			continue
		case identByte[c]:
			start := i
			for ; i < len(s) && identByte[s[i]]; i++ {
				v := uint64(s[i])
				all = (all ^ v) * fnvPrime
				code = (code ^ v) * fnvPrime
				bare = (bare ^ v) * fnvPrime
				form = (form ^ v) * fnvPrime
			}
			ok = true
			id := s[start:i]
			if start == begin && (id == "if" || id == "while") {
				condition = true
			}
			if start == begin && id == "return" || id == "goto" {
				if id == "goto" || strings.HasPrefix(strings.TrimLeft(s[i:], " ("), "-E") {
					seen |= 1 << SignErrorPath
				}
				continue
			}
			if start == begin && id == "case" {
				if names(s[i:]) {
					seen |= 1 << SignCase
				}
				continue
			}
			if id == "compatible" && start > 0 && s[start-1] == '.' && strings.HasPrefix(s[i:], " = \"") {
				seen |= 1 << SignID
				continue
			}
			if sg, is := identifier(id, i < len(s) && s[i] == '('); is {
				seen |= 1 << sg
			}
			continue
		}
		all = (all ^ uint64(c)) * fnvPrime
		code = (code ^ uint64(c)) * fnvPrime
		bare = (bare ^ uint64(c)) * fnvPrime
		form = (form ^ uint64(c)) * fnvPrime
		ok = ok || c > ' ' && c != '{' && c != '}'
		switch {
		case c == '!' && condition && i+1 < len(s) && (identByte[s[i+1]] && s[i+1] > '9'):
			if !calls(s[i+1:]) {
				seen |= 1 << SignNullCheck
			}
		case condition && (c == '<' || c == '>' && i > 0 && s[i-1] != '-') && i+1 < len(s) && s[i+1] != c && s[i-1] != c:
			seen |= 1 << SignBounds
		case c == '=' && (strings.HasPrefix(s[i:], "= {}") || strings.HasPrefix(s[i:], "= {0}") || strings.HasPrefix(s[i:], "= { 0 }") ||
			strings.HasPrefix(s[i:], "= NULL;") || strings.HasPrefix(s[i:], "= { }")):
			seen = seen&^(1<<SignNullCheck) | 1<<SignInit
			i = len(s)
			continue
		}
		i++
	}
	side.all, side.code, side.bare = all, code, bare
	if column == 0 && begin < len(s) && definesFunction(s) {
		seen |= 1 << SignFunction
	}
	if strings.HasPrefix(s, "#define") {
		seen |= 1 << SignMacro
	}
	for sg := Sign(0); seen != 0; sg++ {
		if seen&1 != 0 {
			r.mark(sg, add, s, at)
			if add {
				r.out.addedText[sg] += form ^ numbers
			} else {
				r.out.removedText[sg] += form ^ numbers
			}
		}
		seen >>= 1
	}
	return shape{form, numbers}, ok
}

// names tells whether a case label stands for a chip, a version or an ID.
func names(label string) bool {
	return strings.Contains(label, "VERSION(") || strings.Contains(label, "CHIP_") || strings.Contains(label, "DEVICE_ID") || strings.Contains(label, "DEV_ID")
}

// calls tells whether the operand of "!" is a call rather than a variable.
func calls(s string) bool {
	for i := range len(s) {
		if c := s[i]; !identByte[c] && c != '.' && c != '-' && c != '>' && c != '[' && c != ']' {
			return c == '('
		}
	}
	return false
}

// definesFunction tells the first line of a definition from declarations,
// labels and preprocessor lines.
func definesFunction(s string) bool {
	if !identByte[s[0]] || s[0] <= '9' {
		return false
	}
	open := strings.IndexByte(s, '(')
	return open > 0 && strings.LastIndexByte(s[:open], ' ') > 0 && !strings.Contains(s, ";") &&
		!strings.Contains(s[:open], "=") && !strings.HasPrefix(s, "typedef") && !strings.HasPrefix(s, "struct {")
}

func (r *reader) kconfigLine(s string, add bool, at int32) {
	switch {
	case strings.HasPrefix(s, "config "), strings.HasPrefix(s, "menuconfig "):
		r.mark(SignConfig, add, s, at)
	case strings.HasPrefix(s, "depends on "), strings.HasPrefix(s, "select "), strings.HasPrefix(s, "imply "):
		r.mark(SignConfigDep, add, s, at)
		if strings.Contains(s, "BROKEN") {
			r.mark(SignBroken, add, s, at)
		}
	}
}

// identifier tells what an identifier is a sign of; call says that a bracket
// follows it.
func identifier(id string, call bool) (Sign, bool) {
	if c := id[0]; c >= 'A' && c <= 'Z' || c == '_' && len(id) > 1 && id[1] == 'I' {
		return macro(id, call)
	}
	if !call {
		return 0, false
	}
	if s, ok := functions[id]; ok {
		return s, true
	}
	// Kernel function names end in what they do.
	tail := id[strings.LastIndexByte(id, '_')+1:]
	if s, ok := tails[tail]; ok {
		if tail != id || s == SignFree || s == SignLock {
			return s, true
		}
	}
	switch {
	case strings.HasPrefix(id, "spin_"), strings.HasPrefix(id, "mutex_"), strings.HasPrefix(id, "rcu_"), strings.HasPrefix(id, "atomic"), strings.HasPrefix(id, "smp_"):
		return SignLock, true
	case strings.HasPrefix(id, "kref_"), strings.HasPrefix(id, "refcount_"), strings.HasPrefix(id, "pm_runtime_"):
		return SignRef, true
	case strings.HasPrefix(id, "trace_"), strings.HasPrefix(id, "seq_"):
		return SignDebug, true
	case strings.HasPrefix(id, "debugfs_create"):
		return SignDebugfs, true
	case strings.HasPrefix(id, "sysfs_create"), strings.HasPrefix(id, "device_create_file"), strings.HasPrefix(id, "proc_create"):
		return SignSysfs, true
	case strings.HasPrefix(id, "request_firmware"), strings.HasPrefix(id, "firmware_request"):
		return SignFWLoad, true
	case strings.HasPrefix(id, "module_param"):
		return SignParam, true
	case strings.HasPrefix(id, "module_"):
		return SignDriver, true
	}
	return 0, false
}

func macro(id string, call bool) (Sign, bool) {
	switch id {
	case "NULL", "IS_ERR", "IS_ERR_OR_NULL", "WARN_ON_ONCE_NULL":
		return SignNullCheck, true
	case "ARRAY_SIZE":
		return SignBounds, true
	case "READ_ONCE", "WRITE_ONCE":
		return SignLock, true
	case "MODULE_FIRMWARE":
		return SignFirmware, true
	case "MODULE_LICENSE":
		return SignDriver, true
	case "DMI_MATCH", "DMI_EXACT_MATCH":
		return SignQuirk, true
	case "_IO", "_IOR", "_IOW", "_IOWR", "DRM_IOR", "DRM_IOW", "DRM_IOWR":
		return SignIoctl, true
	}
	switch {
	case strings.HasPrefix(id, "EXPORT_SYMBOL"):
		return SignExport, true
	case strings.HasPrefix(id, "DRM_IOCTL_DEF"):
		return SignIoctl, call
	case strings.HasPrefix(id, "DEVICE_ATTR"), strings.HasPrefix(id, "DRIVER_ATTR"):
		return SignSysfs, true
	case strings.HasPrefix(id, "DECLARE_PCI_FIXUP"):
		return SignQuirk, call
	case id == "PCI_ANY_ID", strings.HasSuffix(id, "_IDS") && call, strings.HasPrefix(id, "PCI_DEVICE") && call, strings.HasPrefix(id, "PCI_VDEVICE"), strings.HasPrefix(id, "USB_DEVICE"), strings.HasPrefix(id, "SDIO_DEVICE"),
		strings.HasSuffix(id, "_VGA_DEVICE"), strings.HasPrefix(id, "HID_USB_DEVICE"), strings.HasPrefix(id, "USB_VENDOR_AND"), strings.HasSuffix(id, "_DEVICE_INFO") && call:
		return SignID, true
	case strings.Contains(id, "QUIRK"):
		return SignQuirk, true
	case strings.HasPrefix(id, "INIT_"):
		return SignInit, call
	case strings.HasPrefix(id, "DRM_DEBUG"), strings.HasPrefix(id, "DRM_INFO"), strings.HasPrefix(id, "DRM_ERROR"), strings.HasPrefix(id, "DRM_WARN"), strings.HasPrefix(id, "WARN"):
		return SignDebug, true
	case strings.HasPrefix(id, "WREG"), strings.HasPrefix(id, "REG_SET"), strings.HasPrefix(id, "REG_UPDATE"), strings.HasPrefix(id, "REG_WRITE"):
		return SignRegister, true
	}
	return 0, false
}

// functions are whole names, tails the last word of a name.
var functions = map[string]Sign{
	"min": SignBounds, "min_t": SignBounds, "max": SignBounds, "max_t": SignBounds, "clamp": SignBounds, "clamp_t": SignBounds, "clamp_val": SignBounds,
	"array_index_nospec": SignBounds, "strscpy": SignBounds, "snprintf": SignBounds, "scnprintf": SignBounds,
	"down_read": SignLock, "up_read": SignLock, "down_write": SignLock, "up_write": SignLock, "guard": SignLock, "scoped_guard": SignLock,
	"mb": SignLock, "wmb": SignLock, "rmb": SignLock, "lockdep_assert_held": SignLock, "local_irq_save": SignLock, "local_irq_restore": SignLock,
	"kfree": SignFree, "kvfree": SignFree, "vfree": SignFree, "kfree_sensitive": SignFree,
	"cancel_work_sync": SignFree, "cancel_delayed_work_sync": SignFree, "flush_work": SignFree, "flush_workqueue": SignFree, "del_timer_sync": SignFree, "timer_delete_sync": SignFree, "synchronize_irq": SignFree,
	"kmalloc": SignAlloc, "kzalloc": SignAlloc, "kcalloc": SignAlloc, "kvmalloc": SignAlloc, "kvzalloc": SignAlloc, "devm_kzalloc": SignAlloc, "devm_kcalloc": SignAlloc,
	"memset": SignInit,
	"msleep": SignDelay, "mdelay": SignDelay, "udelay": SignDelay, "ndelay": SignDelay, "usleep_range": SignDelay, "fsleep": SignDelay,
	"writel": SignRegister, "writew": SignRegister, "writeb": SignRegister, "writeq": SignRegister, "iowrite32": SignRegister,
	"printk": SignDebug, "dev_dbg": SignDebug, "dev_info": SignDebug, "dev_warn": SignDebug, "dev_err": SignDebug,
}

var tails = map[string]Sign{
	"lock": SignLock, "unlock": SignLock, "irqsave": SignLock, "irqrestore": SignLock, "trylock": SignLock, "interruptible": SignLock,
	"get": SignRef, "put": SignRef, "ref": SignRef, "unref": SignRef, "hold": SignRef, "unless_zero": SignRef,
	"free": SignFree, "destroy": SignFree, "release": SignFree, "unregister": SignFree, "unmap": SignFree, "fini": SignFree, "cleanup": SignFree, "unpin": SignFree,
	"alloc": SignAlloc, "kzalloc": SignAlloc,
	"rmw": SignRegister, "wr32": SignRegister, "writel": SignRegister, "write32": SignRegister,
	"dbg": SignDebug, "debug": SignDebug, "info": SignDebug, "warn": SignDebug, "err": SignDebug, "printf": SignDebug,
}

// identByte tells what a C identifier or number is made of.
var identByte = func() (b [256]bool) {
	for c := range b {
		b[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
	}
	return
}()
