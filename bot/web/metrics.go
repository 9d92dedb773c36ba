package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Metrics are the bot's numbers for Prometheus, in a registry of their own.
// What happens in this process is counted as it happens; what stands in the
// store is read when they are asked for.
type Metrics struct {
	registry *prometheus.Registry
	request  *prometheus.HistogramVec
	decided  *prometheus.CounterVec
	judging  prometheus.Histogram
	judged   *prometheus.CounterVec
	received *prometheus.CounterVec
	waited   prometheus.Histogram
	ended    *prometheus.CounterVec
	delivery *prometheus.HistogramVec
	failures *prometheus.CounterVec
}

// NewMetrics returns a set in which nothing has happened.
func NewMetrics(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "stablebot", Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "stablebot", Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(h)
		return h
	}
	m.received = counter("mails_received_total", "Mails kept for the first time.", "source")
	m.judged = counter("changes_judged_total", "Judgements made.", "verdict")
	m.judging = histogram("judge_duration_seconds", "Time to judge one change.",
		prometheus.ExponentialBuckets(.0001, 4, 9)).WithLabelValues().(prometheus.Histogram)
	m.waited = histogram("series_settle_seconds", "Time from the first mail of a series to its judgement, the wait for late patches included.",
		[]float64{.1, .5, 1, 5, 30, 60, 300, 900, 1800, 3600, 14400, 86400}).WithLabelValues().(prometheus.Histogram)
	m.ended = counter("actions_ended_total", "Actions that were tried, by how that ended; planned means that it is tried again.", "kind",
		"sink", "state")
	m.delivery = histogram("action_delivery_seconds", "Time from the plan of an action to its end.",
		[]float64{.05, .1, .25, .5, 1, 2.5, 5, 15, 60, 600, 3600, 86400}, "kind", "sink")
	m.failures = counter("component_errors_total", "Failures of sources, sinks and the pipeline, by kind.", "component", "kind")
	m.decided = counter("decisions_total", "Actions approved or dropped on the dashboard.", "decision")
	m.request = histogram("http_request_duration_seconds", "Time to answer a request.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, "route", "code")
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "stablebot", Name: "build_info", Help: "1, with the version as label."},
		[]string{"version"})
	info.WithLabelValues(version).Set(1)
	m.registry.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Timeout: slowest})
}

// instrument times a route.
func (m *Metrics) instrument(route string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		began := time.Now()
		h.ServeHTTP(rec, r)
		m.request.WithLabelValues(route, strconv.Itoa(rec.status)).Observe(time.Since(began).Seconds())
	})
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Judge times judging.
func (m *Metrics) Judge(judge func(*change.Change, *rules.Series, *rules.Tree) verdict.Judgement) func(*change.Change, *rules.Series,
	*rules.Tree) verdict.Judgement {
	return func(c *change.Change, s *rules.Series, t *rules.Tree) verdict.Judgement {
		began := time.Now()
		j := judge(c, s, t)
		m.judging.Observe(time.Since(began).Seconds())
		return j
	}
}

// Journal counts what goes through a journal.
func (m *Metrics) Journal(j flow.Journal) flow.Journal {
	return &counted{Journal: j, m: m, tried: map[string]tried{}}
}

type counted struct {
	flow.Journal
	m *Metrics

	mu    sync.Mutex
	tried map[string]tried
}

type tried struct {
	kind, sink string
	created    time.Time
}

func (c *counted) Keep(ctx context.Context, mail flow.Mail, at flow.Cursor) (bool, error) {
	fresh, err := c.Journal.Keep(ctx, mail, at)
	if fresh && err == nil {
		c.m.received.WithLabelValues(mail.Source).Inc()
	}
	return fresh, err
}

func (c *counted) KeepJudged(ctx context.Context, j flow.Judged, at flow.Cursor) error {
	err := c.Journal.KeepJudged(ctx, j, at)
	if err == nil {
		c.m.judged.WithLabelValues(string(j.Verdict)).Inc()
	}
	return err
}

func (c *counted) Settle(ctx context.Context, s flow.Settlement) (bool, error) {
	done, err := c.Journal.Settle(ctx, s)
	if done && err == nil {
		for _, j := range s.Judged {
			c.m.judged.WithLabelValues(string(j.Verdict)).Inc()
		}
		if s.Series.Settled == 0 && !s.Series.First.IsZero() {
			c.m.waited.Observe(s.At.Sub(s.Series.First).Seconds())
		}
	}
	return done, err
}

func (c *counted) SettlePull(ctx context.Context, s flow.PullSettlement) (bool, error) {
	done, err := c.Journal.SettlePull(ctx, s)
	if done && err == nil {
		for _, j := range s.Judged {
			c.m.judged.WithLabelValues(string(j.Verdict)).Inc()
		}
	}
	return done, err
}

