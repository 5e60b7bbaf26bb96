-- Deliveries: one mail to one person, with what it is made of, its place in the queue, and who is sending it now.

create table delivery (
    id             uuid        primary key,
    cause_id       uuid        not null,
    person_id      uuid        not null,
    kind           text        not null,
    item_id        uuid        not null,
    rfc_message_id text        not null,
    status         text        not null,
    due_at         timestamptz,
    began_at       timestamptz not null,
    leased_by      text,
    leased_until   timestamptz,
    correlation_id uuid        not null,
    version        bigint      not null,
    state          jsonb       not null,
    content        jsonb       not null,
    unique (cause_id, person_id, kind)
);
create index delivery_due on delivery (due_at) where status = 'queued';
create index delivery_message on delivery (rfc_message_id);

create table suppression (
    address text   primary key,
    version bigint not null,
    state   jsonb  not null
);
