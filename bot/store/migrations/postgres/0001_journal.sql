-- +goose Up
-- Times are milliseconds since 1970 UTC; 0 is "never". Texts are compared by
-- their bytes, as in SQLite, whatever the database's own collation is.

create sequence mail_seq_no;

create table mail (
  id          text collate "C" primary key,
  source      text collate "C" not null,
  list        text collate "C" not null,
  received    bigint not null,
  date        bigint not null,
  sender      text collate "C" not null,
  subject     text collate "C" not null,
  in_reply_to text collate "C" not null,
  kind        text collate "C" not null default '',
  note        text collate "C" not null default '',
  filed       bigint not null default 0,
  series_key  text collate "C" not null default '',
  seq         bigint not null,
  packing     text collate "C" not null,
  size        bigint not null,
  raw         bytea not null
);
create unique index mail_seq on mail (seq);
create index mail_unfiled on mail (seq) where filed = 0;
create index mail_series on mail (series_key, seq) where series_key <> '';
create index mail_orphans on mail (in_reply_to) where kind = 'reply' and series_key = '';
create index mail_sender on mail (sender, received);

create table mail_list (
  mail_id text collate "C" not null references mail (id) on delete cascade,
  list    text collate "C" not null,
  primary key (mail_id, list)
);

create table series (
  key      text collate "C" primary key,
  sender   text collate "C" not null,
  title    text collate "C" not null,
  version  bigint not null,
  of_n     bigint not null,
  list     text collate "C" not null,
  first    bigint not null,
  due      bigint not null,
  previous text collate "C" not null default '',
  next     text collate "C" not null default '',
  private  bigint not null default 0,
  quiet    text collate "C" not null default '',
  revision bigint not null default 0,
  settled  bigint not null default 0
);
create index series_due on series (due) where due > 0;
create index series_sender on series (sender, first);

create table member (
  series_key text collate "C" not null references series (key) on delete cascade,
  mail_id    text collate "C" not null references mail (id) on delete cascade,
  n          bigint not null,
  title      text collate "C" not null,
  primary key (series_key, mail_id)
);
-- Only looked up; a hash has no limit on the length.
create index member_title on member using hash (title);

-- One row a change: the judgement that holds now.
create table judgement (
  change_id    text collate "C" primary key,
  kind         text collate "C" not null,
  series_key   text collate "C" not null,
  source       text collate "C" not null,
  list         text collate "C" not null,
  branch       text collate "C" not null,
  verdict      text collate "C" not null,
  reason_class text collate "C" not null,
  mixed        bigint not null,
  score        double precision not null,
  fix          double precision not null,
  author       text collate "C" not null,
  subject      text collate "C" not null,
  date         text collate "C" not null,
  weights      text collate "C" not null,
  judged       bigint not null,
  revision     bigint not null default 1,
  private      bigint not null default 0,
  body         text collate "C" not null
);
create index judgement_time on judgement (judged, change_id);
create index judgement_verdict on judgement (verdict, judged);
create index judgement_list on judgement (list, judged);
create index judgement_author on judgement (author, judged);
create index judgement_series on judgement (series_key);

create table judgement_chip (
  change_id text collate "C" not null references judgement (change_id) on delete cascade,
  chip      text collate "C" not null,
  driver    text collate "C" not null,
  primary key (change_id, chip)
);
create index judgement_chip_chip on judgement_chip (chip);
create index judgement_chip_driver on judgement_chip (driver);

create table position (
  source text collate "C" primary key,
  value  text collate "C" not null,
  moved  bigint not null
);

create table action (
  key        text collate "C" primary key,
  kind       text collate "C" not null,
  sink       text collate "C" not null,
  series_key text collate "C" not null,
  cause      text collate "C" not null,
  list       text collate "C" not null,
  verdict    text collate "C" not null,
  line       text collate "C" not null,
  state      text collate "C" not null,
  attempts   bigint not null default 0,
  problem    text collate "C" not null default '',
  created    bigint not null,
  begun      bigint not null default 0,
  ended      bigint not null default 0,
  not_before bigint not null default 0,
  message    bytea not null
);
create index action_state on action (sink, state, created);
create index action_series on action (series_key);
create index action_caps on action (list, begun);

-- who: an address, or "list:" and a list.
create table opt_out (
  who   text collate "C" primary key,
  since bigint not null,
  told  text collate "C" not null
);

-- What people said about a change or a series; it stands beside the judgement.
create table note (
  id      bigint generated by default as identity primary key,
  about   text collate "C" not null,
  at      bigint not null,
  who     text collate "C" not null,
  body    text collate "C" not null
);
create index note_about on note (about, at);

create table health (
  component  text collate "C" primary key,
  ok         bigint not null default 0,
  failed     bigint not null default 0,
  problem    text collate "C" not null default '',
  failures   bigint not null default 0
);
