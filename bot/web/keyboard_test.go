package web

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
)

// stop is where the focus is, in coordinates of the page; What is "" on none.
type stop struct {
	What                     string
	Top, Left, Bottom, Right float64
	Main                     bool // in <main>
	Problems                 []string
}

// probe looks at the focus as a person would: is there a ring, does it stand out
// from what is behind it, is it cut off or covered, is it in sight.
const probe = `(() => {
  const e = document.activeElement, out = {What: "", Problems: []};
  if (!e || e === document.body || e === document.documentElement) return out;
  const s = getComputedStyle(e), box = e.getBoundingClientRect();
  out.What = e.outerHTML.slice(0, 110);
  out.Main = !!e.closest("main");
  [out.Top, out.Left, out.Bottom, out.Right] = [box.top + scrollY, box.left, box.bottom + scrollY, box.right];
  const wide = parseFloat(s.outlineWidth), off = parseFloat(s.outlineOffset);
  if (s.outlineStyle === "none" || wide < 2) { out.Problems.push("has no ring"); return out; }
  const rgb = c => c.match(/[\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = rgb(c).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  let behind = off < 0 ? e : e.parentElement, ground = "rgb(255, 255, 255)";
  for (; behind; behind = behind.parentElement) {
    const c = getComputedStyle(behind).backgroundColor;
    if (!(rgb(c)[3] === 0)) { ground = c; break; }
  }
  const [a, b] = [light(s.outlineColor), light(ground)].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < 3) out.Problems.push("has a ring of " + s.outlineColor + " on " + ground);
  const room = wide + off, rects = [...e.getClientRects()];
  for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
    if (getComputedStyle(p).overflowX === "visible") continue;
    const q = p.getBoundingClientRect();
    if (rects.some(r => r.left - room < q.left - .5 || r.top - room < q.top - .5 || r.bottom + room > q.bottom + .5 || r.right + room > q.right + .5))
      out.Problems.push("has a ring that <" + p.tagName.toLowerCase() + " class=" + p.className + "> cuts off");
  }
  const r = rects.find(r => r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth);
  if (!r) out.Problems.push("is out of sight");
  else {
    const at = document.elementFromPoint(Math.min(Math.max((r.left + r.right) / 2, 0), innerWidth - 1), Math.min(Math.max((r.top + r.bottom) / 2, 0), innerHeight - 1));
    if (!at || !(e.contains(at) || at.contains(e))) out.Problems.push("is covered by " + (at && at.outerHTML.slice(0, 80)));
  }
  return out;
})()`

func (b *browser) focus() (s stop) {
	b.t.Helper()
	b.do(chromedp.Evaluate(probe, &s))
	return s
}

func (b *browser) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// tabTo presses Tab until the focus matches, and fails when it has gone round.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 200 {
		b.press(kb.Tab)
		var there bool
		b.do(chromedp.Evaluate(`document.activeElement.matches(`+"`"+selector+"`"+`)`, &there))
		if there {
			return
		}
	}
	b.t.Fatalf("Tab does not lead to %s", selector)
}

