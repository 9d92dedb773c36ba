//go:build unix

package peers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
)

// Postgres is a running PostgreSQL with nothing in it.
type Postgres struct {
	Address string // of the database "postgres"

	t       testing.TB
	dir     string
	port    int
	initdb  string
	pgctl   string
	user    *syscall.SysProcAttr
	created atomic.Int64
}

// NewPostgres starts PostgreSQL, without the care for its data that a real one
// takes, and stops it when the test ends. It refuses to be root; a root test
// runs it as the user postgres.
func NewPostgres(t testing.TB) *Postgres {
	t.Helper()
	p := &Postgres{t: t, initdb: needPostgres(t, "initdb"), pgctl: needPostgres(t, "pg_ctl"), port: Port(t)}
	p.Address = p.address("postgres")
	var err error
	// Not t.TempDir: the server's user has to pass.
	if p.dir, err = os.MkdirTemp("", "postgres"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(p.dir) })
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			Lack(t, fmt.Sprintf("root, and no user postgres: %v", err))
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		if err := os.Chown(p.dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
		p.user = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	p.run(p.initdb, "-D", p.dir+"/data", "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8")
	p.Start()
	t.Cleanup(func() { p.Stop("immediate") })
	return p
}

// needPostgres finds a program of the server: Debian keeps them out of PATH,
// by version.
func needPostgres(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		Lack(t, fmt.Sprintf("%s is not installed; %s", name, programs["postgres"]))
	}
	return slices.Max(found)
}

// Start starts the server again after Stop.
func (p *Postgres) Start() {
	p.t.Helper()
	p.run(p.pgctl, "-D", p.dir+"/data", "-w", "-t", "60", "-l", p.dir+"/log", "-o", fmt.Sprintf(
		"-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories='' -c fsync=off -c full_page_writes=off -c max_connections=100",
		p.port), "start")
}

// Stop stops it: "fast" in order, "immediate" as a crash.
func (p *Postgres) Stop(mode string) {
	p.t.Helper()
	p.run(p.pgctl, "-D", p.dir+"/data", "-w", "-m", mode, "stop")
}

// Database creates an empty database and returns its address.
func (p *Postgres) Database() string {
	p.t.Helper()
	name := fmt.Sprintf("test%d", p.created.Add(1))
	p.run(needPostgres(p.t, "psql"), "-q", "-X", "-v", "ON_ERROR_STOP=1", p.Address, "-c", "create database "+name)
	return p.address(name)
}

func (p *Postgres) address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

func (p *Postgres) run(program string, args ...string) {
	p.t.Helper()
	c := exec.Command(program, args...)
	c.Dir, c.SysProcAttr = p.dir, p.user // it needs a folder that its user may enter
	c.Env = append(os.Environ(), "LC_ALL=C")
	// A file, not a pipe: the server keeps what pg_ctl gives it.
	log, err := os.OpenFile(p.dir+"/programs", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		server, _ := os.ReadFile(p.dir + "/log")
		p.t.Fatalf("%s: %v\n%s%s", program, err, said, server)
	}
}
