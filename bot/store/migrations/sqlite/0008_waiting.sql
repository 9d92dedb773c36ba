-- +goose Up
-- Commits that a source has brought and nobody has judged yet.
create table waiting (
  id      text    primary key,
  source  text    not null,
  list    text    not null,
  branch  text    not null,
  at      integer not null,
  problem text    not null,
  packing text    not null,
  size    integer not null,
  body    blob    not null
);
create index waiting_time on waiting (at, id);
