-- +goose Up
-- Commits that a source has brought and nobody has judged yet.
create table waiting (
  id      text collate "C" primary key,
  source  text collate "C" not null,
  list    text collate "C" not null,
  branch  text collate "C" not null,
  at      bigint not null,
  problem text collate "C" not null,
  packing text collate "C" not null,
  size    bigint not null,
  body    bytea not null
);
create index waiting_time on waiting (at, id);
