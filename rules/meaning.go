package rules

import "strings"

// meant drops from the kinds of a phrase at offset at what the phrase, or the
// word before it, says that it does not mean.
func meant(s string, at int, mask uint64) uint64 {
	if mask&(1<<WordOther) != 0 {
		mask &^= otherWords
	}
	if mask&(1<<WordCrash) != 0 {
		mask |= 1 << WordOops
	}
	if mask&(1<<WordOops) != 0 {
		switch {
		case strings.HasPrefix(s[at:], "page") && deviceFault(wordBefore(s, at)):
			mask = mask&^(1<<WordOops) | 1<<WordFailure
		case denied(s, at):
			mask &^= 1<<WordOops | 1<<WordCrash
		}
	}
	if mask&(1<<WordMemory) != 0 && strings.HasPrefix(s[at:], "overflow") && !ofMemory(s, at) {
		mask = mask&^(1<<WordMemory) | 1<<WordFailure
	}
	if mask&(1<<WordRan|1<<WordShown|1<<WordNoBug) != 0 {
		switch wordBefore(s, at) {
		case "not", "never", "been", "n't", "compile", "build", "be", "only":
			mask &^= 1<<WordRan | 1<<WordShown
		}
	}
	if mask&(1<<WordBuild|1<<WordWarning|1<<WordCompiler|1<<WordSparse|1<<WordStyle) != 0 && inChangelog(s, at) {
		mask &^= 1<<WordBuild | 1<<WordWarning | 1<<WordCompiler | 1<<WordSparse | 1<<WordStyle
	}
	return mask
}

// wordBefore is the word that ends before offset at, as far as it is a short one.
func wordBefore(s string, at int) string {
	end := at
	for end > 0 && (s[end-1] == ' ' || s[end-1] == '-' || s[end-1] == '\n') {
		end--
	}
	start := end
	for start > 0 && end-start < 8 && wordByte[s[start-1]] {
		start--
	}
	if start > 2 && s[start:end] == "t" && s[start-1] == '\'' && s[start-2] == 'n' {
		return "n't"
	}
	return s[start:end]
}

// inChangelog reports whether the line of offset at tells what changed since an
// earlier version of the patch: "v2: fix the build".
func inChangelog(s string, at int) bool {
	line := s[strings.LastIndexByte(s[:at], '\n')+1 : at]
	line = strings.TrimLeft(line, " \t-*([")
	return len(line) > 2 && line[0] == 'v' && line[1] >= '0' && line[1] <= '9'
}

// deviceFault tells the page faults of a device, which the kernel survives.
func deviceFault(before string) bool {
	switch before {
	case "iommu", "smmu", "mmu", "gpu", "gpuvm", "vm":
		return true
	}
	return false
}

// denied reports whether what begins at offset at is said not to happen: "it does
// not crash". An order not to do it ("don't crash on", "so that it does not
// crash") tells that it did.
func denied(s string, at int) bool {
	switch wordBefore(s, at) {
	case "not", "n't", "no", "never", "without", "cannot":
	default:
		return false
	}
	before := s[max(0, at-meaningReach):at]
	if i := strings.LastIndexAny(before, ".:;"); i >= 0 {
		before = before[i+1:]
	}
	before = " " + strings.Join(strings.Fields(before), " ") + " "
	for _, order := range [...]string{" so ", " to not ", " not to ", " make sure ", " makes sure ", " ensure ", " ensures ", " should ", " must "} {
		if strings.Contains(before, order) {
			return false
		}
	}
	return before != " don't " && before != " do not " && before != " never "
}

// meaningReach is how far a word looks around for what it is about: half a line.
const meaningReach = 40

// ofMemory reports whether the overflow at offset at is one of memory or of a
// number that the code computes, and not that of a counter or queue.
func ofMemory(s string, at int) bool {
	around := s[max(0, at-meaningReach/2):at]
	if i := strings.LastIndexAny(around, ".:;,"); i >= 0 {
		around = around[i+1:]
	}
	after := s[at:min(len(s), at+meaningReach)]
	if i := strings.IndexAny(after, ".;,"); i >= 0 {
		after = after[:i]
	}
	around += after
	for _, w := range [...]string{"counter", "fifo", "queue", "timer", "timestamp"} {
		if strings.Contains(around, w) {
			return false
		}
	}
	for _, w := range [...]string{"buffer", "array", "stack", "heap", "memory", "integer", "int ", "signed", "arithmetic", "multipl", "addition", "calculat",
		"comput", "alloc", "size", "u8", "u16", "u32", "u64", "bit", "shift", "bound", "copy", "string", "length", "index", "mask"} {
		if strings.Contains(around, w) {
			return true
		}
	}
	return false
}
