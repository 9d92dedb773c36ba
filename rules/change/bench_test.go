package change

import "testing"

// BenchmarkParse parses all fixtures in turn; one operation is one change.
func BenchmarkParse(b *testing.B) {
	all := readFixtures(b)
	size := 0
	for _, f := range all {
		size += len(f.in.Text) + len(f.in.Diff)
	}
	b.SetBytes(int64(size / len(all)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c, _ := Parse(all[i%len(all)].in)
		if c == nil {
			b.Fatal("no change")
		}
		i++
	}
}

// BenchmarkMeasure counts a patch that is mostly a register header.
func BenchmarkMeasure(b *testing.B) {
	for _, f := range readFixtures(b) {
		if f.in.Subject != "[PATCH] drm/lamp: add the registers of 7.0" {
			continue
		}
		c, err := Parse(f.in)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			Measure(c.Files)
		}
		return
	}
	b.Fatal("the fixture is gone")
}
