-- +goose Up
-- Pull requests: one row each, however often it is noted. Times are
-- milliseconds since 1970 UTC; 0 is "never".

create table pull (
  key              text collate "C" primary key,
  source           text collate "C" not null,
  repo             text collate "C" not null,
  number           bigint not null,
  head             text collate "C" not null default '',
  closed           bigint not null default 0,
  revision         bigint not null default 1,
  due              bigint not null,
  rechecked        bigint not null default 0,
  explain          bigint not null default 0,
  override_verdict text collate "C" not null default '',
  override_who     text collate "C" not null default '',
  override_reason  text collate "C" not null default '',
  override_at      bigint not null default 0,
  told             text collate "C" not null default '',
  plans            bigint not null default 0,
  quiet            text collate "C" not null default '',
  problem          text collate "C" not null default '',
  attempts         bigint not null default 0,
  settled          bigint not null default 0
);
create index pull_due on pull (source, due) where due > 0;
create index pull_open on pull (source, repo) where closed = 0;

-- Deliveries of webhooks: the same one twice has one effect.
create table delivery (
  id       text collate "C" primary key,
  event    text collate "C" not null,
  received bigint not null
);
create index delivery_time on delivery (received);

-- What people asked for in comments; each comment is obeyed once.
create table command (
  pull    text collate "C" not null references pull (key) on delete cascade,
  comment bigint not null,
  verb    text collate "C" not null,
  verdict text collate "C" not null,
  reason  text collate "C" not null,
  who     text collate "C" not null,
  at      bigint not null,
  refused text collate "C" not null,
  primary key (pull, comment, verb)
);