func (c *counted) Healthy(ctx context.Context, component string, at time.Time, problem error) error {
	if problem != nil {
		c.m.failures.WithLabelValues(component, kindOf(problem)).Inc()
	}
	return c.Journal.Healthy(ctx, component, at, problem)
}

func kindOf(err error) string {
	switch {
	case errors.Is(err, flow.ErrUnknown):
		return "unknown-outcome"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, store.ErrFull):
		return "disk-full"
	case errors.Is(err, store.ErrLocked):
		return "locked"
	case errors.Is(err, flow.ErrTemporary):
		return "temporary"
	case strings.Contains(err.Error(), "a defect in stablebot"):
		return "defect"
	}
	return "other"
}

// Planned remembers what is about to be tried: End knows it by its key alone.
func (c *counted) Planned(ctx context.Context, sink string, now time.Time, n int) ([]flow.Action, error) {
	as, err := c.Journal.Planned(ctx, sink, now, n)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range as {
		if len(c.tried) < maxTried {
			c.tried[a.Key] = tried{string(a.Kind), a.Sink, a.Created}
		}
	}
	return as, err
}

// maxTried bounds what is remembered of actions that never end.
const maxTried = 10000

func (c *counted) End(ctx context.Context, key string, e flow.Ending) error {
	err := c.Journal.End(ctx, key, e)
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.tried[key]
	delete(c.tried, key)
	if ok && err == nil {
		c.m.ended.WithLabelValues(t.kind, t.sink, string(e.State)).Inc()
		if e.State == flow.StateDone {
			c.m.delivery.WithLabelValues(t.kind, t.sink).Observe(e.At.Sub(t.created).Seconds())
		}
	}
	return err
}

// watch adds what is read from the store of s when it is asked for.
func (m *Metrics) watch(s *Server) { m.registry.MustRegister(&stored{s}) }

// stored reads the store at each scrape.
type stored struct{ s *Server }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("stablebot_"+name, help, labels, nil)
}

var (
	descUp       = desc("store_up", "1 when the store answers.")
	descStored   = desc("stored_changes", "Judged changes in the store that are public.", "verdict")
	descActions  = desc("stored_actions", "Actions in the store.", "state")
	descMails    = desc("queue_mails", "Mails that wait to be filed.")
	descSeries   = desc("queue_series", "Series that wait to be judged, for late patches or their turn.")
	descPulls    = desc("queue_pull_requests", "Pull requests that wait to be fetched and judged.")
	descLag      = desc("queue_lag_seconds", "How long the oldest thing that could be done has waited.")
	descOK       = desc("component_last_success_timestamp_seconds", "When a component last did its work.", "component")
	descFailed   = desc("component_last_failure_timestamp_seconds", "When a component last failed.", "component")
	descFailures = desc("component_failures", "Failures of a component in a row.", "component")
	descWell     = desc("component_well", "1 when a component is well, as /readyz sees it.", "component")
)

func (c *stored) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descStored, descActions, descMails, descSeries, descPulls, descLag, descOK, descFailed,
		descFailures, descWell} {
		ch <- d
	}
}

func (c *stored) Collect(ch chan<- prometheus.Metric) {
	ctx, done := context.WithTimeout(context.Background(), pingTime)
	defer done()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	q, err := c.s.Reader.Queue(ctx)
	if err != nil {
		gauge(descUp, 0)
		return
	}
	gauge(descUp, 1)
	gauge(descMails, float64(q.Mails))
	gauge(descSeries, float64(q.Series))
	gauge(descPulls, float64(q.Pulls))
	gauge(descLag, lag(q, c.s.Now()).Seconds())
	verdicts := map[string]int{}
	for _, d := range c.s.sums.get(ctx).Days {
		verdicts[d.Verdict] += d.N
	}
	for v, n := range verdicts {
		gauge(descStored, float64(n), v)
	}
	if states, err := c.s.Reader.ActionStates(ctx); err == nil {
		for st, n := range states {
			gauge(descActions, float64(n), string(st))
		}
	}
	parts, err := c.s.parts(ctx)
	if err != nil {
		return
	}
	for _, p := range parts {
		if !p.OK.IsZero() {
			gauge(descOK, float64(p.OK.Unix()), p.Component)
		}
		if !p.Failed.IsZero() {
			gauge(descFailed, float64(p.Failed.Unix()), p.Component)
		}
		gauge(descFailures, float64(p.Failures), p.Component)
		well := 0.0
		if p.Well {
			well = 1
		}
		gauge(descWell, well, p.Component)
	}
}
