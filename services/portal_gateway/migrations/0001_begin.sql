-- What outlives a rebuild: answers, the feed, the trace index, who may sign in.

-- Text without case and accents, as search compares it.
create function fold(words text) returns text language sql immutable strict parallel safe
    as $$ select lower(public.unaccent('public.unaccent'::regdictionary, words)) $$;

-- Every word of a search, each as a beginning: "porto rout" finds "Router, Porto".
create function search_query(words text) returns tsquery language sql immutable strict parallel safe
    as $$ select to_tsquery('simple', coalesce(string_agg('''' || w || ''':*', ' & '), '')) from regexp_split_to_table(regexp_replace(fold(words), '[''\\]', ' ', 'g'), '\s+') as w where w ~ '\w' $$;

-- What became of a command, or of what came in by a portal door.
create table answer (
    command_id uuid        primary key,
    body       jsonb       not null,
    at         timestamptz not null default now()
);
create index answer_at on answer using brin (at);

-- Which content each command was asked with: the same key with another content is refused.
create table asked (
    command_id uuid        primary key,
    content    bytea       not null,
    at         timestamptz not null default now()
);
create index asked_at on asked using brin (at);

-- What happened, in the order in which it became visible; live pages and the stream read it.
create table feed (
    number      bigint      primary key,
    at          timestamptz not null,
    type        text        not null,
    subject     text        not null,
    item_id     uuid,
    item_number bigint,
    version     bigint
);
create index feed_at on feed using brin (at);

-- One row, updated last in the projector's transaction: a sequence would lose late commits.
create table feed_counter (
    one    boolean primary key default true check (one),
    number bigint  not null
);
insert into feed_counter (number) values (0);

-- The way of everything through the events topics, by correlation.
create table trace (
    correlation_id uuid        not null,
    topic          text        not null,
    partition      int         not null,
    record_offset  bigint      not null,
    message_id     uuid        not null,
    causation_id   uuid,
    type           text        not null,
    subject        text        not null,
    actor          text        not null,
    at             timestamptz not null,
    item_number    bigint,
    primary key (correlation_id, topic, partition, record_offset)
);
create index trace_item on trace (item_number) where item_number is not null;
create index trace_at on trace using brin (at);

-- Passwords of staff, hashed; sessions and tokens by the hash of what their holder shows.
create table credential (
    person_id     uuid        primary key,
    password_hash text        not null,
    set_at        timestamptz not null default now()
);

create table session (
    id_hash      bytea       primary key,
    person_id    uuid        not null,
    csrf         text        not null,
    created_at   timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at   timestamptz not null
);
create index session_person on session (person_id);

create table api_token (
    id           uuid        primary key,
    secret_hash  bytea       not null unique,
    name         text        not null,
    person_id    uuid        not null,
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);

-- Failed sign-ins by account and by address, and posts by client: counted across replicas.
create table pace (
    id  bigint      generated always as identity primary key,
    key text        not null,
    at  timestamptz not null default now()
);
create index pace_key on pace (key, at);
