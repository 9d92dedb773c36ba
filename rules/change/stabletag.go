package change

import "strings"

// stableTag reads a Cc: trailer; ok is false when it does not go to stable.
func stableTag(t Trailer) (StableTag, bool) {
	v := strings.ToLower(t.Value)
	i := strings.Index(v, "stable")
	if i < 0 {
		return StableTag{}, false
	}
	addr, comment, _ := strings.Cut(v, "#")
	p := ParsePerson(addr)
	st := StableTag{Address: p.Address, Comment: trimSpace(comment), Line: t.Line}
	if !strings.HasPrefix(st.Address, "stable") {
		return StableTag{}, false
	}
	st.NoAutosel = strings.HasPrefix(st.Address, "stable+noautosel@")
	return st, true
}
