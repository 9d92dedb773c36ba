-- +goose Up
-- What the dashboard looks for. Only what is public stands in judgement_branch
-- and judgement_text: an embargoed change cannot be found there by any query.

-- Every order that pages are read in ends in change_id, so that a page can go
-- on behind the last row of the one before.
drop index judgement_verdict;
drop index judgement_list;
drop index judgement_author;
drop index judgement_chip_chip;
drop index judgement_chip_driver;
create index judgement_verdict on judgement (verdict, judged, change_id);
create index judgement_list    on judgement (list, judged, change_id);
create index judgement_author  on judgement (author, judged, change_id);
create index judgement_class   on judgement (reason_class, judged, change_id) where reason_class <> '';
create index judgement_score   on judgement (score, change_id);
-- For counting by day and verdict without touching the bodies.
create index judgement_day     on judgement (judged, verdict, private);
-- The verdict stands beside the hardware, so that one index answers for both: of
-- a driver with a hundred thousand changes, the few that wait.
alter table judgement_chip add column verdict text not null default '';
update judgement_chip set verdict = (select j.verdict from judgement j where j.change_id = judgement_chip.change_id);
create index judgement_chip_chip   on judgement_chip (chip, verdict, change_id);
create index judgement_chip_driver on judgement_chip (driver, verdict, change_id);

-- One row for each stable branch that a judgement speaks of. cell is what the
-- branch says of the change in one word: see bot/launch.
create table judgement_branch (
  change_id text    not null references judgement (change_id) on delete cascade,
  branch    text    not null,
  cell      text    not null,
  state     text    not null,
  applies   text    not null,
  class     text    not null,
  score     real    not null,
  lines     integer not null,
  first     integer not null,
  primary key (change_id, branch)
);
create index judgement_branch_cell on judgement_branch (branch, cell, change_id);

insert into judgement_branch (change_id, branch, cell, state, applies, class, score, lines, first)
select change_id, name, case
    when state in ('present', 'queued') then 'in'
    when state = 'not-affected' or says = 'not-needed' then 'not-affected'
    when says = 'dkms-only' then 'dkms-only'
    when says is null or says <> 'stable-eligible' then 'open'
    when applies = 'needs-prerequisites' then 'prerequisites'
    when applies in ('needs-backport', 'unknown') then 'backport'
    else 'eligible' end, state, applies, class, score, lines, first
from (select j.change_id, b.value ->> '$.name' as name, b.value ->> '$.state' as state, b.value ->> '$.applies' as applies,
        b.value ->> '$.verdict' as says, coalesce(b.value ->> '$.reason_class', '') as class, b.value ->> '$.score' as score,
        coalesce(b.value ->> '$.pile_lines', 0) as lines, coalesce(json_array_length(b.value, '$.prerequisites'), 0) as first
      from judgement j, json_each(j.body, '$.branches') b where j.private = 0 and j.verdict <> 'out-of-scope' and b.type = 'object') -- null, where a defect left no branches
where true
on conflict do nothing;

-- Words to look for, lower case, one space between them.
create table judgement_text (
  id        integer primary key,
  change_id text    not null unique references judgement (change_id) on delete cascade,
  title     text    not null,
  author    text    not null,
  rest      text    not null
);
create virtual table judgement_words using fts5 (title, author, rest, content = 'judgement_text', content_rowid = 'id', prefix = '2 3 4', tokenize = 'unicode61 remove_diacritics 0');
-- +goose StatementBegin
create trigger judgement_text_in after insert on judgement_text begin
  insert into judgement_words (rowid, title, author, rest) values (new.id, new.title, new.author, new.rest);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger judgement_text_out after delete on judgement_text begin
  insert into judgement_words (judgement_words, rowid, title, author, rest) values ('delete', old.id, old.title, old.author, old.rest);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger judgement_text_new after update on judgement_text begin
  insert into judgement_words (judgement_words, rowid, title, author, rest) values ('delete', old.id, old.title, old.author, old.rest);
  insert into judgement_words (rowid, title, author, rest) values (new.id, new.title, new.author, new.rest);
end;
-- +goose StatementEnd
insert into judgement_text (change_id, title, author, rest)
select change_id, lower(subject), lower(author), lower(list || ' ' || branch || ' ' || change_id || ' ' ||
  coalesce((select group_concat(chip || ' ' || driver, ' ') from judgement_chip c where c.change_id = j.change_id), ''))
from judgement j where private = 0;

create index action_time on action (state, created, key);
