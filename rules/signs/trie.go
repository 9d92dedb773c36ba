package signs

import (
	"strings"
	"sync"
)

// trie finds phrases at the beginnings of words. Children are a list, for most
// words of a text leave the trie after two letters; only the root is a table.
type trie struct {
	root  [256]uint16
	nodes []node
}

type node struct {
	exact, stem uint64 // kinds of phrases that end here: at a word's end, anywhere
	child, next uint16 // first child, next sibling; 0 is none
	c           byte
}

var phraseTrie = sync.OnceValue(func() *trie {
	t := &trie{nodes: make([]node, 1, 8192)}
	for k, list := range phrases {
		for _, p := range list {
			p, stem := strings.CutSuffix(p, "*")
			t.add(p, 1<<k, stem)
		}
	}
	return t
})

func (t *trie) add(p string, mask uint64, stem bool) {
	p = strings.ReplaceAll(p, "-", " ")
	var at uint16
	for i := range len(p) {
		c := p[i]
		var n uint16
		if i == 0 {
			n = t.root[c]
		} else {
			for n = t.nodes[at].child; n != 0 && t.nodes[n].c != c; n = t.nodes[n].next {
			}
		}
		if n == 0 {
			n = uint16(len(t.nodes))
			t.nodes = append(t.nodes, node{c: c})
			if i == 0 {
				t.root[c] = n
			} else {
				t.nodes[n].next = t.nodes[at].child
				t.nodes[at].child = n
			}
		}
		at = n
	}
	if stem {
		t.nodes[at].stem |= mask
	} else {
		t.nodes[at].exact |= mask
	}
}

// scan calls found for every place of s where phrases begin, with the kinds of
// all of them. Identifiers with an underscore are one
// word, and what stands in ("...") is the title of another commit.
func (t *trie) scan(s string, found func(at int, mask uint64)) {
	for i := 0; i < len(s); {
		c := s[i]
		if !wordByte[c] {
			if c == '(' && i+1 < len(s) && s[i+1] == '"' {
				if j := strings.Index(s[i:min(len(s), i+quotedTitle)], "\")"); j > 0 {
					i += j
				}
			}
			i++
			continue
		}
		if n := t.root[c]; n != 0 {
			t.walk(s, i, n, found)
		}
		for i++; i < len(s) && wordByte[s[i]]; i++ {
		}
	}
}

// quotedTitle bounds how far a quoted commit title is looked for; git titles
// are shorter.
const quotedTitle = 240

func (t *trie) walk(s string, start int, n uint16, found func(int, uint64)) {
	var mask uint64
	for i := start + 1; n != 0; {
		nd := &t.nodes[n]
		mask |= nd.stem
		if nd.exact != 0 && (i >= len(s) || !wordByte[s[i]]) {
			mask |= nd.exact
		}
		if i >= len(s) {
			break
		}
		c := s[i]
		i++
		if c == ' ' || c == '\n' || c == '\t' || c == '-' {
			c = ' '
			for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '-') {
				i++
			}
		}
		for n = nd.child; n != 0 && t.nodes[n].c != c; n = t.nodes[n].next {
		}
	}
	if mask != 0 {
		found(start, mask)
	}
}

// wordByte tells what a word is made of.
var wordByte = func() (b [256]bool) {
	for c := range b {
		b[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
	}
	return
}()
