package backport

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// Stray is a variable that a function uses and does not declare.
type Stray struct{ Name, Function string }

func (s Stray) String() string {
	return fmt.Sprintf("%s is no variable of %s() in the branch", s.Name, s.Function)
}

// Strays are the variables of functions that what was merged uses and that only
// mainline's function declares: git merges lines, so a line that uses a variable may come
// without the one that declares it, or into a function with other arguments. before is the
// branch's file, mainline's that with the change. What the branch's function used already
// is declared by something that is not seen here.
func Strays(before, merged, mainline []byte) (out []Stray) {
	was, is, theirs := functions(before), functions(merged), functions(mainline)
	for _, name := range slices.Sorted(maps.Keys(is)) {
		body, there := is[name], theirs[name]
		if there == "" || body == was[name] {
			continue
		}
		own, want := locals(body), locals(there)
		used, old := variables(body), variables(was[name])
		for _, n := range slices.Sorted(maps.Keys(used)) {
			if want[n] && !own[n] && !old[n] {
				out = append(out, Stray{n, name})
			}
		}
	}
	return out
}

// Idle are the variables of functions that what was merged declares and does not use,
// where mainline's function uses them: the compiler warns of such.
func Idle(before, merged, mainline []byte) (out []Stray) {
	was, is, theirs := functions(before), functions(merged), functions(mainline)
	for _, name := range slices.Sorted(maps.Keys(is)) {
		body, there := is[name], theirs[name]
		if there == "" || body == was[name] {
			continue
		}
		now, old, used := counts(body), counts(was[name]), counts(there)
		for _, n := range slices.Sorted(maps.Keys(locals(body[max(0, strings.IndexByte(body, '{')):]))) {
			if now[n] == 1 && old[n] != 1 && used[n] > 1 {
				out = append(out, Stray{n, name})
			}
		}
	}
	return out
}

// counts says how often a text has each word, tags of structures left out.
func counts(src string) map[string]int {
	_, bare := tokens(src)
	out := map[string]int{}
	for i, t := range bare {
		if isWord(t) && (i == 0 || !slices.Contains([]string{"struct", "enum", "union"}, bare[i-1])) {
			out[t]++
		}
	}
	return out
}

// variables looks at the functions of what the rungs made: one that uses a variable which
// it has not does not compile, one that does not use what it declares is warned of.
func (l *ladder) variables(ctx context.Context) error {
	for _, path := range l.keep {
		t := l.want[path]
		i := slices.IndexFunc(l.out.Files, func(f File) bool { return f.Path == t.path })
		if t.before == nil || i < 0 || !strings.HasSuffix(t.path, ".c") {
			continue
		}
		mainline, _, err := read(ctx, l.Theirs, l.fromOf(t))
		if err != nil {
			return err
		}
		before, merged := []byte(strings.Join(t.before.lines, "")), l.out.Files[i].After
		for _, s := range Strays(before, merged, mainline) {
			l.out.Misses = append(l.out.Misses, s.String())
		}
		for _, s := range Idle(before, merged, mainline) {
			l.out.Warnings = append(l.out.Warnings, fmt.Sprintf("%s of %s() is declared and not used in the branch", s.Name, s.Function))
		}
	}
	return nil
}

// StraysIn are those of all files of C that were merged, by path; nil for one that is not
// there any more.
func StraysIn(ctx context.Context, ours, mainline apply.Tree, merged map[string][]byte) (out []Stray, err error) {
	read := func(t apply.Tree, path string) ([]byte, error) {
		e, err := t.Entry(ctx, path)
		if err != nil || !e.Exists() {
			return nil, err
		}
		img, err := t.Image(ctx, e)
		if err != nil {
			return nil, err
		}
		return img.Data, nil
	}
	for _, path := range slices.Sorted(maps.Keys(merged)) {
		if !strings.HasSuffix(path, ".c") {
			continue
		}
		before, err := read(ours, path)
		if err != nil {
			return nil, err
		}
		after, err := read(mainline, path)
		if err != nil {
			return nil, err
		}
		out = append(out, Strays(before, merged[path], after)...)
	}
	return out, nil
}

// functions are those of a C file that have a name of their own there.
func functions(data []byte) map[string]string {
	t := newText(data)
	all := blocks(t)
	out := map[string]string{}
	for _, b := range all {
		if _, one := called(all, b.name); one && b.function {
			out[b.name] = quoted.ReplaceAllString(strings.Join(t.lines[b.from:b.to], ""), " ")
		}
	}
	return out
}

// steers are words that begin a statement which declares nothing.
var steers = map[string]bool{"return": true, "goto": true, "case": true, "else": true, "break": true, "continue": true, "do": true,
	"if": true, "while": true, "switch": true, "sizeof": true, "default": true}

// locals are the variables that a function declares: its arguments, and what stands
// behind a type at the beginning of a statement.
func locals(src string) map[string]bool {
	_, bare := tokens(src)
	out := map[string]bool{}
	body := slices.Index(bare, "{")
	if body < 0 {
		return out
	}
	for i, t := range bare[:body] {
		if i > 0 && (t == "," || t == ")" || t == "[") && isWord(bare[i-1]) {
			out[bare[i-1]] = true
		}
	}
	for i := body; i < len(bare); i++ {
		opens := bare[i] == "(" && i > 0 && bare[i-1] == "for"
		if bare[i] != ";" && bare[i] != "{" && bare[i] != "}" && !opens {
			continue
		}
		declaration(bare[i+1:], out)
	}
	return out
}

// declaration adds the names that a statement declares, if it does.
func declaration(bare []string, out map[string]bool) {
	words, i := 0, 0
	for ; i < len(bare) && (isWord(bare[i]) || bare[i] == "*"); i++ {
		if steers[bare[i]] {
			return
		}
		if isWord(bare[i]) {
			words++
		}
	}
	switch {
	case i == 0 || i == len(bare):
		return
	case words == 1 && bare[i] == "(" && bare[0] == strings.ToUpper(bare[0]):
		if i+1 < len(bare) && isWord(bare[i+1]) {
			out[bare[i+1]] = true // LIST_HEAD(name)
		}
		return
	case words < 2 || !isWord(bare[i-1]) || !strings.Contains("=;,[:", bare[i]):
		return
	}
	out[bare[i-1]] = true
	depth := 0
	for ; i < len(bare) && (depth > 0 || bare[i] != ";"); i++ {
		switch bare[i] {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			for i+1 < len(bare) && bare[i+1] == "*" {
				i++
			}
			if depth == 0 && i+1 < len(bare) && isWord(bare[i+1]) {
				out[bare[i+1]] = true
			}
		}
		if depth < 0 {
			return
		}
	}
}

// variables are the names that a function uses as such: no members, labels, types of
// structures, or what is called.
func variables(src string) map[string]bool {
	_, bare := tokens(src)
	out := map[string]bool{}
	for i, t := range bare {
		if !isWord(t) || keywords[t] {
			continue
		}
		if i > 0 && slices.Contains([]string{".", "->", "struct", "enum", "union", "goto", "define"}, bare[i-1]) {
			continue
		}
		if i+1 < len(bare) && bare[i+1] == "(" {
			continue
		}
		out[t] = true
	}
	return out
}

func isWord(t string) bool { return t != "" && wordStart(t[0]) }
