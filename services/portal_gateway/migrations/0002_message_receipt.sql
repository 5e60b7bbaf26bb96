-- Which message came of a receipt: a new read model has it already.
create index if not exists message_receipt on message ((state->>'receipt_id')) where state->>'receipt_id' is not null;
