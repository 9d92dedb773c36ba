// Package hub is a stateful stand-in for GitHub, for tests of flows: pull
// requests, labels with their record, checks, statuses, comments and who may
// write. What it answers has the shape of GitHub's own answers; whether the
// requests are right is tested against GitHub's own description.
package hub

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Me is the login of the bot's token or App.
const Me = "stablebot[bot]"

// Commit is one commit of a pull request.
type Commit struct {
	SHA, Message, Diff string
	Parents            int // 1 when 0
}

// Pull is a pull request as it stands.
type Pull struct {
	Number   int
	Title    string
	Author   string
	State    string
	Base     string // the branch that it goes into; "" for "main"
	Tip      string // of that branch; "" for one that nobody knows
	Commits  []Commit
	Updated  time.Time
	Labels   []string
	Events   []Event
	Comments []Comment
}

// Event is one line of the record of labels.
type Event struct {
	Event, Actor, Label string
	At                  time.Time
}

// Comment is one comment.
type Comment struct {
	ID        int64
	Who, Body string
	At        time.Time
	Reactions []string
}

// Check is a check run, or a status with Conclusion as its state.
type Check struct {
	ID                                    int64
	SHA, Name, Conclusion, Title, Summary string
}

// Hub is one repository, "o/r", on a server.
type Hub struct {
	*httptest.Server
	mu       sync.Mutex
	Pulls    map[int]*Pull
	Labels   map[string]bool // of the repository
	Checks   []Check
	Statuses []Check
	Writers  map[string]bool
	Policy   string   // of the default branch, "" for none
	Files    []string // of the tree that pull requests go into
	clock    time.Time
	next     int64
	// Log is every request that wrote, "POST path", in order.
	Log []string
	// Reads counts the other requests, Unchanged those answered with 304.
	Reads, Unchanged int
	// Before may answer a request instead: it returns true when it did.
	Before func(w http.ResponseWriter, r *http.Request) bool
}

// New starts a hub.
func New() *Hub {
	h := &Hub{Pulls: map[int]*Pull{}, Labels: map[string]bool{}, Writers: map[string]bool{}, next: 1000,
		clock: time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)}
	h.Server = httptest.NewServer(h)
	return h
}

// Do runs f while no request is answered; each call is a minute later.
func (h *Hub) Do(f func(now time.Time)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(time.Minute)
	f(h.clock)
}

// Say adds a comment and returns its id.
func (h *Hub) Say(number int, who, body string) (id int64) {
	h.Do(func(now time.Time) {
		h.next++
		id = h.next
		p := h.Pulls[number]
		p.Comments, p.Updated = append(p.Comments, Comment{ID: id, Who: who, Body: body, At: now}), now
	})
	return id
}

// Label sets or, with off, takes off a label as a person.
func (h *Hub) Label(number int, who, label string, off bool) {
	h.Do(func(now time.Time) { h.Pulls[number].label(who, label, off, now) })
}

func (p *Pull) label(who, label string, off bool, now time.Time) {
	e := Event{"labeled", who, label, now}
	p.Labels = slices.DeleteFunc(p.Labels, func(l string) bool { return l == label })
	if off {
		e.Event = "unlabeled"
	} else {
		p.Labels = append(p.Labels, label)
	}
	p.Events, p.Updated = append(p.Events, e), now
}

// Shown is what a person sees of a pull request, for comparing states.
func (h *Hub) Shown(number int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.Pulls[number]
	labels := slices.Clone(p.Labels)
	slices.Sort(labels)
	out := fmt.Sprintf("labels %v\n", labels)
	head := p.head()
	for _, c := range slices.Concat(h.Checks, h.Statuses) {
		if c.SHA == head && strings.HasSuffix(c.Name, fmt.Sprintf("#%d", number)) {
			out += "check " + c.Name + " " + c.Conclusion + ": " + c.Title + "\n"
		}
	}
	for _, c := range p.Comments {
		first, _, _ := strings.Cut(strings.TrimPrefix(c.Body, "<!-- stablebot:comment -->\n"), "\n")
		out += "comment " + c.Who + " " + fmt.Sprint(c.Reactions) + ": " + first + "\n"
	}
	return out
}

func (p *Pull) head() string { return p.Commits[len(p.Commits)-1].SHA }

type object = map[string]any

func user(login string) object {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	return object{"login": login, "type": kind, "id": 1}
}

