-- The receipt ledger, the messages it knows, and the quarantine.

-- One row for each thing that came in by a door.
create table receipt (
    id      uuid   primary key,
    version bigint not null,
    state   jsonb  not null
);

-- One row for each message: what names it, which receipt brought it first, through which mailboxes it came.
create table ledger (
    dedupe_key text   primary key,
    receipt_id uuid   not null,
    message_id text,
    mailboxes  text[] not null
);
create index ledger_message_id on ledger (message_id) where message_id is not null;

create table quarantine (
    id      uuid   primary key,
    version bigint not null,
    state   jsonb  not null,
    arrival jsonb  not null
);
