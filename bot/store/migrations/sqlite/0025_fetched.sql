-- +goose Up
-- Pull requests that a source has read and nobody has judged yet.
create table fetched (
  key      text    primary key,
  revision integer not null,
  at       integer not null,
  packing  text    not null,
  size     integer not null,
  body     blob    not null
);
create index fetched_time on fetched (at, key);
