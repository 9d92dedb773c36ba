-- +goose Up
-- What was said and found of the fixes that branches lack, in order; rows are only
-- added. seq: that order; commit_id: of mainline, '' where only the title is known;
-- title_key: of the title, for those; proven: of what was heard, whether it is proven
-- who said so: 1, or only claimed: 0.
create table standing (
  seq       bigint primary key,
  branch    text collate "C" not null,
  commit_id text collate "C" not null,
  title     text collate "C" not null,
  title_key text collate "C" not null,
  stand     text collate "C" not null,
  voice     text collate "C" not null,
  why       text collate "C" not null,
  who       text collate "C" not null,
  how       text collate "C" not null,
  proven    bigint not null,
  mail_id   text collate "C" not null,
  at        bigint not null
);
create index standing_branch on standing (branch, seq);
create index standing_title on standing (title_key);
create unique index standing_mail on standing (mail_id, branch, title_key) where mail_id <> '';

-- Notices belong to no series, and who sent them is to be proven all the same.
create index mail_prove_notice on mail (prove_at) where prove_at > 0 and kind = 'notice';
