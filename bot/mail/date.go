package mail

import (
	"net/mail"
	"strings"
	"time"
)

// maxDate is longer than any date with a comment behind it.
const maxDate = 256

// date reads a Date field, fast for the form that nearly all mails use and
// with the standard library for the rest; the zero time when unreadable.
func date(v []byte) time.Time {
	if len(v) == 0 {
		return time.Time{}
	}
	if len(v) > maxDate {
		return time.Time{}
	}
	s := unfold(v)
	if t, ok := plainDate(s); ok {
		return t
	}
	if t, err := mail.ParseDate(s); err == nil {
		return t
	}
	return time.Time{}
}

// plainDate reads "Tue, 20 Jan 2026 19:19:06 +0100 (CET)".
func plainDate(s string) (time.Time, bool) {
	if len(s) > 4 && s[3] == ',' {
		s = strings.TrimLeft(s[4:], " ")
	}
	day, s, ok := number(s, 2)
	if !ok || len(s) < 5 || s[0] != ' ' || s[4] != ' ' {
		return time.Time{}, false
	}
	month := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", s[1:4])
	year, s, ok := number(s[5:], 4)
	if !ok || month%3 != 0 || year < 1970 || len(s) == 0 || s[0] != ' ' {
		return time.Time{}, false
	}
	hour, s, ok := number(s[1:], 2)
	if !ok || len(s) == 0 || s[0] != ':' {
		return time.Time{}, false
	}
	minute, s, ok := number(s[1:], 2)
	if !ok {
		return time.Time{}, false
	}
	second := 0
	if len(s) > 0 && s[0] == ':' {
		if second, s, ok = number(s[1:], 2); !ok {
			return time.Time{}, false
		}
	}
	zone := time.UTC
	if len(s) < 6 || s[0] != ' ' || s[1] != '+' && s[1] != '-' {
		return time.Time{}, false
	}
	off, tail, ok := number(s[2:], 4)
	if !ok || len(s)-len(tail) != 6 || tail != "" && tail[0] != ' ' {
		return time.Time{}, false
	}
	if off = off/100*3600 + off%100*60; off != 0 {
		if s[1] == '-' {
			off = -off
		}
		zone = time.FixedZone("", off)
	}
	if day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || off > 14*3600 || off < -14*3600 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month/3+1), day, hour, minute, second, 0, zone), true
}

// number reads up to most digits.
func number(s string, most int) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < most && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}
