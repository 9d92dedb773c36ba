-- +goose Up
-- approved: when a person let the action go; told: what the reply says of each
-- patch, JSON.
alter table action add column approved bigint not null default 0;
alter table action add column told     text collate "C" not null default '';

-- Commands that came by mail, of senders that were proven.
create table mail_command (
  mail_id    text collate "C" not null,
  n          bigint not null,
  series_key text collate "C" not null,
  verb       text collate "C" not null,
  arg        text collate "C" not null,
  reason     text collate "C" not null,
  line       text collate "C" not null,
  name       text collate "C" not null,
  address    text collate "C" not null,
  at         bigint not null,
  refused    text collate "C" not null,
  answered   bigint not null default 0,
  primary key (mail_id, n)
);
create index mail_command_series on mail_command (series_key, at);
