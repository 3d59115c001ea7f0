-- The audit trail in PostgreSQL 15 or later: tables, the one way in, the views.
--
--     psql -v ON_ERROR_STOP=1 -d trading -f roles.sql -f schema.sql
--
-- Run it as a superuser, once; afterwards no role that can log in owns
-- anything. An event is kept as the canonical text that was hashed (event) and
-- as columns made from it by append(); 'fixgate audit verify' recomputes both.
-- With -v timescale=1 and TimescaleDB 2 preloaded, the table is a hypertable of
-- one chunk a day instead of declared partitions. Keep that interval: a day is
-- retired with its chunk, and not by a retention policy of TimescaleDB, which
-- knows of no approval.
\set ON_ERROR_STOP on
\if :{?timescale}
\else
\set timescale 0
\endif
BEGIN;
CREATE SCHEMA audit AUTHORIZATION audit_owner;
CREATE SCHEMA report AUTHORIZATION audit_owner;
REVOKE ALL ON SCHEMA audit, report FROM PUBLIC;
SET ROLE audit_owner;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE audit.audit_events (
	chain         text NOT NULL,
	chain_day     date NOT NULL, -- never runs backwards, as the clock may
	seq           bigint NOT NULL CHECK (seq > 0),
	event_id      uuid NOT NULL,
	timestamp     timestamptz NOT NULL,
	event_type    text NOT NULL,
	actor         text NOT NULL,
	action        text NOT NULL,
	resource_type text NOT NULL,
	resource_id   text NOT NULL,
	details       jsonb NOT NULL,
	ip_address    text,
	user_agent    text,
	previous_hash text NOT NULL CHECK (previous_hash ~ '^[0-9a-f]{64}$'),
	event_hash    text NOT NULL CHECK (event_hash ~ '^[0-9a-f]{64}$'),
	event         text NOT NULL, -- what was hashed
	raw           bytea,         -- the FIX message behind it
	PRIMARY KEY (chain, chain_day, seq)
)
\if :timescale
;
RESET ROLE;
CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('audit.audit_events', 'chain_day',
    chunk_time_interval => interval '1 day', create_default_indexes => false);
SET ROLE audit_owner;
\else
PARTITION BY RANGE (chain_day);
\endif
CREATE INDEX idx_audit_timestamp ON audit.audit_events (timestamp DESC);
-- Partial by what "=" implies, else no query would use them.
CREATE INDEX idx_audit_order ON audit.audit_events ((details->>'order_id'))
    WHERE details->>'order_id' IS NOT NULL;
CREATE INDEX idx_audit_cl_ord_id ON audit.audit_events ((details->>'cl_ord_id'))
    WHERE details->>'cl_ord_id' IS NOT NULL;
CREATE INDEX idx_audit_orig_cl_ord_id
    ON audit.audit_events ((details->>'orig_cl_ord_id'))
    WHERE details->>'orig_cl_ord_id' IS NOT NULL;
CREATE INDEX idx_audit_parent_order
    ON audit.audit_events ((details->>'parent_order_id'))
    WHERE details->>'parent_order_id' IS NOT NULL;
CREATE INDEX idx_audit_account ON audit.audit_events
    ((details->>'account'), timestamp)
    WHERE details->>'account' IS NOT NULL;
CREATE INDEX idx_audit_actor ON audit.audit_events (actor, timestamp);

-- Where each chain stands: append() locks its row.
CREATE TABLE audit.head (
	chain     text PRIMARY KEY,
	seq       bigint NOT NULL,
	hash      text NOT NULL,
	chain_day date NOT NULL
);
CREATE TABLE audit.checkpoint (
	chain text NOT NULL,
	size  bigint NOT NULL,
	note  text NOT NULL,
	came  timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (chain, size)
);

-- Plain tables for plain SQL, made from the events as they come.
CREATE TABLE audit.orders (
	chain text NOT NULL, order_id text NOT NULL, cl_ord_id text,
	session text, account text, symbol text, side text, order_type text,
	time_in_force text, quantity numeric, price numeric,
	stop_price numeric, status text, cumulative_quantity numeric,
	leaves_quantity numeric, average_price numeric, text text,
	created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
	last_seq bigint NOT NULL,
	PRIMARY KEY (chain, order_id)
);
CREATE INDEX idx_orders_symbol_timestamp
    ON audit.orders (symbol, created_at DESC);
