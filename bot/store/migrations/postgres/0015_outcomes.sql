-- +goose Up
-- Where each judged change went: mainline (branch '') and stable branches, in
-- the order of n. Times are milliseconds since 1970 UTC; 0 is "not known".

create table outcome (
  change_id text collate "C" not null references judgement (change_id) on delete cascade,
  n         bigint not null,
  branch    text collate "C" not null,
  commit_id text collate "C" not null,
  how       text collate "C" not null,
  at        bigint not null,
  release   text collate "C" not null,
  begun     bigint not null,
  reverted  text collate "C" not null,
  followups text collate "C" not null,
  found     bigint not null,
  primary key (change_id, n)
);
create index outcome_branch on outcome (branch, at);
