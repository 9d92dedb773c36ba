-- +goose Up
-- What the dashboard looks for; see the twin for SQLite.

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
create index judgement_day     on judgement (judged, verdict, private);
-- The verdict stands beside the hardware, so that one index answers for both: of
-- a driver with a hundred thousand changes, the few that wait.
alter table judgement_chip add column verdict text collate "C" not null default '';
update judgement_chip set verdict = (select j.verdict from judgement j where j.change_id = judgement_chip.change_id);
create index judgement_chip_chip   on judgement_chip (chip, verdict, change_id);
create index judgement_chip_driver on judgement_chip (driver, verdict, change_id);

create table judgement_branch (
  change_id text collate "C" not null references judgement (change_id) on delete cascade,
  branch    text collate "C" not null,
  cell      text collate "C" not null,
  state     text collate "C" not null,
  applies   text collate "C" not null,
  class     text collate "C" not null,
  score     double precision not null,
  lines     bigint not null,
  first     bigint not null,
  primary key (change_id, branch)
);
create index judgement_branch_cell on judgement_branch (branch, cell, change_id);

-- A NUL of a stranger's, which jsonb refuses, would end the upgrade.
insert into judgement_branch (change_id, branch, cell, state, applies, class, score, lines, first)
select change_id, name, case
    when state in ('present', 'queued') then 'in'
    when state = 'not-affected' or says = 'not-needed' then 'not-affected'
    when says = 'dkms-only' then 'dkms-only'
    when says is null or says <> 'stable-eligible' then 'open'
    when applies = 'needs-prerequisites' then 'prerequisites'
    when applies in ('needs-backport', 'unknown') then 'backport'
    else 'eligible' end, state, applies, class, score, lines, first
from (select j.change_id, b ->> 'name' as name, b ->> 'state' as state, b ->> 'applies' as applies,
        b ->> 'verdict' as says, coalesce(b ->> 'reason_class', '') as class, (b ->> 'score')::double precision as score,
        coalesce((b ->> 'pile_lines')::bigint, 0) as lines, coalesce(jsonb_array_length(b -> 'prerequisites'), 0) as first
      from judgement j cross join lateral jsonb_array_elements(case jsonb_typeof(replace(j.body, '\u0000', '\ufffd')::jsonb -> 'branches') when 'array' then replace(j.body, '\u0000', '\ufffd')::jsonb -> 'branches' else '[]' end) b where j.private = 0 and j.verdict <> 'out-of-scope') x
on conflict do nothing;

create table judgement_text (
  change_id text collate "C" primary key references judgement (change_id) on delete cascade,
  title     text collate "C" not null,
  author    text collate "C" not null,
  rest      text collate "C" not null,
  words     tsvector generated always as (setweight(to_tsvector('simple', title), 'A') ||
              setweight(to_tsvector('simple', author), 'B') || setweight(to_tsvector('simple', rest), 'C')) stored
);
create index judgement_words on judgement_text using gin (words);
insert into judgement_text (change_id, title, author, rest)
select change_id, lower(subject), lower(author), lower(list || ' ' || branch || ' ' || change_id || ' ' ||
  coalesce((select string_agg(chip || ' ' || driver, ' ') from judgement_chip c where c.change_id = j.change_id), ''))
from judgement j where private = 0;

create index action_time on action (state, created, key);
