-- Copies of messages that came through another mailbox before their original; nothing waits behind them.
create table waiting_copy (
    id                  uuid        primary key,
    original_receipt_id uuid        not null,
    envelope            jsonb       not null,
    body                jsonb       not null,
    waits_since         timestamptz not null
);
