// Package strictyaml reads YAML into structs and tells everything that is wrong at once,
// each with its place. A file may be a stranger's: what reading it costs is bounded.
package strictyaml

import (
	"bytes"
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Bounds on a file; nothing that is configured is nested so deep.
const (
	maxOpen     = 16
	maxProblems = 200 // told of one file
)

// Problem is one thing wrong with the file.
type Problem struct {
	Path         string // "sources.imap[0].address"
	Line, Column int    // 1-based; 0 when the key is absent altogether
	Message      string
}

// Error lists everything wrong with a file, in file order.
type Error struct {
	File     string
	Problems []Problem
}

func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		if p.Line > 0 {
			fmt.Fprintf(&b, "%s:%d:%d: ", e.File, p.Line, p.Column)
		} else {
			fmt.Fprintf(&b, "%s: ", e.File)
		}
		if p.Path != "" {
			b.WriteString(p.Path + ": ")
		}
		b.WriteString(p.Message)
	}
	return b.String()
}

// Read reads b, of at most that many bytes, into the struct that into points to, over
// what stands in it, and then asks validate, which may be nil. Keys are those of the
// fields' yaml tags; a field without one is not read. The error is an *Error with all
// problems, of b and of the values.
func Read(file string, b []byte, most int, into any, validate func() []Problem) error {
	if len(b) > most {
		return &Error{file, []Problem{{Message: fmt.Sprintf("it has %d bytes; at most %d are read", len(b), most)}}}
	}
	root, bad := parse(b)
	if bad != nil {
		return &Error{file, []Problem{*bad}} // its values are not known: nothing is said of them
	}
	r := reader{at: map[string]place{}}
	if root != nil {
		r.read("", root, reflect.ValueOf(into).Elem())
	}
	misread := map[string]bool{}
	for _, p := range r.problems {
		misread[p.Path] = true
	}
	if validate != nil && len(r.problems) < maxProblems {
		for _, p := range validate() {
			if !misread[p.Path] { // a value that could not be read says nothing more
				r.problems = append(r.problems, r.found(p))
			}
		}
	}
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{file, r.problems}
}

// errTooDeep is why a file is not read on.
var errTooDeep = fmt.Errorf("nested deeper than %d", maxOpen)

// limits are those of the library. Aliases are refused where they stand, so they need none.
var limits = loaderlimits.New(loaderlimits.AliasNone(), loaderlimits.DepthFunc(func(depth int, _ *yaml.DepthContext) error {
	if depth > maxOpen {
		return errTooDeep
	}
	return nil
}))

// parse returns the one document of b, nil when there is none in it.
func parse(b []byte) (*yaml.Node, *Problem) {
	l, err := yaml.NewLoader(bytes.NewReader(b), yaml.WithV4Defaults(), yaml.WithPlugin(limits))
	if err != nil {
		return nil, &Problem{Message: err.Error()}
	}
	var first, second yaml.Node
	if err := l.Load(&first); err != nil {
		return nil, unreadable(err)
	}
	if err := l.Load(&second); err != nil {
		if bad := unreadable(err); bad != nil {
			return nil, bad
		}
	} else {
		return nil, &Problem{Line: second.Line, Column: second.Column, Message: "a second document; one file is one configuration"}
	}
	if len(first.Content) == 0 {
		return nil, nil
	}
	return first.Content[0], nil
}

// unreadable is what the library says of b; nil at the end of the documents.
func unreadable(err error) *Problem {
	if errors.Is(err, io.EOF) {
		return nil
	}
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return &Problem{Message: err.Error()}
	}
	return &Problem{Line: le.Mark.Line, Column: le.Mark.Column, Message: le.Message}
}

// place is where a value or key begins, both from 1.
type place struct{ line, column int }

// reader walks the syntax tree beside the struct, so that every problem is
// found in one go and each has its place; a plain decode stops at the first.
type reader struct {
	at       map[string]place
	problems []Problem
}

func (r *reader) add(path string, n *yaml.Node, format string, a ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{Path: path, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, a...)})
	}
}

// found gives a problem of a value the position of its key, or of the nearest
// enclosing key when it is absent.
func (r *reader) found(p Problem) Problem {
	for path := p.Path; path != ""; {
		if at, ok := r.at[path]; ok {
			p.Line, p.Column = at.line, at.column
			break
		}
		i := strings.LastIndexAny(path, ".[")
		path = path[:max(i, 0)]
	}
	return p
}

func (r *reader) read(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.AliasNode {
		r.add(path, n, "*%s points elsewhere; write the value itself", n.Value)
		return
	}
	if n.ShortTag() == "!!null" {
		return // no value: what stands stands
	}
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if n.Kind != yaml.ScalarNode {
			r.add(path, n, "a value is needed here")
		} else if err := t.UnmarshalText([]byte(n.Value)); err != nil {
			r.add(path, n, "%s", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.readStruct(path, n, v)
	case reflect.Slice:
		r.readList(path, n, v)
	case reflect.Map:
		r.readMap(path, n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.read(path, n, v.Elem())
	default:
		if n.Kind != yaml.ScalarNode || n.Decode(v.Addr().Interface()) != nil {
			r.add(path, n, "%s is needed here", wanted(v.Kind()))
		}
	}
}

// wanted says what a value of that kind is, as a person writes it.
func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "one value"
}

func (r *reader) readList(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		r.add(path, n, "a list is needed here: write `- …`")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, e := range n.Content {
		p := fmt.Sprintf("%s[%d]", path, i)
		r.at[p] = place{e.Line, e.Column}
		r.read(p, e, v.Index(i))
	}
}

func (r *reader) readStruct(path string, n *yaml.Node, v reflect.Value) {
	fields := map[string]reflect.Value{}
	var known []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		fields[name] = v.Field(i)
		known = append(known, name)
	}
	if n.Kind != yaml.MappingNode {
		r.add(path, n, "keys are needed here: %s", strings.Join(known, ", "))
		return
	}
	r.pairs(path, n, func(p string, key, value *yaml.Node) {
		f, ok := fields[key.Value]
		if !ok || key.Kind != yaml.ScalarNode {
			r.add(p, key, "unknown key%s", suggest(key.Value, known))
			return
		}
		r.read(p, value, f)
	})
}

// readMap reads keys of the file's own choice, each with a value of one kind.
func (r *reader) readMap(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		r.add(path, n, "keys with a value are needed here: write `key: value`")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	r.pairs(path, n, func(p string, key, value *yaml.Node) {
		if key.Kind != yaml.ScalarNode {
			r.add(p, key, "a plain key is needed here")
			return
		}
		e := reflect.New(v.Type().Elem()).Elem()
		r.read(p, value, e)
		v.SetMapIndex(reflect.ValueOf(key.Value), e)
	})
}

// pairs calls f for each key of n that does not stand twice, with its path.
func (r *reader) pairs(path string, n *yaml.Node, f func(p string, key, value *yaml.Node)) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		p := strings.TrimPrefix(path+"."+key.Value, ".")
		if _, twice := r.at[p]; twice {
			r.add(p, key, "stands twice")
			continue
		}
		r.at[p] = place{key.Line, key.Column}
		f(p, key, n.Content[i+1])
	}
}

// suggest names the known key that is nearest to a misspelt one, or all.
func suggest(key string, known []string) string {
	best, dist := "", 3
	for _, k := range known {
		if d := distance(key, k); d < dist {
			best, dist = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; known here: " + strings.Join(known, ", ")
}

// distance is the edit distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			prev, row[j] = row[j], min(row[j]+1, row[j-1]+1, prev+cost)
		}
	}
	return row[len(b)]
}
