package truth

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

const (
	one = "1111111111111111111111111111111111111111"
	two = "2222222222222222222222222222222222222222"
)

func TestTable(t *testing.T) {
	commits := "# commit\trelease\ttaken\tin\n" + one + "\t6.4\t1\t6.1.35,6.3.9\r\n" + two + "\t6.5\t0\t\n"
	subjects := "# subject\tin\ndrm/xyz: Stop the engine\t6.1.35, 6.6.2\n"
	flags := "drm/xyz: Stop the engine\t1\ndrm/xyz: start it\t0\n"
	for name, c := range map[string]struct {
		table string
		c     change.Change
		want  Label
	}{
		"a taken commit": {commits, change.Change{ID: one}, Label{Known: true, Taken: true, Release: "6.4",
			In: []string{"6.1.35", "6.3.9"}, How: "table"}},
		"a refused commit":       {commits, change.Change{ID: two}, Label{Known: true, Release: "6.5", How: "table"}},
		"a commit without a row": {commits, change.Change{ID: strings.Repeat("3", 40)}, Label{How: "table"}},
		"a taken subject": {subjects, change.Change{Subject: "drm/xyz:  stop the ENGINE"},
			Label{Known: true, Taken: true, In: []string{"6.1.35", "6.6.2"}, How: "table"}},
		"other prefixes": {subjects + "net: abc: wake the card up late\t6.6.3\n", change.Change{Subject: "abc: Wake the card up late"},
			Label{Known: true, Taken: true, In: []string{"6.6.3"}, How: "prefixes"}},
		"of another driver": {subjects + "net: abc: wake the card up late\t6.6.3\n", change.Change{Subject: "xyz: Wake the card up late"},
			Label{Known: true, How: "table"}},
		"a final dot": {subjects, change.Change{Subject: "drm/xyz: Stop the engine."},
			Label{Known: true, Taken: true, In: []string{"6.1.35", "6.6.2"}, How: "table"}},
		"a subject not listed":    {subjects, change.Change{Subject: "drm/xyz: go"}, Label{Known: true, How: "table"}},
		"a refused subject":       {flags, change.Change{Subject: "drm/xyz: start it"}, Label{Known: true, How: "table"}},
		"a subject without a row": {flags, change.Change{Subject: "drm/xyz: go"}, Label{How: "table"}},
		"taken once is taken":     {one + "\t0\n" + one + "\t1\n", change.Change{ID: one}, Label{Known: true, Taken: true, How: "table"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, zipped := range []bool{false, true} {
				b := []byte(c.table)
				if zipped {
					var z bytes.Buffer
					w := gzip.NewWriter(&z)
					_, _ = w.Write(b)
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					b = z.Bytes()
				}
				table, err := ReadTable(bytes.NewReader(b), "t.tsv")
				if err != nil {
					t.Fatal(err)
				}
				if got := table.Label(&c.c); !reflect.DeepEqual(got, c.want) {
					t.Errorf("zipped %v: got %+v, want %+v", zipped, got, c.want)
				}
			}
		})
	}
}

func TestTableErrors(t *testing.T) {
	for name, c := range map[string]struct{ table, want string }{
		"empty":             {"# nothing\n\n", "no change is in it"},
		"one field":         {"drm/xyz: go\n", "line 1: not two to four fields"},
		"a third field":     {one + "\t6.4\tyes\n", `"yes" is neither 1 (taken) nor 0`},
		"a commit's fate":   {one + "\t6.1.35\n", "a commit needs 1 or 0"},
		"no name":           {"\t6.4\t1\n", "line 1: the first field"},
		"two forms at once": {"a: b\t6.1.3\nc: d\t0\n", "use one form"},
		"broken gzip":       {"\x1f\x8b\x00", "t.tsv"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadTable(strings.NewReader(c.table), "t.tsv")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestTables(t *testing.T) {
	read := func(s string) *Table {
		table, err := ReadTable(strings.NewReader(s), "t")
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	ts := Tables{read(one + "\t1\n"), read("a: b\t0\nc: d\t1\n")}
	if l := ts.Label(&change.Change{ID: one, Subject: "a: b"}); !l.Taken {
		t.Errorf("the first table that knows a change speaks; got %+v", l)
	}
	if l := ts.Label(&change.Change{ID: two, Subject: "c: d"}); !l.Known || !l.Taken {
		t.Errorf("the second table was not asked; got %+v", l)
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte(one + "\t6.4\t1\t6.1.35\n"))
	f.Add([]byte("a: b\t6.1.3\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := ReadTable(bytes.NewReader(b), "t")
		if err != nil {
			return
		}
		for _, id := range table.IDs {
			if !table.Label(&change.Change{ID: id}).Known {
				t.Errorf("row %s has no label", id)
			}
		}
	})
}
