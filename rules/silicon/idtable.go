package silicon

import (
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// idSections cuts the IDs by bus. IDs that cannot be read are none: what hangs
// on them is then told by the path alone.
func idSections(ids func() (string, error)) map[string]string {
	out := map[string]string{}
	if ids == nil {
		return out
	}
	text, err := ids()
	if err != nil {
		return out
	}
	for text != "" {
		head, rest, _ := strings.Cut(text, "\n")
		end := strings.Index(rest, "\n%") + 1
		if end == 0 {
			end = len(rest)
		}
		out[strings.TrimPrefix(head, "%")] = rest[:end]
		text = rest[end:]
	}
	return out
}

// Unzip reads a text that gzip made shorter.
func Unzip(packed string) (string, error) {
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("silicon: device IDs: %w", err)
	}
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(r, maxIDText)); err != nil {
		return "", fmt.Errorf("silicon: device IDs: %w", err)
	}
	return b.String(), nil
}

// maxIDText bounds the IDs; today they are 1 MB.
const maxIDText = 16 << 20

// home finds a driver by the number of its row, or by folder and name.
func (t *DriverTable) home(ref string) (Driver, bool) {
	i := strings.LastIndexByte(ref, '/')
	if i < 0 {
		n := atoi(ref)
		if n >= len(t.rows) || n == 0 && ref != "0" {
			return Driver{}, false
		}
		return t.rowOf(t.rows[n]), true
	}
	var d Driver
	found := false
	t.lines(ref[:i], func(line string) bool {
		if name, _, _ := strings.Cut(line, "\t"); name == ref[i+1:] {
			d, found = t.row(ref[:i], line), true
		}
		return !found
	})
	return d, found
}

// ByID returns the drivers whose tables have a device ID: ByID("of",
// "qcom,sm8550-tlmm"), ByID("pci", "8086:1533"), ByID("acpi", "INT33C3").
func (t *DriverTable) ByID(bus, id string) []Driver {
	line := t.idFrom(bus, id)
	have, refs, _ := strings.Cut(line, "\t")
	if have != id {
		return nil
	}
	var out []Driver
	for ref := range strings.FieldsSeq(refs) {
		if d, ok := t.home(ref); ok {
			out = append(out, d)
		}
	}
	return out
}

// begins returns the first ID of a bus that begins so, "" for none.
func (t *DriverTable) begins(bus, prefix string) string {
	have, _, _ := strings.Cut(t.idFrom(bus, prefix), "\t")
	if !strings.HasPrefix(have, prefix) {
		return ""
	}
	return have
}

// idFrom finds the first line of a bus whose ID is not before id.
func (t *DriverTable) idFrom(bus, id string) string {
	text := t.ids()[bus]
	lo, hi := 0, len(text)
	for lo < hi {
		mid := (lo + hi) / 2
		from := strings.LastIndexByte(text[lo:mid], '\n') + lo + 1
		line, _, _ := strings.Cut(text[from:], "\n")
		if have, _, _ := strings.Cut(line, "\t"); have < id {
			lo = from + len(line) + 1
		} else {
			hi = from
		}
	}
	line, _, _ := strings.Cut(text[lo:], "\n")
	return line
}
