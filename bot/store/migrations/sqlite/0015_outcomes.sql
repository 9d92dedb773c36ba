-- +goose Up
-- Where each judged change went: mainline (branch '') and stable branches, in
-- the order of n. Times are milliseconds since 1970 UTC; 0 is "not known".

create table outcome (
  change_id text    not null references judgement (change_id) on delete cascade,
  n         integer not null,
  branch    text    not null,
  commit_id text    not null,
  how       text    not null,
  at        integer not null,
  release   text    not null,
  begun     integer not null,
  reverted  text    not null,
  followups text    not null,
  found     integer not null,
  primary key (change_id, n)
);
create index outcome_branch on outcome (branch, at);
