package mail

import "testing"

func BenchmarkParse(b *testing.B) { bench(b, Parse) }

func BenchmarkScan(b *testing.B) { bench(b, Scan) }

// bench reads all fixtures once per round and reports the time per mail.
func bench(b *testing.B, read func([]byte) (*Message, error)) {
	mails := loadFixtures(b)
	var size int64
	for _, f := range mails {
		size += int64(len(f.raw))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range mails {
			if _, err := read(f.raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(mails)), "ns/mail")
}
