-- Rules with all their versions, what they decided, what followed, and the caps on automatic mail.

-- When this desk began: nothing that happened before is acted upon.
create table install (
    single boolean     primary key default true check (single),
    at     timestamptz not null default now()
);
insert into install default values;

-- The number of the rule set: every change of a rule makes a new one.
create table rule_set (
    single  boolean primary key default true check (single),
    version bigint  not null,
    seeded  boolean not null
);
insert into rule_set (version, seeded) values (1, false);

create table rule (
    id          uuid   primary key,
    version     bigint not null,
    set_version bigint not null,
    state       jsonb  not null
);
create index rule_set_version on rule (set_version);

-- Every version of a rule: what a change was based on, and what a decision was made by.
create table rule_version (
    id      uuid        not null,
    version bigint      not null,
    actor   text        not null,
    at      timestamptz not null,
    state   jsonb       not null,
    primary key (id, version)
);

create table decision (
    id      uuid   primary key,
    version bigint not null,
    state   jsonb  not null
);

-- Which decision a command belongs to.
create table effect (
    id          uuid primary key,
    decision_id uuid not null
);

-- Automatic mails of the last day, for the caps.
create table mail_sent (
    address  text        not null,
    item_id  uuid        not null,
    event_id uuid        not null,
    answers  boolean     not null,
    at       timestamptz not null
);
create index mail_sent_address on mail_sent (address, at);
create index mail_sent_at on mail_sent (at);

-- Addresses that rules wrote to or heard of: a row to lock while mails are counted, and what is known of who reads it.
create table address (
    address  text primary key,
    standing text not null default '' check (standing in ('', 'known', 'doubted'))
);
