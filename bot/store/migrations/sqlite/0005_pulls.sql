-- +goose Up
-- Pull requests: one row each, however often it is noted. Times are
-- milliseconds since 1970 UTC; 0 is "never".

create table pull (
  key              text    primary key,
  source           text    not null,
  repo             text    not null,
  number           integer not null,
  head             text    not null default '',
  closed           integer not null default 0,
  revision         integer not null default 1,
  due              integer not null,
  rechecked        integer not null default 0,
  explain          integer not null default 0,
  override_verdict text    not null default '',
  override_who     text    not null default '',
  override_reason  text    not null default '',
  override_at      integer not null default 0,
  told             text    not null default '',
  plans            integer not null default 0,
  quiet            text    not null default '',
  problem          text    not null default '',
  attempts         integer not null default 0,
  settled          integer not null default 0
);
create index pull_due on pull (source, due) where due > 0;
create index pull_open on pull (source, repo) where closed = 0;

-- Deliveries of webhooks: the same one twice has one effect.
create table delivery (
  id       text    primary key,
  event    text    not null,
  received integer not null
);
create index delivery_time on delivery (received);

-- What people asked for in comments; each comment is obeyed once.
create table command (
  pull    text    not null references pull (key) on delete cascade,
  comment integer not null,
  verb    text    not null,
  verdict text    not null,
  reason  text    not null,
  who     text    not null,
  at      integer not null,
  refused text    not null,
  primary key (pull, comment, verb)
);
