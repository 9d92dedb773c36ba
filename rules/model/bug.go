package model

import "github.com/stablebot/stablebot/rules"

// word makes a feature of a kind that title or message speak of.
func titleWord(name string, k rules.Word, doc string) spec {
	return spec{name: "title." + name, doc: "the title speaks of " + doc, of: func(m *measured) float64 { return yes(m.w.Title&(1<<k) != 0) }}
}

func bodyWord(name string, k rules.Word, doc string) spec {
	return spec{name: "text." + name, doc: "the message speaks of " + doc, of: func(m *measured) float64 { return yes(m.w.Body&(1<<k) != 0) }}
}

func adds(name string, s rules.Sign, doc string) spec {
	return spec{name: "code.adds." + name, doc: "added lines: " + doc, of: func(m *measured) float64 { return yes(m.k.Added[s] > m.k.Removed[s]) }}
}

func removes(name string, s rules.Sign, doc string) spec {
	return spec{name: "code.removes." + name, doc: "removed lines: " + doc, of: func(m *measured) float64 { return yes(m.k.Added[s] < m.k.Removed[s]) }}
}

var wordNames = []struct {
	k         rules.Word
	name, doc string
}{
	{rules.WordOops, "oops", "a crash"}, {rules.WordMemory, "memory", "memory safety"}, {rules.WordSecurity, "security", "security"},
	{rules.WordCorruption, "corruption", "corruption"}, {rules.WordHang, "hang", "a hang or deadlock"}, {rules.WordLeak, "leak", "a leak"},
	{rules.WordRegression, "regression", "a regression"}, {rules.WordSymptom, "symptom", "a failure that users see"}, {rules.WordTrace, "trace", "a kernel warning or trace"},
	{rules.WordBuild, "build", "a build error"}, {rules.WordRace, "race", "a race"}, {rules.WordPerformance, "performance", "slowness"},
	{rules.WordQuirk, "quirk", "a quirk or workaround"}, {rules.WordDeviceID, "id", "a device ID"},
	{rules.WordFix, "fixes", "fixing"}, {rules.WordRepair, "repair", "avoiding, preventing, restoring"}, {rules.WordWrong, "wrong", "something wrong or missing"},
	{rules.WordTheory, "theory", "theory"}, {rules.WordExploit, "trigger", "how it is triggered"}, {rules.WordWarning, "checker", "compiler or checker noise"},
	{rules.WordTrivial, "trivial", "spelling or style"}, {rules.WordCleanup, "cleanup", "cleanup"}, {rules.WordFeature, "feature", "adding or enabling"},
	{rules.WordBringup, "bringup", "bring-up"}, {rules.WordDebug, "debug", "debug output"}, {rules.WordDocs, "docs", "documentation"},
	{rules.WordVersion, "version", "a version bump"}, {rules.WordFirmware, "firmware", "firmware"}, {rules.WordNeedsFW, "needs-firmware", "needing firmware"},
	{rules.WordNeeds, "needs", "needing another change"}, {rules.WordUAPI, "uapi", "the interface to user space"}, {rules.WordPower, "power", "suspend, resume, power"},
	{rules.WordReset, "reset", "reset and recovery"}, {rules.WordDistro, "distro", "a distribution"}, {rules.WordUser, "user", "users"},
	{rules.WordTested, "tested", "having been tested"}, {rules.WordUntested, "untested", "not having been tested"}, {rules.WordMerge, "merge", "gathering others"},
}

var signNames = []struct {
	s         rules.Sign
	name, doc string
}{
	{rules.SignNullCheck, "null-check", "NULL checks"}, {rules.SignBounds, "bounds", "bounds checks"}, {rules.SignLock, "lock", "locking"}, {rules.SignRef, "ref", "references"},
	{rules.SignFree, "free", "freeing"}, {rules.SignAlloc, "alloc", "allocating"}, {rules.SignInit, "init", "initialising"}, {rules.SignErrorPath, "error-path", "error paths"},
	{rules.SignID, "id", "ID tables"}, {rules.SignQuirk, "quirk", "quirk tables"}, {rules.SignRegister, "register", "register writes"}, {rules.SignDelay, "delay", "delays"},
	{rules.SignDebug, "debug", "prints"}, {rules.SignFunction, "function", "functions"}, {rules.SignExport, "export", "exported symbols"}, {rules.SignParam, "param", "module parameters"},
	{rules.SignFirmware, "firmware", "firmware requests"}, {rules.SignIoctl, "ioctl", "ioctls"}, {rules.SignSysfs, "sysfs", "sysfs attributes"}, {rules.SignDebugfs, "debugfs", "debugfs files"},
	{rules.SignConfig, "config", "Kconfig symbols"}, {rules.SignConfigDep, "depends", "Kconfig dependencies"}, {rules.SignDriver, "driver", "driver registration"},
	{rules.SignValue, "value", "changed numbers"}, {rules.SignMacro, "macro", "constants"},
}

var bugSpecs = func() []spec {
	var out []spec
	for _, w := range wordNames {
		out = append(out, titleWord(w.name, w.k, w.doc), bodyWord(w.name, w.k, w.doc))
	}
	for _, s := range signNames {
		out = append(out, adds(s.name, s.s, s.doc), removes(s.name, s.s, s.doc))
	}
	out = append(out,
		spec{name: "stack-trace", doc: "a stack trace stands in the message", of: func(m *measured) float64 { return yes(m.w.StackTrace) }},
		spec{name: "code.power", doc: "touches functions of suspend, resume or power", of: func(m *measured) float64 { return yes(m.k.Power > 0) }},
		spec{name: "code.reset", doc: "touches functions of reset or recovery", of: func(m *measured) float64 { return yes(m.k.Reset > 0) }},
	)
	return out
}()
