-- The tables by which every service does each message once and loses none it has said.

-- What a consumer has done: one row a message, with its outcome, kept longer than the topic and its dead letters.
create table inbox (
    consumer   text        not null,
    message_id uuid        not null,
    outcome    text        not null default 'done',
    detail     text        not null default '',
    done_at    timestamptz not null default now(),
    primary key (consumer, message_id)
);
create index inbox_done_at on inbox using brin (done_at);

-- What the service has said and the relay has not published yet, in the order of its commits an aggregate.
create table outbox (
    id         bigint      generated always as identity primary key,
    topic      text        not null,
    key        bytea       not null,
    value      bytea,
    headers    bytea       not null,
    written_at timestamptz not null default now()
)
-- Every row is deleted soon: what is dead must not be read over and over by the relay, and what is thrown away after
-- some milliseconds is neither compressed nor, while it fits a page, moved to another table. That took half the insert.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, toast_tuple_target = 8160);
alter table outbox alter column value set storage external;

-- Who does a job that only one may do, until when.
create table lease (
    name       text        primary key,
    owner      text        not null,
    expires_at timestamptz not null
);

-- Records whose handling may have killed the process: counted before they are tried.
create table attempt (
    consumer     text   not null,
    topic        text   not null,
    partition    int    not null,
    record_offset bigint not null,
    attempts     int    not null default 1,
    primary key (consumer, topic, partition, record_offset)
);

-- Newest known state of what other services own, by the owner's version.
create table reference (
    kind    text   not null,
    id      text   not null,
    version bigint not null,
    state   jsonb  not null,
    primary key (kind, id)
);