func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.Before != nil && h.Before(w, r) {
		return
	}
	if r.Method == http.MethodGet {
		h.Reads++
	} else {
		h.Log = append(h.Log, r.Method+" "+r.URL.Path)
		h.clock = h.clock.Add(time.Second)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var body object
	if err := json.Unmarshal(raw, &body); err != nil { // labels come as a bare array
		var names []any
		if err := json.Unmarshal(raw, &names); err != nil && len(raw) > 0 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = object{"labels": names}
	}
	status, out := h.answer(w, r, strings.Trim(r.URL.Path, "/"), body)
	if out == nil {
		return // written already
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	tag := fmt.Sprintf(`"%x"`, len(b)*31+int(sum(b)))
	if r.Method == http.MethodGet && r.Header.Get("If-None-Match") == tag {
		h.Unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func sum(b []byte) (n uint32) {
	for _, c := range b {
		n = n*16777619 ^ uint32(c)
	}
	return n
}

func notFound() (int, any) { return http.StatusNotFound, object{"message": "Not Found"} }

func (h *Hub) answer(w http.ResponseWriter, r *http.Request, path string, body object) (int, any) {
	switch path {
	case "user":
		return 200, user(Me)
	case "app":
		return 200, object{"slug": strings.TrimSuffix(Me, "[bot]"), "id": 7}
	case "app/installations":
		return 200, []object{{"id": 9, "account": user("o")}}
	case "installation/repositories":
		return 200, object{"total_count": 1, "repositories": []object{{"full_name": "o/r"}}}
	case "repos/o/r/installation":
		return 200, object{"id": 9}
	case "app/installations/9/access_tokens":
		return 201, object{"token": "t-9", "expires_at": time.Now().Add(time.Hour).UTC()}
	}
	rest, ok := strings.CutPrefix(path, "repos/o/r/")
	if !ok {
		return notFound()
	}
	part := strings.Split(rest, "/")
	n := 0
	if len(part) > 1 {
		n, _ = strconv.Atoi(part[1])
	}
	p := h.Pulls[n]
	last := part[len(part)-1]
	switch {
	case rest == "contents/.stablebot.yml":
		if h.Policy == "" {
			return notFound()
		}
		return 200, object{"type": "file", "encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(h.Policy))}
	case rest == "pulls":
		return 200, h.list()
	case part[0] == "pulls" && p != nil && len(part) == 2:
		return 200, p.object()
	case part[0] == "pulls" && p != nil && last == "commits":
		return 200, p.commits()
	case part[0] == "git" && part[1] == "trees" && h.Files != nil:
		return 200, h.tree(r.URL.Query().Get("recursive") != "")
	case part[0] == "commits" && last == "check-runs":
		return 200, h.checkRuns(part[1])
	case part[0] == "commits" && last == "statuses":
		return 200, h.statuses(part[1])
	case part[0] == "commits" && len(part) == 2:
		return h.diff(w, part[1])
	case part[0] == "labels":
		return h.repoLabel(r.Method, part, body)
	case part[0] == "check-runs":
		return h.writeCheck(r.Method, part, body)
	case part[0] == "statuses":
		h.Statuses = append(h.Statuses, Check{SHA: part[1], Name: str(body["context"]), Conclusion: str(body["state"]),
			Title: str(body["description"])})
		return 201, object{}
	case part[0] == "collaborators":
		level := "read"
		if h.Writers[part[1]] {
			level = "write"
		}
		return 200, object{"permission": level}
	case part[0] == "issues" && part[1] == "comments":
		return h.oneComment(r.Method, part, body)
	case part[0] == "issues" && p != nil:
		return h.issue(r.Method, p, part[2:], body)
	}
	return notFound()
}

func str(v any) string { s, _ := v.(string); return s }

func (p *Pull) object() object {
	base := p.Base
	if base == "" {
		base = "main"
	}
	tip := p.Tip
	if tip == "" {
		tip = strings.Repeat("b", 40)
	}
	return object{"number": p.Number, "title": p.Title, "state": p.State, "user": user(p.Author), "updated_at": p.Updated,
		"head": object{"sha": p.head()}, "base": object{"ref": base, "sha": tip, "repo": object{"private": false, "full_name": "o/r"}}}
}

// tree lists the names in the root, or all files.
func (h *Hub) tree(deep bool) object {
	entries := []object{}
	seen := map[string]bool{}
	for _, f := range h.Files {
		top, _, below := strings.Cut(f, "/")
		switch {
		case deep:
			entries = append(entries, object{"path": f, "type": "blob"})
		case !seen[top] && below:
			entries = append(entries, object{"path": top, "type": "tree"})
		case !seen[top]:
			entries = append(entries, object{"path": top, "type": "blob"})
		}
		seen[top] = true
	}
	return object{"sha": "base", "tree": entries}
}

func (h *Hub) list() []object {
	pulls := []*Pull{}
	for _, p := range h.Pulls {
		if p.State == "open" {
			pulls = append(pulls, p)
		}
	}
	slices.SortFunc(pulls, func(a, b *Pull) int { return b.Updated.Compare(a.Updated) })
	out := []object{}
	for _, p := range pulls {
		out = append(out, p.object())
	}
	return out
}

func (p *Pull) commits() []object {
	out := []object{}
	for _, c := range p.Commits {
		parents := make([]object, max(c.Parents, 1))
		for i := range parents {
			parents[i] = object{"sha": "p"}
		}
		out = append(out, object{"sha": c.SHA, "parents": parents, "commit": object{"message": c.Message,
			"author": object{"name": "Ada", "email": "ada@example.org", "date": p.Updated}}})
	}
	return out
}

func (h *Hub) diff(w http.ResponseWriter, sha string) (int, any) {
	for _, p := range h.Pulls {
		for _, c := range p.Commits {
			if c.SHA == sha {
				w.Header().Set("Content-Type", "application/vnd.github.v3.diff; charset=utf-8")
				_, _ = w.Write([]byte(c.Diff))
				return 200, nil
			}
		}
	}
	return notFound()
}

func (h *Hub) checkRuns(sha string) object {
	out := []object{}
	for _, c := range h.Checks {
		if c.SHA == sha {
			out = append(out, object{"id": c.ID, "name": c.Name, "head_sha": c.SHA, "status": "completed", "conclusion": c.Conclusion,
				"output": object{"title": c.Title, "summary": c.Summary}})
		}
	}
	return object{"total_count": len(out), "check_runs": out}
}

func (h *Hub) statuses(sha string) []object {
	out := []object{}
	for _, c := range slices.Backward(h.Statuses) {
		if c.SHA == sha {
			out = append(out, object{"context": c.Name, "state": c.Conclusion, "description": c.Title})
		}
	}
	return out
}

func (h *Hub) writeCheck(method string, part []string, body object) (int, any) {
	output, _ := body["output"].(object)
	c := Check{SHA: str(body["head_sha"]), Name: str(body["name"]), Conclusion: str(body["conclusion"]), Title: str(output["title"]),
		Summary: str(output["summary"])}
	if method == http.MethodPost {
		h.next++
		c.ID = h.next
		h.Checks = append(h.Checks, c)
		return 201, object{"id": c.ID}
	}
	for i := range h.Checks {
		if fmt.Sprint(h.Checks[i].ID) == part[1] {
			c.SHA, c.ID = h.Checks[i].SHA, h.Checks[i].ID
			h.Checks[i] = c
			return 200, object{"id": c.ID}
		}
	}
	return notFound()
}

func (h *Hub) repoLabel(method string, part []string, body object) (int, any) {
	if method == http.MethodPost {
		h.Labels[str(body["name"])] = true
		return 201, body
	}
	if len(part) == 2 && h.Labels[part[1]] {
		return 200, object{"name": part[1]}
	}
	return notFound()
}

func (h *Hub) oneComment(method string, part []string, body object) (int, any) {
	for _, p := range h.Pulls {
		for i := range p.Comments {
			c := &p.Comments[i]
			if fmt.Sprint(c.ID) != part[2] {
				continue
			}
			if method == http.MethodPatch {
				c.Body, p.Updated = str(body["body"]), h.clock
			} else if content := str(body["content"]); !slices.Contains(c.Reactions, content) {
				c.Reactions = append(c.Reactions, content)
			}
			return 200, object{"id": c.ID}
		}
	}
	return notFound()
}

func (h *Hub) issue(method string, p *Pull, part []string, body object) (int, any) {
	out := []object{}
	switch {
	case part[0] == "labels" && method == http.MethodPost:
		names, _ := body["labels"].([]any)
		for _, n := range names {
			p.label(Me, str(n), false, h.clock)
		}
		return 200, out
	case part[0] == "labels" && method == http.MethodDelete:
		if !slices.Contains(p.Labels, part[1]) {
			return notFound()
		}
		p.label(Me, part[1], true, h.clock)
		return 200, out
	case part[0] == "labels":
		for _, l := range p.Labels {
			out = append(out, object{"name": l})
		}
	case part[0] == "events":
		for _, e := range p.Events {
			out = append(out, object{"event": e.Event, "actor": user(e.Actor), "label": object{"name": e.Label}, "created_at": e.At})
		}
	case part[0] == "comments" && method == http.MethodPost:
		h.next++
		p.Comments = append(p.Comments, Comment{ID: h.next, Who: Me, Body: str(body["body"]), At: h.clock})
		p.Updated = h.clock
		return 201, object{"id": h.next}
	case part[0] == "comments":
		for _, c := range p.Comments {
			out = append(out, object{"id": c.ID, "user": user(c.Who), "body": c.Body, "created_at": c.At})
		}
	default:
		return notFound()
	}
	return 200, out
}
