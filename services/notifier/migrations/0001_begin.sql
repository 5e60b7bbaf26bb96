-- Deliveries: one mail to one person, with its place in the queue and who is sending it now; what mails are made of;
-- addresses that mails no longer go to.

-- When this desk began: nothing that happened before is told to anyone.
create table install (
    single boolean     primary key default true check (single),
    at     timestamptz not null default now()
);
insert into install default values;

-- What the mails of one cause are made of: the item then, and the public message they carry. Nothing internal is here.
create table letter (
    cause_id uuid  primary key,
    item     jsonb not null,
    message  jsonb
);

create table delivery (
    id             uuid        primary key,
    cause_id       uuid        not null references letter,
    person_id      uuid        not null,
    kind           text        not null,
    rfc_message_id text        not null,
    status         text        not null,
    due_at         timestamptz,
    began_at       timestamptz not null,
    awaits_server  boolean     not null default false,
    leased_by      text,
    leased_until   timestamptz,
    cause          jsonb       not null,
    version        bigint      not null,
    state          jsonb       not null,
    unique (cause_id, person_id, kind)
);
create index delivery_due on delivery (due_at, id) where status = 'queued';
create index delivery_awaiting on delivery (due_at) where status = 'queued' and awaits_server;
create index delivery_message on delivery (rfc_message_id);

create table suppression (
    address text   primary key,
    version bigint not null,
    state   jsonb  not null
);
