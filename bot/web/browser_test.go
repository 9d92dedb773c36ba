package web

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
)

// axe is the accessibility checker; .ci/install puts it into the user's cache.
func axe(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(cache, "stablebot", "peers", "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		peers.Lack(t, "axe-core is not installed; .ci/install axe")
	}
	return string(text)
}

// browser is Chromium on a running dashboard; what its console says is kept.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu   sync.Mutex
	said []string
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(peers.Need(t, "chromium")),
		chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	b := &browser{t: t, ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			b.said = append(b.said, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			b.said = append(b.said, string(e.Entry.Level)+": "+e.Entry.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				b.said = append(b.said, string(e.Type))
			}
		}
	})
	if err := chromedp.Run(ctx, log.Enable(), runtime.Enable()); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	return b
}

func (b *browser) do(what ...chromedp.Action) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, time.Minute)
	defer done()
	if err := chromedp.Run(ctx, what...); err != nil {
		b.t.Fatal(err)
	}
}

// quiet fails when the console said anything since it was asked last.
func (b *browser) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.said {
		b.t.Errorf("%s: the console says %s", where, s)
	}
	b.said = nil
}

func (b *browser) text(selector string) (out string) {
	b.t.Helper()
	b.do(chromedp.Text(selector, &out, chromedp.ByQuery))
	return out
}

