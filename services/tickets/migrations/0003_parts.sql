-- Who changed which part of a type, team, mailbox or member of staff last; a part that stays as it was made has no row.
create table part_change (
    subject         text        not null,
    part            text        not null,
    version         bigint      not null,
    changed_by      text        not null,
    changed_by_name text        not null,
    changed_at      timestamptz not null,
    primary key (subject, part)
);
