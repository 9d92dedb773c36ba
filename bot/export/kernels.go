package export

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// Kernel is a release by its first two numbers: 6.12.
type Kernel = release.Release

// ParseKernel reads "6.12", "6.12.y" or "v6.12.3".
func ParseKernel(s string) (Kernel, error) {
	k, ok := release.Parse(s)
	if !ok || k.Major < 3 || k.Major > 99 || k.Minor > 99 {
		return k, fmt.Errorf("%q is no kernel release; write 6.12", s)
	}
	return k, nil
}

// Range is kernels from one release to another, both included: the releases
// between two stable branches are those that distributions froze on. Which releases
// there are between the two need not be known.
type Range struct{ From, To Kernel }

// ParseRange reads "5.15..7.2", or one release alone.
func ParseRange(s string) (r Range, err error) {
	from, to, two := strings.Cut(s, "..")
	if !two {
		to = from
	}
	if r.From, err = ParseKernel(from); err == nil {
		r.To, err = ParseKernel(to)
	}
	if err == nil && r.empty() {
		err = fmt.Errorf("the range %q ends before it begins", s)
	}
	return r, err
}

// Spans is the smallest range with all the branches in it.
func Spans(branches []string) (Range, error) {
	var r Range
	for i, b := range branches {
		k, err := ParseKernel(b)
		if err != nil {
			return r, err
		}
		if i == 0 || k.Compare(r.From) < 0 {
			r.From = k
		}
		if i == 0 || k.Compare(r.To) > 0 {
			r.To = k
		}
	}
	if len(branches) == 0 {
		return r, fmt.Errorf("no branch is named: a package without kernels to build for is none")
	}
	return r, nil
}

func (r Range) String() string {
	if r.From == r.To {
		return r.From.String()
	}
	return r.From.String() + " to " + r.To.String()
}

func (r Range) has(k Kernel) bool { return r.From.Compare(k) <= 0 && k.Compare(r.To) <= 0 }

func (r Range) empty() bool { return r.To.Compare(r.From) < 0 }

// after is the part of the range that is newer than a kernel.
func (r Range) after(k Kernel) Range {
	if r.From.Compare(k) <= 0 {
		r.From = release.Of(k.Major, k.Minor+1)
	}
	return r
}

// never matches no kernel: each has a digit in its name.
const never = "^$"

// ends is what comes after the last number: ".", or "-" and "+" in what people
// build. 6.1 is not 6.10.
const ends = `([.+-]|$)`

// expression matches what `uname -r` says on the kernels of the range, by their
// number, as `grep -E` and bash understand it. A first number of which the end is not
// in the range is taken with every second one, however many it may get.
func (r Range) expression() string {
	if r.empty() {
		return never
	}
	var parts []string
	for m := r.From.Major; m <= r.To.Major; m++ {
		least, most := 0, -1
		if m == r.From.Major {
			least = r.From.Minor
		}
		if m == r.To.Major {
			most = r.To.Minor
		}
		parts = append(parts, fmt.Sprintf(`%d\.%s`, m, numbers(least, most)))
	}
	return "^(" + strings.Join(parts, "|") + ")" + ends
}

// numbers matches the numbers from one to another; most is -1 for no end.
func numbers(least, most int) string {
	var parts []string
	switch {
	case most >= 0:
		for n := least; n <= most; n++ {
			parts = append(parts, strconv.Itoa(n))
		}
	case least == 0:
		return "[0-9]+"
	default:
		parts = atLeast(strconv.Itoa(least))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, "|") + ")"
}

// atLeast matches a number that is not less: itself, what is greater in one of its
// digits, and what has more digits.
func atLeast(n string) []string {
	parts := []string{n}
	for i := len(n) - 1; i >= 0; i-- {
		rest := strings.Repeat("[0-9]", len(n)-1-i)
		switch n[i] {
		case '9':
		case '8':
			parts = append(parts, n[:i]+"9"+rest)
		default:
			parts = append(parts, fmt.Sprintf("%s[%c-9]%s", n[:i], n[i]+1, rest))
		}
	}
	return append(parts, "[1-9]"+strings.Repeat("[0-9]", len(n)-1)+"[0-9]+")
}
