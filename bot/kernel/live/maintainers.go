package live

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
)

// Maintainers are those whom mainline's own MAINTAINERS names. The file is read
// when it is asked for and another one than before.
type Maintainers struct {
	Trees *Trees

	mu   sync.Mutex
	blob string
	m    *command.Maintainers
}

// readTime bounds the reading of MAINTAINERS, some 800 KB.
const readTime = 10 * time.Second

// Read returns who maintains what.
func (p *Maintainers) Read(ctx context.Context) (*command.Maintainers, error) {
	set, done := p.Trees.use()
	defer done()
	if set == nil {
		return nil, ErrNotRead
	}
	at := set.Mainline()
	name := at.Tip + ":MAINTAINERS"
	o, err := at.Repo.Stat(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("looking for MAINTAINERS in mainline: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blob == o.ID {
		return p.m, nil
	}
	if o, err = at.Repo.Object(ctx, o.ID); err != nil {
		return nil, fmt.Errorf("reading MAINTAINERS of mainline: %w", err)
	}
	m, err := command.ReadMaintainers(bytes.NewReader(o.Data))
	if err != nil {
		return nil, fmt.Errorf("reading MAINTAINERS of mainline: %w", err)
	}
	p.blob, p.m = o.ID, m
	return m, nil
}

// Maintains is command authority by mainline's word. Where it cannot be read
// nobody has any.
func (p *Maintainers) Maintains(address string, files []string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	m, err := p.Read(ctx)
	if err != nil {
		p.Trees.log.Warn("who maintains the files is not known", zap.Error(err))
		return false
	}
	return m.Maintains(address, files)
}
