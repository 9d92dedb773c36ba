package release

// Read reads a kernel release from the start of s, "6.6", "6.6.y", "6.6.x"
// or "6.6.12", and returns the branch it belongs to ("6.6", "2.6.32") and how
// many bytes it took; "" when s does not begin with one.
func Read(s string) (branch string, n int) {
	i := digits(s, 0)
	if i == 0 || i > 2 || i >= len(s) || s[i] != '.' || s[0] == '0' || s[0] == '1' && i == 1 {
		return "", 0
	}
	j := digits(s, i+1)
	if j == i+1 || j > i+4 {
		return "", 0
	}
	end := j
	if s[:j] == "2.6" && j < len(s) && s[j] == '.' {
		if k := digits(s, j+1); k > j+1 {
			end, j = k, k
		}
	}
	// the point release, a letter for all of them
	if j+1 < len(s) && (s[j] == '.' || s[j] == '-') && (s[j+1]|0x20 == 'y' || s[j+1]|0x20 == 'x') && (j+2 == len(s) || !isLetter(s[j+2])) {
		return s[:end], j + 2
	}
	if j < len(s) && s[j] == '.' {
		if k := digits(s, j+1); k > j+1 {
			return s[:end], k
		}
	}
	if j < len(s) && (s[j]|0x20 == 'y' || s[j]|0x20 == 'x') && (j+1 == len(s) || !isLetter(s[j+1])) {
		j++ // "6.6y"
	}
	return s[:end], j
}

// digits returns the index of the first non-digit of s from i on.
func digits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
