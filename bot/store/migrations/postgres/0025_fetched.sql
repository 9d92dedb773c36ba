-- +goose Up
-- Pull requests that a source has read and nobody has judged yet.
create table fetched (
  key      text collate "C" primary key,
  revision bigint not null,
  at       bigint not null,
  packing  text collate "C" not null,
  size     bigint not null,
  body     bytea not null
);
create index fetched_time on fetched (at, key);
