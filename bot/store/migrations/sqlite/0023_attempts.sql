-- +goose Up
-- Units of work that were begun and did not come to their end, and those that were
-- put aside for it.
create table attempt (
  kind    text not null,
  key     text not null,
  n       integer not null,
  deadly  integer not null,
  problem text not null,
  first   integer not null,
  at      integer not null,
  aside   integer not null,
  primary key (kind, key)
);
create index attempt_aside on attempt (at) where aside = 1;
