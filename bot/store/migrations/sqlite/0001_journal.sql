-- +goose Up
-- Times are milliseconds since 1970 UTC; 0 is "never".

create table mail (
  id          text    primary key,
  source      text    not null,
  list        text    not null,
  received    integer not null,
  date        integer not null,
  sender      text    not null,
  subject     text    not null,
  in_reply_to text    not null,
  kind        text    not null default '',
  note        text    not null default '',
  filed       integer not null default 0,
  series_key  text    not null default '',
  seq         integer not null,
  packing     text    not null,
  size        integer not null,
  raw         blob    not null
);
create unique index mail_seq on mail (seq);
create index mail_unfiled on mail (seq) where filed = 0;
create index mail_series on mail (series_key, seq) where series_key <> '';
create index mail_orphans on mail (in_reply_to) where kind = 'reply' and series_key = '';
create index mail_sender on mail (sender, received);

create table mail_list (
  mail_id text not null references mail (id) on delete cascade,
  list    text not null,
  primary key (mail_id, list)
);

create table series (
  key      text    primary key,
  sender   text    not null,
  title    text    not null,
  version  integer not null,
  of_n     integer not null,
  list     text    not null,
  first    integer not null,
  due      integer not null,
  previous text    not null default '',
  next     text    not null default '',
  private  integer not null default 0,
  quiet    text    not null default '',
  revision integer not null default 0,
  settled  integer not null default 0
);
create index series_due on series (due) where due > 0;
create index series_sender on series (sender, first);

create table member (
  series_key text    not null references series (key) on delete cascade,
  mail_id    text    not null references mail (id) on delete cascade,
  n          integer not null,
  title      text    not null,
  primary key (series_key, mail_id)
);
create index member_title on member (title);

-- One row a change: the judgement that holds now.
create table judgement (
  change_id    text    primary key,
  kind         text    not null,
  series_key   text    not null,
  source       text    not null,
  list         text    not null,
  branch       text    not null,
  verdict      text    not null,
  reason_class text    not null,
  mixed        integer not null,
  score        real    not null,
  fix          real    not null,
  author       text    not null,
  subject      text    not null,
  date         text    not null,
  weights      text    not null,
  judged       integer not null,
  revision     integer not null default 1,
  private      integer not null default 0,
  body         text    not null
);
create index judgement_time on judgement (judged, change_id);
create index judgement_verdict on judgement (verdict, judged);
create index judgement_list on judgement (list, judged);
create index judgement_author on judgement (author, judged);
create index judgement_series on judgement (series_key);

create table judgement_chip (
  change_id text not null references judgement (change_id) on delete cascade,
  chip      text not null,
  driver    text not null,
  primary key (change_id, chip)
);
create index judgement_chip_chip on judgement_chip (chip);
create index judgement_chip_driver on judgement_chip (driver);

create table position (
  source text    primary key,
  value  text    not null,
  moved  integer not null
);

create table action (
  key        text    primary key,
  kind       text    not null,
  sink       text    not null,
  series_key text    not null,
  cause      text    not null,
  list       text    not null,
  verdict    text    not null,
  line       text    not null,
  state      text    not null,
  attempts   integer not null default 0,
  problem    text    not null default '',
  created    integer not null,
  begun      integer not null default 0,
  ended      integer not null default 0,
  not_before integer not null default 0,
  message    blob    not null
);
create index action_state on action (sink, state, created);
create index action_series on action (series_key);
create index action_caps on action (list, begun);

-- who: an address, or "list:" and a list.
create table opt_out (
  who   text    primary key,
  since integer not null,
  told  text    not null
);

-- What people said about a change or a series; it stands beside the judgement.
create table note (
  id      integer primary key,
  about   text    not null,
  at      integer not null,
  who     text    not null,
  body    text    not null
);
create index note_about on note (about, at);

create table health (
  component  text    primary key,
  ok         integer not null default 0,
  failed     integer not null default 0,
  problem    text    not null default '',
  failures   integer not null default 0
);
