package silicon

import "strings"

// version recognises checks of a block's version: amdgpu's IP_VERSION(11, 0, 3)
// with the block it is compared with, i915's DISPLAY_VER(x) >= 14 and
// GRAPHICS_VER_FULL(x) == IP_VER(12, 70), xe's GRAPHICS_VERSION(2004). A
// version that the catalogue does not have is reported as Unknown, beside its nearest
// ancestor ("gc:11.0", "gc:11").
func (m *matcher) version(tok, s string, end int) {
	if len(tok) < len("IP_VER") || len(tok) > len("GRAPHICS_VERSION_RANGE") || end >= len(s) || s[end] != '(' {
		return
	}
	switch tok {
	case "IP_VERSION":
		v, rest := numbers(s[end:])
		if block, named := m.hwip(s); block != "" && v != "" {
			m.block(block, v, tok+s[end:len(s)-len(rest)], named)
		}
	case "DISPLAY_VER", "GRAPHICS_VER", "MEDIA_VER", "DISPLAY_VER_FULL", "GRAPHICS_VER_FULL", "MEDIA_VER_FULL":
		m.compared(tok, s, end, false)
	case "DISPLAY_VERx100", "GRAPHICS_VERx100", "MEDIA_VERx100":
		m.compared(tok, s, end, true)
	case "GRAPHICS_VERSION", "MEDIA_VERSION", "GRAPHICS_VERSION_RANGE", "MEDIA_VERSION_RANGE":
		v, rest := numbers(s[end:])
		v, _, _ = strings.Cut(v, ".") // of a range: where it begins
		if len(v) >= 3 {
			m.block(blockOf(tok), hundredths(v), tok+s[end:len(s)-len(rest)], true)
		}
	}
}

// compared reads "(x) >= 14", "(x) == IP_VER(12, 70)". Other comparisons
// leave hardware out, or reach back to the oldest.
func (m *matcher) compared(tok, s string, end int, x100 bool) {
	rest := s[end:]
	_, after, ok := strings.Cut(rest, ")")
	if !ok {
		return
	}
	v, ok := strings.CutPrefix(strings.TrimLeft(after, " "), "== ")
	if !ok {
		if v, ok = strings.CutPrefix(strings.TrimLeft(after, " "), ">= "); !ok {
			return
		}
	}
	var ver, tail string
	if call, ok := strings.CutPrefix(v, "IP_VER("); ok {
		ver, tail = numbers("(" + call)
	} else {
		n := 0
		for n < len(v) && isDigit(v[n]) {
			n++
		}
		ver, tail = v[:n], v[n:]
		if x100 && n >= 3 {
			ver = hundredths(ver)
		}
	}
	if ver != "" {
		m.block(blockOf(tok), ver, strings.TrimSpace(s[end-len(tok):len(s)-len(tail)]), true)
	}
}

func blockOf(tok string) string {
	switch tok[0] {
	case 'D':
		return "display"
	case 'G':
		return "graphics"
	}
	return "media"
}

// hundredths turns 1270 into 12.70.
func hundredths(v string) string { return v[:len(v)-2] + "." + v[len(v)-2:] }

// numbers reads "(11, 0, 3)" as "11.0.3", and returns what follows; "" when
// something else than numbers stands there.
func numbers(s string) (string, string) {
	inner, rest, ok := strings.Cut(s[1:], ")")
	if !ok || len(inner) > 32 {
		return "", s
	}
	var b [32]byte
	n, dot := 0, false
	for i := range len(inner) {
		switch c := inner[i]; {
		case isDigit(c):
			if dot {
				b[n] = '.'
				n++
				dot = false
			}
			b[n] = c
			n++
		case c == ',' && n > 0:
			dot = true
		case c != ' ':
			return "", rest
		}
	}
	return string(b[:n]), rest
}

