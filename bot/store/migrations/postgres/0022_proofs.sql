-- +goose Up
-- message_id: as sent; id is another where two mails have one Message-ID. print
-- tells them apart: who sent it and what it says.
alter table mail add column message_id text not null default '';
alter table mail add column print      text not null default '';
update mail set message_id = id;
create index mail_message_id on mail (message_id);

-- prove_at: when it is to be found out who sent it, 0 when there is nothing to
-- find out; proven: the address; signed: what the signature covers of what it
-- says, JSON, '' when that is all of it.
alter table mail add column prove_at bigint not null default 0;
alter table mail add column tries    bigint not null default 0;
alter table mail add column proven   text not null default '';
alter table mail add column signed   text not null default '';
create index mail_prove on mail (prove_at) where prove_at > 0 and series_key <> '';

-- What a signed mail is known by, whatever is changed that is not signed: a
-- command is obeyed once.
create table signature_used (
  id      text   primary key,
  mail_id text   not null,
  at      bigint not null
);
create index signature_used_at on signature_used (at);