// TestKeyboard goes over the pages with Tab and Enter alone.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := seeded(t, "")
	srv := httptest.NewServer(serverOf(t, s, func(o *Options) { o.Fates = fixedFates{} }))
	defer srv.Close()
	b := newBrowser(t, srv.URL)
	open := func(page string) {
		b.do(chromedp.Navigate(b.base+page), chromedp.WaitReady("main", chromedp.ByQuery))
	}
	for scheme, width := range map[string]int64{"light": 1400, "dark": 390} {
		b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
			emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500))
		for _, page := range []string{"/", "/changes?branch=6.12&class=too-big", "/changes", changeURL(eligibleID), "/actions?key=" + heldKey,
			"/gap", "/branches", "/branches/6.12", "/judgement"} {
			open(page)
			b.walk(page + ", " + scheme)
		}
	}
	b.do(emulation.SetDeviceMetricsOverride(1400, 900, 1, false))
	t.Run("skip", func(t *testing.T) {
		open("/changes")
		b.press(kb.Tab)
		if f := b.focus(); !strings.Contains(f.What, `class="skip"`) || f.Top < 0 || f.Left < 0 {
			t.Errorf("the first stop is %+v", f)
		}
		b.press(kb.Enter)
		if f := b.focus(); !strings.HasPrefix(f.What, `<main`) || len(f.Problems) > 0 {
			t.Errorf("the skip link leads to %+v", f)
		}
		b.press(kb.Tab)
		if f := b.focus(); !f.Main || !strings.Contains(f.What, `name="q"`) {
			t.Errorf("behind it comes %+v", f)
		}
	})
	t.Run("filter", func(t *testing.T) {
		open("/changes")
		b.tabTo(`main select[name="verdict"]`)
		b.press("d") // dkms-only
		b.eventually("the filtered list", `document.querySelectorAll("table.list tbody tr").length == 1 && location.search.includes("verdict=dkms-only")`)
		if f := b.focus(); !strings.Contains(f.What, `name="verdict"`) {
			t.Errorf("after filtering the focus is on %+v", f)
		}
		b.tabTo("summary")
		b.press(kb.Enter)
		b.tabTo(`input[name="author"]`)
		b.press("nobody" + kb.Enter)
		b.eventually("the empty list", `document.querySelector("#results .none") && location.search.includes("author=nobody")`)
		b.tabTo(`#results a[href="/changes"]`)
		b.press(kb.Enter)
		b.eventually("the list without filters", `document.querySelectorAll("table.list tbody tr").length == 5`)
	})
	t.Run("pages", func(t *testing.T) {
		short := httptest.NewServer(serverOf(t, s, func(o *Options) { o.Reader = pagewise{s} }))
		defer short.Close()
		b.do(chromedp.Navigate(short.URL+"/changes"), chromedp.WaitReady("main", chromedp.ByQuery))
		b.tabTo(".pages a[hx-get]")
		b.press(kb.Enter)
		b.eventually("the second page", `location.search.includes("after=")`)
		if f := b.focus(); !strings.Contains(f.What, `role="status"`) || len(f.Problems) > 0 {
			t.Errorf("on the second page the focus is on %+v", f)
		}
	})
	t.Run("renewed", func(t *testing.T) { // what renews itself leaves the focus where it is
		open("/")
		for _, at := range []string{"#figures a", "#latest li a", "#latest p a"} {
			b.tabTo(at)
			before := b.focus().What
			b.do(chromedp.Evaluate(`document.querySelector("#figures").dataset.old = 1; (e => htmx.ajax("GET", "/", {source: e, target: "#figures", swap: "outerHTML", select: "#figures", selectOOB: e.getAttribute("hx-select-oob")}))(document.querySelector("[hx-select-oob]"))`, nil))
			b.eventually("the renewed page", `!document.querySelector("#figures").dataset.old`)
			if f := b.focus(); f.What != before {
				t.Errorf("the focus was on %s and is on %+v", before, f)
			}
		}
	})
	t.Run("approve", func(t *testing.T) {
		open("/")
		b.tabTo(`#waiting input[name="why"]`)
		b.press("read" + kb.Enter) // whether that is to approve or to drop nobody knows
		time.Sleep(300 * time.Millisecond)
		if a, err := s.PublicAction(t.Context(), heldKey); err != nil || a.State != flow.StateHeld {
			t.Fatalf("Enter in the reason decides: %v, %+v", err, a)
		}
		b.tabTo("#waiting button.go")
		b.press(kb.Enter)
		b.eventually("the approval", `!document.querySelector("#waiting .go")`)
		if a, err := s.PublicAction(t.Context(), heldKey); err != nil || a.State != flow.StatePlanned || !strings.Contains(a.Problem, "read") {
			t.Errorf("%v: %+v", err, a)
		}
		if f := b.focus(); !strings.Contains(f.What, "waiting-h") || len(f.Problems) > 0 {
			t.Errorf("after approving the focus is on %+v", f)
		}
		b.tabTo(`#waiting button[value="drop"]`)
		b.press(kb.Enter)
		b.eventually("the end of it", `!document.querySelector("#waiting form")`)
	})
	b.quiet("the keyboard")
}

// pagewise has two changes on a page.
type pagewise struct{ Reader }

func (p pagewise) Search(ctx context.Context, q store.Query) (store.Page, error) {
	if q.Limit == 0 {
		q.Limit = 2
	}
	return p.Reader.Search(ctx, q)
}

// walk presses Tab until the focus comes round, and tells of each stop that is
// not seen, and of each that stands before the one it comes behind.
func (b *browser) walk(where string) {
	b.t.Helper()
	var last stop
	for n := 0; ; n++ {
		b.press(kb.Tab)
		f := b.focus()
		if f.What == "" || n > 0 && strings.Contains(f.What, `class="skip"`) {
			if n < 10 {
				b.t.Errorf("%s: %d stops", where, n)
			}
			return
		}
		for _, p := range f.Problems {
			b.t.Errorf("%s: %s %s", where, f.What, p)
		}
		if n > 1 && f.Bottom <= last.Top+1 && f.Left < last.Right {
			b.t.Errorf("%s: %s stands above %s and comes behind it", where, f.What, last.What)
		}
		last = f
		if n > 300 {
			b.t.Fatalf("%s: no end", where)
		}
	}
}