// block looks up a version of a block. Where the block was not named but
// concluded, a version that it does not have may well be another block's, so
// nothing is said.
func (m *matcher) block(block, v, text string, named bool) {
	for have := v; ; {
		hit := false
		for r := m.x.vers[block+":"+have]; r != 0; r = m.x.refs[r-1].next {
			hit = m.found(m.x.refs[r-1].entry, "", InIdentifier, text) || hit
		}
		if hit {
			if strings.Trim(v[len(have):], ".0") != "" && m.sold() {
				m.found(noEntry, strings.ToUpper(block)+" "+v, InIdentifier, text)
			}
			return
		}
		i := strings.LastIndexByte(have, '.')
		if i < 0 {
			break
		}
		have = have[:i]
	}
	if named {
		m.found(noEntry, strings.ToUpper(block)+" "+v, InIdentifier, text)
	}
}

// hwips are the names that amdgpu's IP discovery has for the catalogue's blocks.
var hwips = map[string]string{
	"GC": "gc", "SDMA0": "sdma", "SDMA": "sdma", "MP0": "psp", "MP1": "smu", "UVD": "vcn", "VCN": "vcn",
	"JPEG": "vcn", "DCE": "dcn", "DCI": "dcn", "NBIO": "nbio", "NBIF": "nbio", "MMHUB": "mmhub", "UMC": "umc",
	"HDP": "hdp", "OSSSYS": "ih", "ATHUB": "athub", "LSDMA": "lsdma", "VPE": "vpe", "ISP": "isp", "VCE": "vce", "SMUIO": "smuio",
}

// hwip finds the block that an IP_VERSION is compared with: named on the line,
// or above it in the hunk; else concluded from the function, or the file.
func (m *matcher) hwip(s string) (block string, named bool) {
	if b, ok := namedHWIP(s); ok {
		return b, true
	}
	if m.frag != nil {
		for ; m.seen < m.at; m.seen++ {
			l := head(m.frag.Lines[m.seen].Line)
			if b, ok := namedHWIP(l); ok {
				m.above = b
			} else if opensScope(l) {
				m.above = ""
			}
		}
		if m.above != "" {
			return m.above, true
		}
	}
	for _, f := range [...]struct{ word, block string }{
		{"set_gc_", "gc"}, {"set_gmc_", "gc"}, {"set_sdma_", "sdma"}, {"set_psp_", "psp"}, {"set_smu_", "smu"},
		{"set_display_", "dcn"}, {"set_mm_", "vcn"}, {"set_ih_", "ih"}, {"set_mes_", "gc"}, {"video_codecs", "vcn"},
		{"set_vpe_", "vpe"}, {"set_isp_", "isp"}, {"set_common_", "gc"}, {"set_umsch_", "vcn"},
	} {
		if strings.Contains(m.fn, f.word) {
			return f.block, false
		}
	}
	name := m.path[strings.LastIndexByte(m.path, '/')+1:]
	name = strings.TrimPrefix(name, "amdgpu_")
	for _, f := range [...]struct{ begins, block string }{
		{"gfx", "gc"}, {"gmc_", "gc"}, {"mes_", "gc"}, {"imu_", "gc"}, {"kfd_", "gc"}, {"sdma_", "sdma"}, {"psp", "psp"},
		{"smu_", "smu"}, {"vcn", "vcn"}, {"jpeg", "vcn"}, {"dm", "dcn"}, {"nbio_", "nbio"}, {"nbif_", "nbio"},
		{"mmhub_", "mmhub"}, {"umc_", "umc"}, {"hdp_", "hdp"}, {"ih_", "ih"}, {"athub_", "athub"}, {"lsdma_", "lsdma"},
		{"vpe", "vpe"}, {"isp", "isp"},
	} {
		if strings.HasPrefix(name, f.begins) {
			return f.block, false
		}
	}
	if strings.Contains(m.path, "/pm/") {
		return "smu", false
	}
	return "", false
}

func namedHWIP(s string) (string, bool) {
	i := strings.Index(s, "_HWIP")
	if i < 0 {
		return "", false
	}
	j := i
	for j > 0 && lower[s[j-1]] != 0 && s[j-1] != '_' {
		j--
	}
	b, ok := hwips[s[j:i]]
	return b, ok
}