CREATE TABLE audit.executions (
	chain text NOT NULL, exec_id text NOT NULL, seq bigint NOT NULL,
	order_id text, cl_ord_id text, exec_ref_id text, kind text NOT NULL,
	account text, symbol text, side text, quantity numeric,
	price numeric, executed_at timestamptz NOT NULL,
	PRIMARY KEY (chain, exec_id)
);
CREATE INDEX idx_executions_seq ON audit.executions (chain, seq);
CREATE INDEX idx_executions_order ON audit.executions (order_id);
CREATE INDEX idx_executions_account ON audit.executions (account, executed_at);
CREATE TABLE audit.positions (
	chain text NOT NULL, opened_seq bigint NOT NULL,
	account text NOT NULL, symbol text NOT NULL,
	quantity numeric NOT NULL, opened_at timestamptz NOT NULL,
	closed_at timestamptz, closed_seq bigint,
	PRIMARY KEY (chain, opened_seq)
);
CREATE INDEX idx_positions_active
    ON audit.positions (symbol) WHERE closed_at IS NULL;
CREATE TABLE audit.sessions (
	chain text NOT NULL, session text NOT NULL, peer text, ip_address text,
	logged_on boolean NOT NULL, since timestamptz NOT NULL,
	logons bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (chain, session)
);

-- No row of the trail is ever changed, by whatever way.
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
	RAISE EXCEPTION 'the audit trail is append-only: % on % refused',
	    TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON audit.audit_events
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON audit.checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

\ir keep.sql
\ir append.sql
\ir queries.sql

-- What readers see: no raw bytes, addresses without their end.
CREATE FUNCTION audit.mask(address text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT regexp_replace(address, '[^.:]+$', '*')
$$;
CREATE VIEW report.audit_events AS
    SELECT event_id, timestamp, event_type, actor, action, resource_type,
        resource_id, details, audit.mask(ip_address) AS ip_address,
        NULL::text AS user_agent, previous_hash, event_hash, chain, seq
    FROM audit.audit_events;
CREATE VIEW report.orders AS SELECT * FROM audit.orders;
CREATE VIEW report.executions AS SELECT * FROM audit.executions;
CREATE VIEW report.positions AS SELECT * FROM audit.positions;
CREATE VIEW report.sessions AS
    SELECT chain, session, peer, audit.mask(ip_address) AS ip_address,
        logged_on, since, logons
    FROM audit.sessions;
CREATE VIEW report.checkpoints AS SELECT * FROM audit.checkpoint;
CREATE VIEW report.head AS SELECT * FROM audit.head;
RESET ROLE;

GRANT USAGE ON SCHEMA audit TO audit_writer, audit_keeper, audit_approver,
    audit_inspector;
GRANT USAGE ON SCHEMA report TO audit_reader, audit_inspector;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO audit_reader, audit_inspector;
GRANT EXECUTE ON FUNCTION audit.append(text, bigint, text[], text[], bytea[]),
    audit.put_checkpoint(text, bigint, text), audit.stand(text)
    TO audit_writer;
GRANT EXECUTE ON FUNCTION audit.prepare(date, date),
    audit.exported(date, text), audit.retire(date) TO audit_keeper;
GRANT EXECUTE ON FUNCTION audit.day_of(date)
    TO audit_keeper, audit_approver;
GRANT EXECUTE ON FUNCTION audit.approve(date, text, text),
    audit.hold(date, date, text), audit.release(bigint) TO audit_approver;
GRANT EXECUTE ON FUNCTION audit.read_all(text, bigint, bigint),
    audit.retired_from(text, bigint), audit.stand(text) TO audit_inspector;
GRANT EXECUTE ON FUNCTION audit.mask(text) TO audit_reader, audit_inspector;
GRANT EXECUTE ON FUNCTION report.order_chain(text, text, text),
    report.book_at(text, text, timestamptz),
    report.positions_at(text, text, timestamptz),
    report.actions_of(text, text), report.events_between(text, bigint, bigint),
    report.corrections(text) TO audit_reader, audit_inspector;
\if :timescale
\else
SELECT audit.prepare(current_date - 7, current_date + 14);
\endif
COMMIT;
