-- Partitions ahead, and the end of their time. Part of schema.sql.
CREATE TABLE audit.setting (
	name text PRIMARY KEY, value text NOT NULL
);
INSERT INTO audit.setting VALUES ('retention_years', '5');
CREATE TABLE audit.export (
	day date PRIMARY KEY, sha256 text NOT NULL CHECK (length(sha256) = 64),
	by_role name NOT NULL DEFAULT session_user,
	at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE audit.approval (
	day date NOT NULL, by_role name NOT NULL DEFAULT session_user,
	reason text NOT NULL, sha256 text NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (day, by_role)
);
CREATE TABLE audit.legal_hold (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	first date NOT NULL, last date NOT NULL, reason text NOT NULL,
	by_role name NOT NULL DEFAULT session_user,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	released_by name, released_at timestamptz
);
-- What was retired: it stays for ever.
CREATE TABLE audit.retired (
	day date NOT NULL, chain text NOT NULL, first_seq bigint NOT NULL,
	last_seq bigint NOT NULL, last_hash text NOT NULL,
	sha256 text NOT NULL, approved_by name[] NOT NULL,
	by_role name NOT NULL DEFAULT session_user,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (day, chain)
);
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON audit.retired
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
-- Every look at unmasked events.
CREATE TABLE audit.look (
	by_role name NOT NULL DEFAULT session_user, chain text NOT NULL,
	first bigint NOT NULL, last bigint NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON audit.look
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();

CREATE FUNCTION audit.part(day date) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog AS $$
	SELECT 'audit_events_' || to_char(day, 'YYYYMMDD')
$$;
-- Where TimescaleDB's functions are if the trail is a hypertable: its days are
-- chunks, which make themselves. NULL: they are declared partitions.
CREATE FUNCTION audit.timescale() RETURNS name LANGUAGE sql STABLE
SET search_path = pg_catalog AS $$
	SELECT n.nspname FROM pg_extension x
	JOIN pg_namespace n ON n.oid = x.extnamespace
	WHERE x.extname = 'timescaledb' AND (SELECT relkind <> 'p'
	    FROM pg_class WHERE oid = 'audit.audit_events'::regclass)
$$;
-- The last day with a partition, the first of all if none has one; NULL where
-- none is needed.
CREATE FUNCTION audit.last_day() RETURNS date LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT coalesce(max(to_date(right(relname, 8), 'YYYYMMDD')),
	    date '1970-01-01') FROM pg_class
	WHERE relnamespace = 'audit'::regnamespace AND relkind = 'r'
	    AND relispartition AND relname ~ '^audit_events_[0-9]{8}$'
	HAVING audit.timescale() IS NULL
$$;

-- A partition for each day of these. Attached, not created in place: readers
-- and the writer go on meanwhile. @return how many were made
CREATE FUNCTION audit.prepare(first date, last date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE d date; n int := 0; p text;
BEGIN
	IF last - first > 4000 THEN
		RAISE EXCEPTION 'prepare: % days are too many', last - first;
	END IF;
	IF audit.timescale() IS NOT NULL THEN
		RETURN 0;
	END IF;
	FOR d IN SELECT generate_series(first, last, '1 day')::date LOOP
		p := audit.part(d);
		CONTINUE WHEN to_regclass('audit.' || p) IS NOT NULL;
		EXECUTE format('CREATE TABLE audit.%I (LIKE audit.audit_events '
		    'INCLUDING ALL, CHECK (chain_day >= %L AND '
		    'chain_day < %L))', p, d, d + 1);
		EXECUTE format('ALTER TABLE audit.audit_events ATTACH '
		    'PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', p, d,
		    d + 1);
		EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON '
		    'audit.%I FOR EACH STATEMENT EXECUTE FUNCTION '
		    'audit.refuse()', p);
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;

-- The keeper has written a day elsewhere: the file's SHA-256.
CREATE FUNCTION audit.exported(d date, sum text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	INSERT INTO audit.export (day, sha256) VALUES (d, lower(sum))
$$;
-- What a day holds here. A file of it whose hashes verify from one event to the
-- next, and which ends with this hash, is all of it.
CREATE FUNCTION audit.day_of(d date)
RETURNS TABLE (chain text, events bigint, first_seq bigint, last_seq bigint,
    last_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT e.chain, count(*), min(e.seq), max(e.seq),
	    (array_agg(e.event_hash ORDER BY e.seq DESC))[1]
	FROM audit.audit_events e WHERE e.chain_day = d GROUP BY e.chain
	ORDER BY e.chain
$$;
-- An approver has read the file elsewhere, and says the SHA-256 that came out:
-- the keeper's word for it is not enough.
CREATE FUNCTION audit.approve(d date, why text, sum text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE told text;
BEGIN
	SELECT sha256 INTO told FROM audit.export WHERE day = d;
	IF told IS DISTINCT FROM lower(sum) THEN
		RAISE EXCEPTION 'EXPORT: % is exported as %, and you have read %',
		    d, coalesce(told, 'nothing yet'), sum;
	END IF;
	INSERT INTO audit.approval (day, reason, sha256)
	VALUES (d, why, lower(sum));
END $$;
CREATE FUNCTION audit.hold(d1 date, d2 date, why text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	INSERT INTO audit.legal_hold (first, last, reason)
	VALUES (d1, d2, why) RETURNING id
$$;
CREATE FUNCTION audit.release(hold bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	UPDATE audit.legal_hold SET released_by = session_user,
	    released_at = clock_timestamp()
	WHERE id = hold AND released_at IS NULL
$$;

-- Take a day's chunk out of a hypertable. TimescaleDB can drop one, not part
-- with it, so its events are copied first; all of it or nothing happens.
CREATE FUNCTION audit.part_from_chunk(d date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	span text := format('(''audit.audit_events'', older_than => %L::date, '
	    'newer_than => %L::date)', d + 1, d);
	fn name := audit.timescale(); chunks text[]; dropped text[];
	whole bigint; there bigint := 0;
BEGIN
	LOCK TABLE audit.audit_events IN SHARE ROW EXCLUSIVE MODE;
	SELECT count(*) INTO whole FROM audit.audit_events WHERE chain_day = d;
	EXECUTE format('SELECT array_agg(x::text) FROM %I.show_chunks', fn) ||
	    span || ' x' INTO chunks;
	IF cardinality(chunks) = 1 THEN
		EXECUTE 'SELECT count(*) FROM ' || chunks[1] INTO there;
	END IF;
	IF whole <> there THEN
		RAISE EXCEPTION 'CHUNK: % has % events, and % of one day have %',
		    d, whole, coalesce(chunks, '{}'), there USING HINT =
		    'A day is retired as one chunk of its own. Keep this one, '
		    'and set_chunk_time_interval() to 1 day again for the days '
		    'to come.';
	END IF;
	EXECUTE format('CREATE TABLE audit.%I (LIKE audit.audit_events '
	    'INCLUDING ALL)', audit.part(d));
	EXECUTE format('INSERT INTO audit.%I SELECT * FROM audit.audit_events '
	    'WHERE chain_day = %L', audit.part(d), d);
	EXECUTE format('SELECT array_agg(x::text) FROM %I.drop_chunks', fn) ||
	    span || ' x' INTO dropped;
	IF cardinality(dropped) IS DISTINCT FROM cardinality(chunks) OR EXISTS (
	    SELECT FROM audit.audit_events WHERE chain_day = d) THEN
		RAISE EXCEPTION 'CHUNK: for the % events of % in %, % was dropped',
		    whole, d, coalesce(chunks, '{}'), coalesce(dropped, '{}');
	END IF;
END $$;

-- Detach a day: exported, approved by two others who have read the same file as
-- was exported, old enough, not held. The
-- table stays, outside of the trail, until somebody drops it by hand.
CREATE FUNCTION audit.retire(d date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE years int; sum text; exporter name; who name[];
BEGIN
	SELECT value::int INTO STRICT years FROM audit.setting
	    WHERE name = 'retention_years';
	IF d > current_date - make_interval(years => years) THEN
		RAISE EXCEPTION 'RETENTION: % is kept until %', d,
		    (d + make_interval(years => years))::date;
	END IF;
	IF EXISTS (SELECT FROM audit.legal_hold WHERE released_at IS NULL
	    AND d BETWEEN first AND last) THEN
		RAISE EXCEPTION 'HOLD: % is under a legal hold', d;
	END IF;
	SELECT sha256, by_role INTO sum, exporter FROM audit.export
	    WHERE day = d;
	IF sum IS NULL THEN
		RAISE EXCEPTION 'EXPORT: % was not exported', d;
	END IF;
	SELECT array_agg(by_role) INTO who FROM audit.approval
	    WHERE day = d AND sha256 = sum
		AND by_role NOT IN (session_user, exporter);
	IF coalesce(cardinality(who), 0) < 2 THEN
		RAISE EXCEPTION 'APPROVAL: % has % of 2 approvals', d,
		    coalesce(cardinality(who), 0);
	END IF;
	INSERT INTO audit.retired (day, chain, first_seq, last_seq, last_hash,
	    sha256, approved_by)
	SELECT d, e.chain, min(e.seq), max(e.seq),
	    (array_agg(e.event_hash ORDER BY e.seq DESC))[1], sum, who
	FROM audit.audit_events e WHERE e.chain_day = d GROUP BY e.chain;
	IF audit.timescale() IS NOT NULL THEN
		PERFORM audit.part_from_chunk(d);
	ELSE
		EXECUTE format('ALTER TABLE audit.audit_events DETACH PARTITION '
		    'audit.%I', audit.part(d));
	END IF;
END $$;

-- Of events from a number on that were retired: their last one, for a verifier
-- that has the chain itself.
CREATE FUNCTION audit.retired_from(c text, first bigint)
RETURNS TABLE (last_seq bigint, last_hash text, day date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT r.last_seq, r.last_hash, r.day FROM audit.retired r
	WHERE r.chain = c AND r.first_seq = first
$$;

-- Every byte of events after a number, for a verifier; the look is kept.
CREATE FUNCTION audit.read_all(c text, after bigint, n bigint)
RETURNS TABLE (seq bigint, event text, event_hash text, raw bytea,
    columns_good boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	INSERT INTO audit.look (chain, first, last)
	VALUES (c, after + 1, after + n);
	SELECT e.seq, e.event, e.event_hash, e.raw,
	    (e.event_id, e.timestamp, e.event_type, e.actor, e.action,
		e.resource_type, e.resource_id, e.details, e.previous_hash)
	    = (x.event_id, x.timestamp, x.event_type, x.actor, x.action,
		x.resource_type, x.resource_id, x.details, x.previous_hash)
	    AND e.ip_address IS NOT DISTINCT FROM x.ip_address
	    AND e.user_agent IS NOT DISTINCT FROM x.user_agent
	FROM (SELECT * FROM audit.audit_events y
	    WHERE y.chain = c AND y.seq > after AND y.seq <= after + n
	    ORDER BY y.seq) e
	LEFT JOIN LATERAL jsonb_to_record(e.event::jsonb) AS x(event_id uuid,
	    timestamp timestamptz, event_type text, actor text, action text,
	    resource_type text, resource_id text, details jsonb,
	    ip_address text, user_agent text, previous_hash text) ON true
	ORDER BY e.seq
$$;
