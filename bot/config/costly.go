package config

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// Bounds on a file. The parser takes time and memory that grow with the square of what
// is open at once, 5 s and 1.6 GB for 64 kB, and of the documents; nothing that is
// configured is nested so deep.
const (
	maxFile     = 128 << 10 // bytes of a configuration
	maxOpen     = 16
	maxProblems = 200 // told of one file
)

const secondDocument = "a second document; one file is one configuration"

// costly returns the first word at which more is open than a file may have, and what is
// wrong there; nil without one. It reads words and not bytes: a bracket in a comment or
// in quotes opens nothing.
func costly(words token.Tokens) (*token.Token, string) {
	brackets, documents := 0, 0
	var blocks []int // columns at which lists and keys begin that are open, inner last
	for _, w := range words {
		column := w.Position.Column
		switch w.Type {
		case token.DocumentHeaderType, token.DocumentEndType:
			if documents++; documents > maxOpen {
				return w, secondDocument
			}
			brackets, blocks = 0, nil
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(0, brackets-1)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if brackets > 0 {
				break
			}
			if w.Type == token.MappingValueType && w.Prev != nil && w.Prev.Position.Line == w.Position.Line {
				column = w.Prev.Position.Column // of the key
			}
			for len(blocks) > 0 && blocks[len(blocks)-1] >= column {
				blocks = blocks[:len(blocks)-1]
			}
			blocks = append(blocks, column)
		}
		if brackets > maxOpen || len(blocks) > maxOpen {
			return w, fmt.Sprintf("nested deeper than %d", maxOpen)
		}
	}
	return nil, ""
}
