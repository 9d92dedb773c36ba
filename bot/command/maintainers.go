package command

import (
	"bufio"
	"io"
	"path"
	"regexp"
	"strings"
)

// Maintainers is a MAINTAINERS file: who has a say about which files.
type Maintainers struct{ sections []section }

type section struct {
	people  []string // M:, lower case
	files   []string // F:
	except  []string // X:
	pattern []*regexp.Regexp
}

// ReadMaintainers reads the file. Lines that it does not understand are left
// out: the file is of many hands.
func ReadMaintainers(r io.Reader) (*Maintainers, error) {
	m := &Maintainers{}
	var s section
	end := func() {
		if len(s.people) > 0 && len(s.files)+len(s.pattern) > 0 {
			m.sections = append(m.sections, s)
		}
		s = section{}
	}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := in.Text()
		if strings.TrimSpace(line) == "" {
			end()
			continue
		}
		if len(line) < 3 || line[1] != ':' {
			continue
		}
		value := strings.TrimSpace(line[2:])
		switch line[0] {
		case 'M':
			if i := strings.LastIndexByte(value, '<'); i >= 0 {
				value, _, _ = strings.Cut(value[i+1:], ">")
			}
			s.people = append(s.people, strings.ToLower(strings.TrimSpace(value)))
		case 'F':
			s.files = append(s.files, value)
		case 'X':
			s.except = append(s.except, value)
		case 'N':
			if re, err := regexp.Compile(value); err == nil {
				s.pattern = append(s.pattern, re)
			}
		}
	}
	end()
	return m, in.Err()
}

// Len is how many sections name somebody and files.
func (m *Maintainers) Len() int { return len(m.sections) }

// Maintains reports whether the address is a maintainer (M:) of each of the
// files; a say in one of them is no say in the others.
func (m *Maintainers) Maintains(address string, files []string) bool {
	if m == nil || len(files) == 0 {
		return false
	}
	address = strings.ToLower(address)
	for _, f := range files {
		ok := false
		for _, s := range m.sections {
			if contains(s.people, address) && s.covers(f) {
				ok = true
				break
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

func contains(in []string, s string) bool {
	for _, v := range in {
		if v == s {
			return true
		}
	}
	return false
}

func (s section) covers(file string) bool {
	for _, x := range s.except {
		if under(x, file) {
			return false
		}
	}
	for _, f := range s.files {
		if under(f, file) {
			return true
		}
	}
	for _, re := range s.pattern {
		if re.MatchString(file) {
			return true
		}
	}
	return false
}

// under: a slash at the end means everything below; a star stops at a slash.
func under(pattern, file string) bool {
	if strings.HasSuffix(pattern, "/") {
		n := strings.Count(pattern, "/")
		parts := strings.SplitAfterN(file, "/", n+1)
		if len(parts) <= n {
			return false
		}
		ok, err := path.Match(strings.TrimSuffix(pattern, "/"), strings.TrimSuffix(strings.Join(parts[:n], ""), "/"))
		return ok && err == nil
	}
	ok, err := path.Match(pattern, file)
	return ok && err == nil
}
