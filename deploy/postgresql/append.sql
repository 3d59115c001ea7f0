-- The one way in. Part of schema.sql.

-- Orders, executions, positions and sessions out of the events first to last.
-- Reports that came in are what a peer says, in whatever bytes: they count for
-- nothing here.
CREATE FUNCTION audit.mirror(c text, d1 date, first bigint, last bigint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE e record; delta numeric; opener audit.executions;
BEGIN
	INSERT INTO audit.orders AS o
	SELECT c, x.order_id, x.d->>'cl_ord_id', x.d->>'session',
	    x.d->>'account', x.d->>'symbol', x.d->>'side',
	    x.d->>'order_type', x.d->>'time_in_force',
	    (x.d->>'quantity')::numeric, (x.d->>'price')::numeric,
	    (x.d->>'stop_price')::numeric, x.d->>'order_status',
	    (x.d->>'cumulative_quantity')::numeric,
	    (x.d->>'leaves_quantity')::numeric,
	    (x.d->>'average_price')::numeric, x.d->>'text',
	    x.created, x.timestamp, x.seq
	FROM (SELECT DISTINCT ON (details->>'order_id')
		details->>'order_id' AS order_id, details AS d, seq, timestamp,
		min(timestamp) OVER (PARTITION BY details->>'order_id')
		    AS created
	    FROM audit.audit_events
	    WHERE chain = c AND chain_day >= d1 AND seq BETWEEN first AND last
		AND details->>'msg_type' = '8' AND resource_type = 'order'
		AND event_type NOT IN ('DROP_COPY_SENT',
		    'MESSAGE_RECEIVED')
		AND details->>'order_id' <> 'NONE' AND details ? 'order_status'
	    ORDER BY details->>'order_id', seq DESC) x
	ON CONFLICT (chain, order_id) DO UPDATE SET
	    cl_ord_id = coalesce(excluded.cl_ord_id, o.cl_ord_id),
	    quantity = coalesce(excluded.quantity, o.quantity),
	    price = coalesce(excluded.price, o.price),
	    stop_price = coalesce(excluded.stop_price, o.stop_price),
	    order_type = coalesce(excluded.order_type, o.order_type),
	    time_in_force = coalesce(excluded.time_in_force, o.time_in_force),
	    account = coalesce(excluded.account, o.account),
	    status = excluded.status,
	    cumulative_quantity = excluded.cumulative_quantity,
	    leaves_quantity = excluded.leaves_quantity,
	    average_price = excluded.average_price, text = excluded.text,
	    updated_at = excluded.updated_at, last_seq = excluded.last_seq;
	-- Positions depend on the order of things.
	FOR e IN SELECT seq, timestamp, event_type, details AS d, actor,
		ip_address, resource_id
	    FROM audit.audit_events
	    WHERE chain = c AND chain_day >= d1 AND seq BETWEEN first AND last
		AND event_type IN ('ORDER_FILLED', 'TRADE_CORRECTED',
		    'TRADE_CANCELLED', 'POSITION_OPENED', 'POSITION_CLOSED',
		    'USER_LOGIN', 'USER_LOGOUT')
	    ORDER BY seq
	LOOP
		IF e.event_type IN ('ORDER_FILLED', 'TRADE_CORRECTED',
		    'TRADE_CANCELLED') THEN
			delta := audit.signed_quantity(e.event_type, e.d)
			    - coalesce((SELECT CASE WHEN y.side IN ('1', '3')
				THEN y.quantity ELSE -y.quantity END
			    FROM audit.executions y WHERE y.chain = c
				AND y.exec_id = e.d->>'exec_ref_id'
				AND e.event_type <> 'ORDER_FILLED'), 0);
			INSERT INTO audit.executions VALUES (c,
			    e.d->>'exec_id', e.seq, e.d->>'order_id',
			    e.d->>'cl_ord_id', e.d->>'exec_ref_id',
			    lower(split_part(e.event_type, '_', 2)),
			    e.d->>'account', e.d->>'symbol', e.d->>'side',
			    (e.d->>'last_quantity')::numeric,
			    (e.d->>'last_price')::numeric, e.timestamp)
			ON CONFLICT DO NOTHING;
			IF FOUND THEN
				UPDATE audit.positions p
				SET quantity = p.quantity + delta
				WHERE p.chain = c AND p.closed_at IS NULL
				    AND p.symbol = e.d->>'symbol'
				    AND p.account = coalesce(e.d->>'account', '');
			END IF;
		ELSIF e.event_type = 'POSITION_OPENED' THEN
			-- By itself: joined, a database without statistics
			-- went over all executions for each of them.
			SELECT * INTO opener FROM audit.executions y
			    WHERE y.chain = c AND y.exec_id = e.d->>'exec_id';
			INSERT INTO audit.positions VALUES (c, e.seq,
			    coalesce(e.d->>'account', ''),
			    coalesce(e.d->>'symbol', ''),
			    (e.d->>'quantity')::numeric + coalesce((
				-- later fills of the same turn came before it
				SELECT sum(CASE WHEN y.side IN ('1', '3')
				    THEN y.quantity ELSE -y.quantity END)
				FROM audit.executions y
				WHERE y.chain = c AND y.seq > opener.seq
				    AND y.seq < e.seq
				    AND y.account = opener.account
				    AND y.symbol = opener.symbol), 0),
			    e.timestamp);
		ELSIF e.event_type = 'POSITION_CLOSED' THEN
			UPDATE audit.positions p SET quantity = 0,
			    closed_at = e.timestamp, closed_seq = e.seq
			WHERE p.chain = c AND p.closed_at IS NULL
			    AND p.symbol = coalesce(e.d->>'symbol', '')
			    AND p.account = coalesce(e.d->>'account', '');
		ELSE
			INSERT INTO audit.sessions AS s VALUES (c,
			    e.resource_id, e.actor, e.ip_address,
			    e.event_type = 'USER_LOGIN', e.timestamp,
			    (e.event_type = 'USER_LOGIN')::int)
			ON CONFLICT (chain, session) DO UPDATE SET
			    peer = excluded.peer,
			    ip_address = coalesce(excluded.ip_address,
				s.ip_address),
			    logged_on = excluded.logged_on,
			    since = excluded.since,
			    logons = s.logons + excluded.logons;
		END IF;
	END LOOP;
END $$;

CREATE FUNCTION audit.signed_quantity(kind text, d jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN kind = 'TRADE_CANCELLED' THEN 0
	    WHEN d->>'side' IN ('1', '3') THEN (d->>'last_quantity')::numeric
	    ELSE -(d->>'last_quantity')::numeric END
$$;

-- Append events first, first+1, ... of chain c. A batch is whole or not at all.
-- What is there already with the same hash is passed over; with another hash it
-- is a second history of the same chain: FORK, which needs a person.
-- @return 'ok', or 'dup' if there was nothing new
CREATE FUNCTION audit.append(c text, first bigint, events text[],
    hashes text[], raws bytea[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	hd audit.head; bad bigint; last bigint; n int := cardinality(events);
	fresh int; zeros text := repeat('0', 64);
BEGIN
	IF n = 0 OR n <> cardinality(hashes) OR n <> cardinality(raws) THEN
		RAISE EXCEPTION 'BADBATCH: % events, % hashes, % messages', n,
		    cardinality(hashes), cardinality(raws);
	END IF;
	-- Room for the days to come; NULL where there are no declared partitions.
	IF audit.last_day() < current_date + 7 THEN
		PERFORM audit.prepare(current_date, current_date + 14);
	END IF;
	INSERT INTO audit.head VALUES (c, 0, zeros, '-infinity')
	    ON CONFLICT DO NOTHING;
	SELECT * INTO STRICT hd FROM audit.head WHERE chain = c FOR UPDATE;
	last := first + n - 1;
	IF first > hd.seq + 1 THEN
		RAISE EXCEPTION 'GAP: % has %, and % came', c, hd.seq, first;
	END IF;
	IF first <= hd.seq THEN
		SELECT min(e.seq) INTO bad FROM audit.audit_events e
		WHERE e.chain = c AND e.seq BETWEEN first AND last
		    AND e.event_hash <> hashes[e.seq - first + 1];
		IF bad IS NOT NULL THEN
			RAISE EXCEPTION 'FORK at %', bad
			    USING ERRCODE = 'data_corrupted';
		END IF;
	END IF;
	IF last <= hd.seq THEN
		RETURN 'dup';
	END IF;
	fresh := (hd.seq - first + 2)::int; -- index of the first new one
	SELECT min(first + i - 1) INTO bad
	FROM generate_series(fresh, n) i
	WHERE encode(sha256(convert_to(events[i], 'UTF8')), 'hex') <> hashes[i];
	IF bad IS NOT NULL THEN
		RAISE EXCEPTION 'BADHASH at %', bad
		    USING ERRCODE = 'data_corrupted';
	END IF;
	INSERT INTO audit.audit_events
	SELECT c, greatest(hd.chain_day, max((x.timestamp AT TIME ZONE
		'UTC')::date) OVER (ORDER BY u.i)), first + u.i - 1,
	    x.event_id, x.timestamp, x.event_type, x.actor, x.action,
	    x.resource_type, x.resource_id, x.details, x.ip_address,
	    x.user_agent, x.previous_hash, u.hash, u.event, u.raw
	FROM unnest(events, hashes, raws) WITH ORDINALITY
	    AS u(event, hash, raw, i),
	    LATERAL jsonb_to_record(u.event::jsonb) AS x(event_id uuid,
		timestamp timestamptz, event_type text, actor text,
		action text, resource_type text, resource_id text,
		details jsonb, ip_address text, user_agent text,
		previous_hash text)
	WHERE u.i >= fresh;
	-- Each with the hash before it and its own number.
	SELECT min(e.seq) INTO bad
	FROM (SELECT y.seq, y.previous_hash, y.details->>'seq' AS said,
		lag(y.event_hash, 1, hd.hash) OVER (ORDER BY y.seq) AS before
	    FROM audit.audit_events y
	    WHERE y.chain = c AND y.chain_day >= hd.chain_day
		AND y.seq BETWEEN hd.seq + 1 AND last) e
	WHERE e.previous_hash <> e.before OR e.said <> e.seq::text;
	IF bad IS NOT NULL THEN
		RAISE EXCEPTION 'BADLINK at %', bad
		    USING ERRCODE = 'data_corrupted';
	END IF;
	UPDATE audit.head SET seq = last, hash = hashes[n],
	    chain_day = (SELECT max(e.chain_day) FROM audit.audit_events e
		WHERE e.chain = c AND e.chain_day >= hd.chain_day
		    AND e.seq = last)
	WHERE chain = c;
	PERFORM audit.mirror(c, hd.chain_day, hd.seq + 1, last);
	RETURN 'ok';
END $$;

-- A signed checkpoint, as a witness keeps it: two over one size are a fork.
CREATE FUNCTION audit.put_checkpoint(c text, n bigint, text text)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE old text;
BEGIN
	SELECT note INTO old FROM audit.checkpoint
	    WHERE chain = c AND size = n;
	IF old IS NULL THEN
		INSERT INTO audit.checkpoint VALUES (c, n, text);
		RETURN 'ok';
	END IF;
	-- Name, size, root and head; the time of signing may be another.
	IF (string_to_array(old, E'\n'))[1:4] <>
	    (string_to_array(text, E'\n'))[1:4] THEN
		RAISE EXCEPTION 'FORK of checkpoints at %', n
		    USING ERRCODE = 'data_corrupted';
	END IF;
	RETURN 'dup';
END $$;

-- Where a chain stands here, and the last day that has a partition.
CREATE FUNCTION audit.stand(c text)
RETURNS TABLE (seq bigint, hash text, checkpoint bigint, last_day date)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT coalesce(max(h.seq), 0), coalesce(max(h.hash), repeat('0', 64)),
	    (SELECT coalesce(max(size), 0) FROM audit.checkpoint
		WHERE chain = c), audit.last_day()
	FROM audit.head h WHERE h.chain = c
$$;
