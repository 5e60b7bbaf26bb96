-- The read model: newest snapshots, ready to show, filter and sort. Made here, and again beside itself by a rebuild.

create table item (
    id           uuid        primary key,
    version      bigint      not null,
    number       bigint      not null unique,
    kind         text        not null,
    type         text        not null,
    status       text        not null,
    is_open      boolean     not null,
    priority     text        not null,
    channel      text        not null,
    team         text,
    assignee     uuid,
    requester    uuid        not null,
    organisation uuid,
    held_count   int         not null,
    tags         text[]      not null,
    mailboxes    text[]      not null,
    status_since timestamptz not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    words        tsvector    not null,
    state        jsonb       not null
);
create index item_updated on item (updated_at desc, number desc);
create index item_open on item (number desc) where is_open;
create index item_open_updated on item (updated_at desc, number desc) where is_open;
create index item_status on item (status, number desc);
create index item_team on item (team, number desc);
create index item_assignee on item (assignee, number desc);
create index item_organisation on item (organisation, number desc);
create index item_requester on item (requester, number desc);
create index item_type on item (type, number desc);
create index item_held on item (number desc) where held_count > 0;
create index item_words on item using gin (words);
create index item_tags on item using gin (tags);

create table message (
    id         uuid        primary key,
    version    bigint      not null,
    item_id    uuid        not null,
    public     boolean     not null,
    held       boolean     not null,
    message_id text,
    created_at timestamptz not null,
    words      tsvector    not null,
    state      jsonb       not null
);
create index message_item on message (item_id, created_at, id);
create index message_held on message (created_at) where held;
create index message_names on message (message_id) where message_id is not null;
create index message_receipt on message ((state->>'receipt_id')) where state->>'receipt_id' is not null;
create index message_words on message using gin (words);

create table change (
    item_id uuid   not null,
    version bigint not null,
    state   jsonb  not null,
    primary key (item_id, version)
);

create table person (
    id           uuid    primary key,
    version      bigint  not null,
    address      text    not null,
    role         text,
    active       boolean not null,
    organisation uuid,
    words        tsvector not null,
    state        jsonb   not null
);
create index person_address on person (address);
create index person_staff on person (role) where role is not null;
create index person_organisation on person (organisation);
create index person_words on person using gin (words);

create table organisation (
    id      uuid   primary key,
    version bigint not null,
    name    text   not null,
    words   tsvector not null,
    state   jsonb  not null
);
create index organisation_name on organisation (name);
create index organisation_words on organisation using gin (words);

-- Teams, types, forms, brands, mailboxes.
create table setup (
    kind    text   not null,
    key     text   not null,
    version bigint not null,
    state   jsonb  not null,
    primary key (kind, key)
);

create table rule (
    id       uuid    primary key,
    version  bigint  not null,
    position int     not null,
    deleted  boolean not null,
    state    jsonb   not null
);

create table decision (
    id      uuid        primary key,
    version bigint      not null,
    item_id uuid        not null,
    at      timestamptz not null,
    state   jsonb       not null
);
create index decision_item on decision (item_id, at, id);

create table delivery (
    id         uuid        primary key,
    version    bigint      not null,
    item_id    uuid        not null,
    message_id uuid,
    status     text        not null,
    created_at timestamptz not null,
    state      jsonb       not null
);
create index delivery_item on delivery (item_id, created_at, id);
create index delivery_failed on delivery (created_at desc) where status = 'failed';

create table suppression (
    address text   primary key,
    version bigint not null,
    state   jsonb  not null
);

create table receipt (
    id          uuid        primary key,
    version     bigint      not null,
    outcome     text        not null,
    message_id  text,
    accepted_at timestamptz not null,
    state       jsonb       not null
);
create index receipt_message on receipt (message_id) where message_id is not null;
create index receipt_outcome on receipt (outcome, accepted_at desc);

create table quarantine (
    id          uuid        primary key,
    version     bigint      not null,
    status      text        not null,
    accepted_at timestamptz not null,
    state       jsonb       not null
);
create index quarantine_status on quarantine (status, accepted_at desc, id);
