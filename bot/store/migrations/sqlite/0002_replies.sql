-- +goose Up
-- approved: when a person let the action go; told: what the reply says of each
-- patch, JSON.
alter table action add column approved integer not null default 0;
alter table action add column told     text    not null default '';

-- Commands that came by mail, of senders that were proven.
create table mail_command (
  mail_id    text    not null,
  n          integer not null,
  series_key text    not null,
  verb       text    not null,
  arg        text    not null,
  reason     text    not null,
  line       text    not null,
  name       text    not null,
  address    text    not null,
  at         integer not null,
  refused    text    not null,
  answered   integer not null default 0,
  primary key (mail_id, n)
);
create index mail_command_series on mail_command (series_key, at);
