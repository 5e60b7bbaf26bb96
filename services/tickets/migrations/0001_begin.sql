-- Work items, conversations, people and setup. `state` is the snapshot as it is told; the other columns find it.

create sequence item_number;

create table organisation (
    id      uuid   primary key,
    version bigint not null,
    state   jsonb  not null
);

create table organisation_domain (
    domain          text primary key,
    organisation_id uuid not null
);

-- One address, one person.
create table person (
    id      uuid   primary key,
    address text   not null unique,
    version bigint not null,
    state   jsonb  not null
);

-- Types, forms, teams, mailboxes, brands.
create table setup (
    kind    text   not null,
    key     text   not null,
    version bigint not null,
    state   jsonb  not null,
    primary key (kind, key)
);

create table item (
    id      uuid   primary key,
    number  bigint not null unique,
    type    text   not null,
    status  text   not null,
    version bigint not null,
    state   jsonb  not null
);
create index item_type_status on item (type, status);

create table message (
    id         uuid    primary key,
    item_id    uuid    not null references item deferrable initially deferred,
    receipt_id uuid,
    public     boolean not null,
    prefix     text    not null,
    version    bigint  not null,
    state      jsonb   not null
);
create unique index message_receipt on message (receipt_id) where receipt_id is not null;
create index message_item on message (item_id);
create index message_prefix on message (prefix);

-- The full history of an item: deltas, one a version.
create table item_change (
    item_id uuid   not null,
    version bigint not null,
    state   jsonb  not null,
    primary key (item_id, version)
);

-- Every Message-ID and ancestor that came with a mail, and the item it belongs to.
create table message_ids (
    id      text primary key,
    item_id uuid
);

-- Whose turn it is in a team.
create table team_turn (
    team      text   not null,
    person_id uuid   not null,
    turn      bigint not null,
    primary key (team, person_id)
);
