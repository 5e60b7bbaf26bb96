-- name: build_beside
-- From here on, names of this session mean the new read model first.
set search_path = gateway_rebuild, gateway, public

-- name: build_in_place
set search_path = gateway, public

-- name: patient
-- This transaction may wait for the log while it holds the projection.
set local idle_in_transaction_session_timeout = '120s'

-- name: every_row
-- Every snapshot of the read model with its kind.
select 'item' as kind, state from item
union all select 'message', state from message
union all select 'change', state from change
union all select 'person', state from person
union all select 'organisation', state from organisation
union all select kind, state from setup
union all select 'rule', state from rule
union all select 'decision', state from decision
union all select 'delivery', state from delivery
union all select 'suppression', state from suppression
union all select 'receipt', state from receipt
union all select 'quarantine', state from quarantine
