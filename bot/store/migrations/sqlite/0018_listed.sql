-- +goose Up
-- One narrow row for each judged change that everybody may see: what lists are
-- searched, ordered and summed up by. An embargoed change has none. It replaces
-- four tables and nine indexes, whose upkeep was most of what writing a
-- judgement cost.
create table listed (
  id        integer primary key,
  change_id text    not null unique references judgement (change_id) on delete cascade,
  judged    integer not null,
  verdict   text    not null,
  score     real    not null,
  list      text    not null,
  -- name and driver of each piece of hardware; branch, cell, state, applies,
  -- class, score, lines and number of prerequisites of each branch: a line each,
  -- the fields divided by the unit separator (31)
  chips     text    not null,
  cells     text    not null,
  lines     integer not null,
  added     integer not null,
  removed   integer not null,
  files     integer not null,
  -- words to look for, lower case, one space between them
  title     text    not null,
  author    text    not null,
  rest      text    not null,
  -- one word for each thing that is filtered by, a space before and behind each;
  -- "=" keeps them apart from what people write
  marks     text    not null
);

insert into listed (change_id, judged, verdict, score, list, chips, cells, lines, added, removed, files, title, author, rest, marks)
select j.change_id, j.judged, j.verdict, j.score, j.list,
  coalesce((select group_concat(c.chip || char(31) || c.driver, char(10)) from judgement_chip c where c.change_id = j.change_id), ''),
  coalesce((select group_concat(b.branch || char(31) || b.cell || char(31) || b.state || char(31) || b.applies || char(31) || b.class || char(31) ||
    b.score || char(31) || b.lines || char(31) || b.first, char(10)) from judgement_branch b where b.change_id = j.change_id), ''),
  coalesce(j.body ->> '$.size.lines_with_context', 0), coalesce(j.body ->> '$.size.added', 0),
  coalesce(j.body ->> '$.size.removed', 0), coalesce(j.body ->> '$.size.files', 0),
  coalesce(t.title, ''), coalesce(t.author, ''), coalesce(t.rest, ''),
  ' =v=' || replace(j.verdict, '-', '') || ' ' ||
  case when j.reason_class = '' then '' else '=c=' || replace(j.reason_class, '-', '') || ' ' end ||
  case when j.list = '' then '' else '=l=' || lower(hex(j.list)) || ' ' end ||
  coalesce((select group_concat('=h=' || lower(hex(c.chip)) || ' ', '') from judgement_chip c where c.change_id = j.change_id), '') ||
  coalesce((select group_concat('=d=' || lower(hex(c.driver)) || ' ', '') from
    (select distinct driver from judgement_chip where change_id = j.change_id and driver <> '') c), '') ||
  coalesce((select group_concat('=b=' || lower(hex(b.branch)) || ' =b=' || lower(hex(b.branch)) || '=' || replace(b.cell, '-', '') || ' ', '')
    from judgement_branch b where b.change_id = j.change_id), '')
from judgement j left join judgement_text t on t.change_id = j.change_id
where j.private = 0 order by j.judged, j.change_id;

drop trigger judgement_text_new;
drop trigger judgement_text_out;
drop trigger judgement_text_in;
drop table judgement_words;
drop table judgement_text;
drop table judgement_branch;
drop table judgement_chip;
drop index judgement_verdict;
drop index judgement_list;
drop index judgement_author;
drop index judgement_class;
drop index judgement_score;
drop index judgement_day;

create index listed_time  on listed (judged, id);
create index listed_score on listed (score, id);
-- The score goes with the verdict: of those that are out of scope the best stand
-- far down among all.
create index listed_verdict on listed (verdict, score, id);

-- Without indexes of prefixes, which doubled what a judgement costs: a beginning
-- that is frequent is found among the newest rows.
create virtual table listed_words using fts5 (title, author, rest, marks, content = 'listed', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 tokenchars '='");
insert into listed_words (listed_words) values ('rebuild');
-- +goose StatementBegin
create trigger listed_in after insert on listed begin
  insert into listed_words (rowid, title, author, rest, marks) values (new.id, new.title, new.author, new.rest, new.marks);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger listed_out after delete on listed begin
  insert into listed_words (listed_words, rowid, title, author, rest, marks) values ('delete', old.id, old.title, old.author, old.rest, old.marks);
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger listed_new after update on listed
when old.title <> new.title or old.author <> new.author or old.rest <> new.rest or old.marks <> new.marks begin
  insert into listed_words (listed_words, rowid, title, author, rest, marks) values ('delete', old.id, old.title, old.author, old.rest, old.marks);
  insert into listed_words (rowid, title, author, rest, marks) values (new.id, new.title, new.author, new.rest, new.marks);
end;
-- +goose StatementEnd
