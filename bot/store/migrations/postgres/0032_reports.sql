-- +goose Up
-- What a patch answers, so that another one for the same is found.
create table report (
  key     text collate "C" not null,
  mail_id text collate "C" not null references mail (id) on delete cascade,
  primary key (key, mail_id)
);
create index report_mail on report (mail_id);
