-- +goose Up
-- Units of work that were begun and did not come to their end, and those that were
-- put aside for it.
create table attempt (
  kind    text collate "C" not null,
  key     text collate "C" not null,
  n       bigint not null,
  deadly  bigint not null,
  problem text collate "C" not null,
  first   bigint not null,
  at      bigint not null,
  aside   bigint not null,
  primary key (kind, key)
);
create index attempt_aside on attempt (at) where aside = 1;