// eventually waits for what htmx does.
func (b *browser) eventually(what, script string) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		var ok bool
		b.do(chromedp.Evaluate(script, &ok))
		if ok {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s did not come", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestBrowser drives Chromium through every page, in both colour schemes and at
// a phone's width: nothing on the console, no serious violation of
// accessibility, filters that filter, an action that is approved.
// STABLEBOT_SHOTS=DIR keeps a picture of each. Light goes with the desk and dark
// with the phone; STABLEBOT_FULL=1 looks at each scheme in each width.
func TestBrowser(t *testing.T) {
	t.Parallel()
	checker := axe(t)
	s := seeded(t, "")
	h := serverOf(t, s, func(o *Options) { o.Fates = fixedFates{} })
	srv := httptest.NewServer(h)
	defer srv.Close()
	b := newBrowser(t, srv.URL)
	shots := os.Getenv("STABLEBOT_SHOTS")
	pages := map[string]string{"today": "/", "changes": "/changes?branch=6.12", "change": changeURL(eligibleID), "commit": changeURL(dkmsID),
		"odd":    changeURL(oddID),
		"action": "/actions?key=" + heldKey, "gap": "/gap", "branches": "/branches", "branch": "/branches/6.12", "judgement": "/judgement",
		"digest": "/digest?days=30", "lacking": "/missing", "lacks": "/missing/6.12", "lacks-all": "/missing/6.12?all=1",
		"missing": "/changes/none"}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1400, 390} {
			if (scheme == "dark") != (width < 500) && !peers.Full() && shots == "" {
				continue
			}
			b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500))
			for name, page := range pages {
				b.do(chromedp.Navigate(b.base+page), chromedp.WaitReady("main", chromedp.ByQuery))
				if name == "missing" { // the console tells of the 404 itself
					b.mu.Lock()
					b.said = nil
					b.mu.Unlock()
				}
				where := name + ", " + scheme
				b.quiet(where)
				var wide bool
				b.do(chromedp.Evaluate("document.documentElement.scrollWidth > innerWidth", &wide))
				if wide {
					t.Errorf("%s is wider than %d pixels", where, width)
				}
				b.do(chromedp.Evaluate(`innerWidth < 500 && [...document.querySelectorAll(".scroll:has(> table:not(.gap))")].some(s => s.scrollWidth > s.clientWidth)`, &wide))
				if wide {
					t.Errorf("%s: a table is cut off at %d pixels", where, width)
				}
				var bad []string
				b.do(chromedp.Evaluate(checker, nil), chromedp.Evaluate(`axe.run({resultTypes: ["violations"]}).then(r => r.violations.filter(v => v.impact == "serious" || v.impact == "critical").map(v =>
					v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html).join(" | ")))`, &bad, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
				for _, v := range bad {
					t.Errorf("%s, %d pixels: %s", where, width, v)
				}
				if shots != "" {
					var png []byte
					b.do(chromedp.FullScreenshot(&png, 100))
					file := filepath.Join(shots, name+"-"+scheme+map[bool]string{true: "-phone"}[width < 500]+".png")
					if err := os.WriteFile(file, png, 0o644); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	b.do(emulation.SetDeviceMetricsOverride(1400, 900, 1, false))
	t.Run("filter", func(t *testing.T) {
		b.do(chromedp.Navigate(b.base+"/changes"), chromedp.WaitReady("#results", chromedp.ByQuery))
		b.do(chromedp.SetValue(`select[name="verdict"]`, "dkms-only", chromedp.ByQuery),
			chromedp.Evaluate(`document.querySelector('select[name="verdict"]').dispatchEvent(new Event("change", {bubbles: true}))`, nil))
		b.eventually("the filtered list", `document.querySelectorAll("table.list tbody tr").length == 1 && location.search.includes("verdict=dkms-only")`)
		if got := b.text("#results"); !strings.Contains(got, "drm/i915: enable the new display") {
			t.Errorf("the list is %q", got)
		}
		b.quiet("filtering")
	})
	t.Run("approve", func(t *testing.T) {
		b.do(chromedp.Navigate(b.base+"/"), chromedp.WaitVisible(".act .go", chromedp.ByQuery),
			chromedp.SendKeys(`.act input[name="why"]`, "read and found right", chromedp.ByQuery), chromedp.Click(".act .go", chromedp.ByQuery))
		b.eventually("the approval", `!document.querySelector("#waiting .go")`)
		b.quiet("approving")
		a, err := s.PublicAction(t.Context(), heldKey)
		if err != nil || a.State != flow.StatePlanned || !strings.Contains(a.Problem, "read and found right") {
			t.Errorf("%v: %+v", err, a)
		}
	})
	t.Run("without scripts", func(t *testing.T) {
		b.do(emulation.SetScriptExecutionDisabled(true), chromedp.Navigate(b.base+"/changes"), chromedp.SendKeys(`main input[name="q"]`, "enable\r", chromedp.ByQuery),
			chromedp.Sleep(500*time.Millisecond), emulation.SetScriptExecutionDisabled(false))
		if got := b.text("#results"); !strings.Contains(got, "drm/i915") || strings.Contains(got, "gfx12") {
			t.Errorf("the list is %q", got)
		}
	})
}

// TestPhotograph takes the pictures of the README from a running demo:
//
//	stablebot run --demo
//	STABLEBOT_PHOTOGRAPH=http://127.0.0.1:8078 go test -run TestPhotograph ./bot/web
func TestPhotograph(t *testing.T) {
	t.Parallel()
	base := os.Getenv("STABLEBOT_PHOTOGRAPH")
	schemes := []string{"light", "dark"}
	if base == "" {
		schemes = schemes[:peers.Scale(1, 2)]
		base = httptest.NewServer(serverOf(t, seeded(t, ""), nil)).URL // that it works
	}
	dir := t.TempDir()
	if os.Getenv("STABLEBOT_PHOTOGRAPH") != "" {
		dir = "../../deploy/img"
	}
	b := newBrowser(t, base)
	change := "/changes"
	// One with a pile to look at.
	b.do(chromedp.Navigate(base+"/changes?sort=score&cell=prerequisites&branch="+map[bool]string{true: "6.12",
		false: "6.6"}[os.Getenv("STABLEBOT_PHOTOGRAPH") != ""]),
		chromedp.AttributeValue("table.list td.title a", "href", &change, nil, chromedp.ByQuery))
	for name, page := range map[string]string{"today": "/", "changes": "/changes", "change": change, "gap": "/gap", "branches": "/branches",
		"judgement": "/judgement"} {
		for _, scheme := range schemes {
			var png []byte
			b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(1400, 900, 1, false), chromedp.Navigate(base+page), chromedp.WaitReady("main", chromedp.ByQuery),
				chromedp.CaptureScreenshot(&png))
			if len(png) == 0 {
				t.Fatalf("%s: no picture", name)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+scheme+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.quiet(base)
}
