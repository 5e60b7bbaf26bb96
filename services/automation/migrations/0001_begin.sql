-- Rules, what they decided, what followed, and the caps on automatic mail.

create table rule (
    id       uuid    primary key,
    version  bigint  not null,
    position int     not null,
    deleted  boolean not null,
    state    jsonb   not null
);

-- The number of the rule set: every change of a rule makes a new one.
create table rule_set (
    only    boolean primary key default true check (only),
    version bigint  not null
);
insert into rule_set (version) values (1);

create table decision (
    id      uuid   primary key,
    version bigint not null,
    state   jsonb  not null
);

create table effect (
    id          uuid primary key,
    decision_id uuid not null
);

create table mail_sent (
    address text        not null,
    item_id uuid        not null,
    rule_id uuid        not null,
    at      timestamptz not null
);
create index mail_sent_address on mail_sent (address, at);

-- A row to lock while mails to an address are counted.
create table mail_cap (
    address text primary key
);
