package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
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

// Read reads and checks a file. A relative state folder is one beside the file, from
// whatever folder the program is called.
func Read(file string) (*Config, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w; `stablebot init` writes a starter", err)
	}
	c, err := Parse(file, b)
	if err == nil {
		c.File = file
	}
	if err == nil && !filepath.IsAbs(c.State) {
		c.State = filepath.Join(filepath.Dir(file), c.State)
	}
	return c, err
}

// Parse checks b over Default. The error is an *Error with all problems.
func Parse(file string, b []byte) (*Config, error) {
	c := Default()
	if err := Strict(file, b, maxFile, &c, c.validate); err != nil {
		return nil, err
	}
	return &c, nil
}

// Strict reads b, of at most that many bytes, into the struct that into points to, over
// what stands in it, and then asks validate, which may be nil. The error is an *Error
// with all problems, of b and of the values.
func Strict(file string, b []byte, most int, into any, validate func() []Problem) error {
	if len(b) > most {
		return &Error{file, []Problem{{Message: fmt.Sprintf("it has %d bytes; at most %d are read", len(b), most)}}}
	}
	r := reader{at: map[string]*token.Position{}}
	if err := r.file(b, reflect.ValueOf(into).Elem()); err != nil {
		return &Error{file, []Problem{syntaxProblem(err)}}
	}
	misread := map[string]bool{}
	for _, p := range r.problems {
		misread[p.Path] = true
	}
	if validate != nil && len(r.problems) < maxProblems {
		for _, p := range validate() {
			if !misread[p.Path] { // a value that could not be read says nothing more
				r.problems = append(r.problems, r.place(p))
			}
		}
	}
	if len(r.problems) == 0 {
		return nil
	}
	sort.SliceStable(r.problems, func(i, j int) bool {
		a, b := r.problems[i], r.problems[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	return &Error{file, r.problems}
}

// file reads a whole file into v. The library's tree has nodes without a value
// (an empty document, a tag or anchor with nothing behind it), and its own
// methods panic on some of them: that is an unreadable file, not an end of the
// program, for a policy file is a stranger's.
func (r *reader) file(b []byte, v reflect.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is no YAML that can be read (%v); write plain keys, lists and values", p)
		}
	}()
	words := lexer.Tokenize(string(b))
	if t, why := costly(words); t != nil {
		r.add("", t, "%s", why)
		return nil
	}
	f, err := parser.Parse(words, 0)
	if err != nil {
		return err
	}
	if len(f.Docs) > 1 {
		r.add("", f.Docs[1].Start, secondDocument)
	}
	if len(f.Docs) > 0 && !empty(f.Docs[0].Body) {
		r.read("", f.Docs[0].Body, v)
	}
	return nil
}

// empty tells a node that has no value: null, or none at all.
func empty(n ast.Node) bool { return n == nil || n.Type() == ast.NullType }

func syntaxProblem(err error) Problem {
	var se *yaml.SyntaxError
	if errors.As(err, &se) && se.Token != nil {
		return Problem{Line: se.Token.Position.Line, Column: se.Token.Position.Column, Message: se.Message}
	}
	return Problem{Message: err.Error()}
}

// reader walks the syntax tree beside the struct, so that every problem is
// found in one go and each has its place; a plain decode stops at the first.
type reader struct {
	at       map[string]*token.Position
	problems []Problem
}

func (r *reader) add(path string, t *token.Token, format string, a ...any) {
	if len(r.problems) == maxProblems {
		return
	}
	p := Problem{Path: path, Message: fmt.Sprintf(format, a...)}
	if t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	r.problems = append(r.problems, p)
}

// place gives a validation problem the position of its key, or of the nearest
// enclosing key when it is absent.
func (r *reader) place(p Problem) Problem {
	for path := p.Path; path != ""; {
		if pos := r.at[path]; pos != nil {
			p.Line, p.Column = pos.Line, pos.Column
			break
		}
		i := strings.LastIndexAny(path, ".[")
		path = path[:max(i, 0)]
	}
	return p
}

func (r *reader) read(path string, n ast.Node, v reflect.Value) {
	for {
		switch w := n.(type) {
		case *ast.AnchorNode:
			n = w.Value
			continue
		case *ast.TagNode:
			n = w.Value
			continue
		}
		break
	}
	if n == nil { // a tag or an anchor with nothing behind it
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.readStruct(path, n, v)
	case reflect.Slice:
		if empty(n) {
			return
		}
		seq, ok := n.(*ast.SequenceNode)
		if !ok {
			r.add(path, n.GetToken(), "a list is needed here: write `- …`")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
		for i, e := range seq.Values {
			p := fmt.Sprintf("%s[%d]", path, i)
			r.at[p] = start(e)
			r.read(p, e, v.Index(i))
		}
	case reflect.Pointer: // the library sets none, and says nothing
		if !empty(n) {
			v.Set(reflect.New(v.Type().Elem()))
			r.read(path, n, v.Elem())
		}
	default:
		if err := yaml.NodeToValue(n, v.Addr().Interface(), yaml.Strict()); err != nil {
			msg := err.Error()
			var te interface{ GetMessage() string }
			if errors.As(err, &te) {
				msg = te.GetMessage()
			}
			r.add(path, n.GetToken(), "%s", msg)
		}
	}
}

// start is where a node begins: a mapping's own token is its first colon.
func start(n ast.Node) *token.Position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = m.Key
	}
	if t := n.GetToken(); t != nil {
		return t.Position
	}
	return nil
}

func (r *reader) readStruct(path string, n ast.Node, v reflect.Value) {
	fields := map[string]reflect.Value{}
	var known []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "-" {
			continue
		}
		fields[name] = v.Field(i)
		known = append(known, name)
	}
	var pairs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	case *ast.NullNode:
		return
	default:
		r.add(path, n.GetToken(), "keys are needed here: %s", strings.Join(known, ", "))
		return
	}
	for _, kv := range pairs {
		key := kv.Key.GetToken().Value
		p := strings.TrimPrefix(path+"."+key, ".")
		if _, twice := r.at[p]; twice {
			r.add(p, kv.Key.GetToken(), "stands twice")
			continue
		}
		r.at[p] = kv.Key.GetToken().Position
		f, ok := fields[key]
		if !ok {
			r.add(p, kv.Key.GetToken(), "unknown key%s", suggest(key, known))
			continue
		}
		r.read(p, kv.Value, f)
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
