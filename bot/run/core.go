package run

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules"
)

// core is what every part of the pipeline has: what it is made of, what one part
// tells another, and where it says how it does.
type core struct {
	Options
	Journal flow.Health // each part has the part of the journal that it needs
	log     *zap.Logger
	refs    map[string]rules.Ref
	fatal   context.CancelCauseFunc // ends Run
	once    bool

	mailed  chan struct{}            // something was saved
	sinks   map[string]chan struct{} // something was planned for a sink
	leading chan struct{}            // woken when this process begins to lead
	leads   atomic.Bool              // it has the lease of the dispatcher
	reads   atomic.Int32             // sources that it has the leases of
	full    atomic.Bool              // nothing more is taken in

	looked     chan struct{} // closed when the trees were read, or could not be
	lookedOnce sync.Once

	mu     sync.Mutex
	health map[string]healthState
}

// leases see to it that what only one process may do is done by one.
type leases struct {
	*core
	Journal flow.Leases
}

// attempts count what may end the process, and put it aside.
type attempts struct {
	*core
	Journal interface {
		flow.Attempts
		flow.Cursors
	}
	careful time.Time // until then every unit is counted
	room    room
	inHand  *semaphore.Weighted // all units in hand; one that must be alone takes it whole

	mu     sync.Mutex
	begun  map[flow.Unit]bool // units that are counted
	blamed map[flow.Unit]bool // units that failed here before
}

// filer finds the place of each mail.
type filer struct {
	*core
	Journal  flow.Filings
	attempts *attempts
}

// prover finds out who sent what counts by who says it.
type prover struct {
	*core
	Journal flow.Proofs
	filer   *filer
}

// remotes are the trees as judging needs them.
type remotes struct {
	*core
	Journal flow.Cursors
	state   treeState
}

// judging judges what the dispatcher gives out, and stores what follows.
type judging struct {
	*core
	Journal flow.Settlements
	filer   *filer
	remotes *remotes
}

// watcher has judged again what a branch that moves may change.
type watcher struct {
	*core
	Journal  flow.Requeues
	leases   *leases
	remotes  *remotes
	judging  *judging
	followed time.Time // when outcomes were last looked for
}

// dispatcher files what has come, gives out what is to be judged, and carries out
// what was given to this process.
type dispatcher struct {
	*core
	Journal    flow.Tasks
	leases     *leases
	attempts   *attempts
	filer      *filer
	prover     *prover
	remotes    *remotes
	judging    *judging
	queue      flow.Queue
	dispatched dispatched
}

// doubts finds out what became of actions of unknown outcome.
type doubts struct {
	*core
	Journal flow.Doubts
}

// deliverer has the sinks do what is planned.
type deliverer struct {
	*core
	Journal flow.Outbox
	doubts  *doubts
	mu      sync.Mutex
	unsure  map[string]bool // actions of which it is not known whether they were begun
}

// Bot is the pipeline.
type Bot struct {
	*core
	Journal    flow.Inbox
	leases     *leases
	attempts   *attempts
	filer      *filer
	prover     *prover
	remotes    *remotes
	judging    *judging
	watcher    *watcher
	dispatcher *dispatcher
	deliverer  *deliverer
}

// assemble puts the parts together.
func assemble(o Options) *Bot {
	j := o.Journal
	c := &core{
		Options: o, Journal: j, log: o.Log.Named("pipeline"), refs: map[string]rules.Ref{}, fatal: func(error) {},
		mailed: make(chan struct{}, 1), sinks: map[string]chan struct{}{}, leading: make(chan struct{}, 1),
		looked: make(chan struct{}), health: map[string]healthState{},
	}
	b := &Bot{core: c, Journal: j}
	b.leases, b.remotes = &leases{c, j}, &remotes{core: c, Journal: j}
	b.attempts = &attempts{core: c, Journal: j, room: make(room, 1), inHand: semaphore.NewWeighted(company),
		begun: map[flow.Unit]bool{}, blamed: map[flow.Unit]bool{}}
	b.filer = &filer{c, j, b.attempts}
	b.prover = &prover{c, j, b.filer}
	b.judging = &judging{c, j, b.filer, b.remotes}
	b.watcher = &watcher{core: c, Journal: j, leases: b.leases, remotes: b.remotes, judging: b.judging}
	b.dispatcher = &dispatcher{core: c, Journal: j, leases: b.leases, attempts: b.attempts, filer: b.filer, prover: b.prover,
		remotes: b.remotes, judging: b.judging, queue: o.Queue, dispatched: dispatched{low: make(chan struct{}, 1)}}
	b.deliverer = &deliverer{core: c, Journal: j, doubts: &doubts{c, j}, unsure: map[string]bool{}}
	return b
}
