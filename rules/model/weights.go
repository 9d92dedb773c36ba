package model

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"sync"
)

// The heads of a weights file.
const (
	HeadTree     = "tree"          // worth, of a change of which trees say something
	HeadUntagged = "tree-untagged" // the same without the stable tag, for figures
	HeadCommit   = "commit"        // worth, of a commit alone
	HeadMail     = "mail"          // worth, of a patch as posted
	HeadFix      = "fix"           // whether it is a fix at all
	HeadReach    = "reach"         // what a branch adds to worth
)

// Heads in the order of a weights file.
var Heads = []string{HeadTree, HeadUntagged, HeadCommit, HeadMail, HeadFix, HeadReach}

// Format is the version of the file's form. It changes when an old program
// would misread a new file.
const Format = 2

// Weights is a weights file.
type Weights struct {
	Format     int                `json:"format"`
	Version    string             `json:"version"` // of these weights, printed with every judgement
	Provenance Provenance         `json:"provenance"`
	Thresholds Thresholds         `json:"thresholds"`
	Heads      map[string]Weighed `json:"heads"`
}

// Weighed is one head: a bias, and a weight for each number that earned one.
type Weighed struct {
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`
}

// Provenance says where weights come from, for a reader who must trust them.
type Provenance struct {
	Data     string             `json:"data"`     // the history and labels that were learnt from
	Releases []string           `json:"releases"` // of which releases
	Cases    int                `json:"cases"`
	Taken    int                `json:"taken"`
	Seed     uint64             `json:"seed"`
	Made     string             `json:"made,omitempty"` // the day, given by the caller
	Figures  map[string]float64 `json:"figures,omitempty"`
	Notes    []string           `json:"notes,omitempty"`
}

// maxWeight bounds a weight: beyond it one feature decides alone, which is a
// fault of the fit or of the file.
const maxWeight = 50

// Read decodes a weights file, strictly, and says everything that is wrong with
// it at once.
func Read(r io.Reader) (*Model, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var w Weights
	if err := dec.Decode(&w); err != nil {
		return nil, fmt.Errorf("weights file: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("weights file: something follows the object; a weights file is one JSON object")
	}
	return New(w)
}

// New checks weights and makes them ready for use.
func New(w Weights) (*Model, error) {
	var bad []error
	fault := func(f string, a ...any) { bad = append(bad, fmt.Errorf("weights file: "+f, a...)) }
	if w.Format != Format {
		fault("format is %d, this program reads %d: calibrate again, or use the program that wrote it", w.Format, Format)
	}
	if w.Version == "" {
		fault("version is missing: judgements could not say which weights they rest on")
	}
	check := func(where string, t Thresholds) {
		for _, x := range []struct {
			name string
			v    float64
		}{{"fix", t.Fix}, {"eligible", t.Eligible}, {"dkms", t.DKMS}} {
			if !(x.v > 0 && x.v < 1) {
				fault("%s.%s is %v, not between 0 and 1", where, x.name, x.v)
			}
		}
		if t.DKMS >= t.Eligible {
			fault("%s.dkms (%v) is not below %s.eligible (%v)", where, t.DKMS, where, t.Eligible)
		}
	}
	check("thresholds", w.Thresholds)
	m := &Model{Version: w.Version, Thresholds: w.Thresholds, file: w, heads: map[string]head{}}
	for name := range w.Heads {
		if !slices.Contains(Heads, name) {
			fault("heads.%s is no head; there are %v", name, Heads)
		}
	}
	for _, name := range Heads {
		h, ok := w.Heads[name]
		if !ok {
			fault("heads.%s is missing", name)
			continue
		}
		ready := head{bias: h.Bias}
		if !finite(h.Bias) {
			fault("heads.%s.bias is %v", name, h.Bias)
		}
		for _, feature := range slices.Sorted(maps.Keys(h.Weights)) {
			v := h.Weights[feature]
			i, ok := column[feature]
			reach := name == HeadReach && IsReach(feature)
			switch {
			case !ok && !reach:
				fault("heads.%s: no rule declares %q; it may come from another version of this program: calibrate again", name, feature)
			case !finite(v) || math.Abs(v) > maxWeight:
				fault("heads.%s: the weight of %q is %v, beyond ±%d", name, feature, v, maxWeight)
			case !reach:
				ready.terms = append(ready.terms, term{i, v})
			}
		}
		slices.SortFunc(ready.terms, func(a, b term) int { return a.column - b.column })
		m.heads[name] = ready
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	return m, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Write encodes a weights file: the same weights give the same bytes.
func (w *Weights) Write(to io.Writer) error {
	b, err := json.MarshalIndent(w, "", "\t")
	if err != nil {
		return fmt.Errorf("weights file: %w", err)
	}
	if _, err = to.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write weights file: %w", err)
	}
	return nil
}

//go:embed default.json
var defaultFile []byte

// Default is the embedded model.
var Default = sync.OnceValue(func() *Model {
	m, err := Read(bytes.NewReader(defaultFile))
	if err != nil {
		panic("the embedded weights are broken: " + err.Error()) // a test holds them
	}
	return m
})
