package change

import "strings"

// maxNamed bounds how many commits a message is taken to name in its tags; the
// longest real lists have about twenty.
const maxNamed = 64

// appendFixes reads the value of a Fixes: tag, which may name several commits.
// It takes every form that people write; WellFormed says whether it is the one
// that submitting-patches asks for. A value that names no commit (a bug's
// number or address, prose) is no culprit; a quoted title without an id is.
func appendFixes(list []Fixes, t Trailer) []Fixes {
	v := t.Value
	for len(list) < maxNamed {
		f, rest, ok := readFixes(v)
		if !ok {
			return list
		}
		f.Line, f.Wrapped = t.Line, t.Wrapped
		f.WellFormed = f.WellFormed && !t.Wrapped
		list = append(list, f)
		rest = strings.TrimLeft(rest, " ,;&")
		rest = strings.TrimPrefix(rest, "and ")
		if id, _ := sha(rest); id == "" {
			return list
		}
		v = rest
	}
	return list
}

// readFixes reads one culprit and returns what follows it.
func readFixes(v string) (f Fixes, rest string, ok bool) {
	plain := v
	for _, head := range []string{"commit:", "Commit:", "commit ", "Commit ", "<", "[", "(", "'", "git-", ":"} {
		v = strings.TrimLeft(strings.TrimPrefix(v, head), " \t")
	}
	id, after := sha(v)
	switch {
	case id != "":
	case strings.HasPrefix(plain, "http"):
		if id = commitURL(plain); id == "" {
			return Fixes{}, "", false
		}
		return Fixes{SHA: id}, "", true
	case strings.HasPrefix(plain, `("`), strings.HasPrefix(plain, `"`):
		title, rest := quotedTitle(plain)
		return Fixes{Subject: title}, rest, len(title) > 3
	default:
		// "a hang since commit <sha> ("title")", or an id with a typo
		i := strings.Index(plain, `("`)
		if i < 1 {
			return Fixes{}, "", false
		}
		words := trimRight(plain[:i])
		f.SHA, _ = sha(words[strings.LastIndexByte(words, ' ')+1:])
		f.Subject, rest = quotedTitle(plain[i:])
		return f, rest, f.SHA != "" || strings.IndexByte(words, ' ') < 0
	}
	f.SHA = id
	exact := len(v) == len(plain) && len(id) >= 12 && strings.HasPrefix(after, ` ("`)
	if strings.HasPrefix(after, ", ") || strings.HasPrefix(after, " and ") {
		return f, after, true // a list of ids
	}
	f.Subject, rest = quotedTitle(strings.TrimLeft(after, "> :,-"))
	closed := strings.HasSuffix(after[:len(after)-len(rest)], `")`)
	rest = trimSpace(rest)
	f.WellFormed = exact && closed && f.Subject != "" && (rest == "" || rest[0] == '#')
	return f, rest, true
}

// commitURL takes the commit id out of the address of a commit in a web view.
func commitURL(s string) string {
	s, _, _ = strings.Cut(s, " ")
	for _, mark := range []string{"/commit/?id=", "/commit/", "&id=", "?id=", ";h=", "/c/"} {
		if i := strings.LastIndex(s, mark); i >= 0 {
			if id, _ := sha(s[i+len(mark):]); id != "" {
				return id
			}
		}
	}
	return ""
}

// titleQuotes are the ways to enclose a title, longest first.
var titleQuotes = []struct{ open, close string }{
	{`("`, `")`}, {`(“`, `”)`}, {`('`, `')`}, {`(`, `)`}, {`"`, `"`}, {`“`, `”`}, {`'`, `'`},
}

// quotedTitle reads a commit's title out of ("title"), (title), "title",
// 'title' or the bare rest, and returns what follows it. A title may itself
// hold quotes and brackets, so the last close that ends the value or stands
// before a comma, a full stop or a comment is taken.
func quotedTitle(s string) (title, rest string) {
	s = trimSpace(s)
	for _, q := range titleQuotes {
		in, ok := strings.CutPrefix(s, q.open)
		if !ok {
			continue
		}
		end := -1
		for from := 0; ; {
			i := strings.Index(in[from:], q.close)
			if i < 0 {
				break
			}
			end = from + i
			from = end + len(q.close)
			if after := in[from:]; after == "" || after[0] == ',' || after[0] == '.' || strings.HasPrefix(trimSpace(after), "#") {
				break
			}
		}
		if end >= 0 {
			return collapse(trimSpace(in[:end])), in[end+len(q.close):]
		}
		return strings.TrimRight(collapse(trimSpace(in)), `"`), "" // cut short by its author
	}
	if i := strings.Index(s, " #"); i >= 0 {
		return collapse(trimSpace(s[:i])), s[i:]
	}
	return collapse(s), ""
}
