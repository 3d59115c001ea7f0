-- The questions that a reconstruction asks. Part of schema.sql.

-- Q1: all events of an order, by its OrderID or by a ClOrdID of a session, in
-- order: from the request on, with the decision of risk, every replace, and what
-- went to a FIX venue and came from there. A ClOrdID is one client's: where
-- several sessions have used it, who says which is meant, by CompID or name. Only
-- the gateway's own reports tie a ClOrdID to an OrderID; requests, which have
-- none, belong to it by session and ClOrdID from an hour before its first event
-- to an hour after its last.
CREATE FUNCTION report.order_chain(c text, id text, who text DEFAULT NULL)
RETURNS TABLE (seq bigint, "timestamp" timestamptz, event_type text,
    actor text, details jsonb, raw bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	users text[]; orders text[]; names jsonb; ids text[];
	t1 timestamptz; t2 timestamptz;
	theirs CONSTANT text[] := '{MESSAGE_RECEIVED, DROP_COPY_SENT}';
BEGIN
	INSERT INTO audit.look (chain, first, last) VALUES (c, 0, 0);
	SELECT array_agg(DISTINCT e.details->>'session') INTO users
	FROM audit.audit_events e WHERE e.chain = c
	    AND (e.details->>'cl_ord_id' = id
		OR e.details->>'orig_cl_ord_id' = id)
	    AND e.event_type <> ALL (theirs)
	    AND NOT e.details ? 'parent_order_id'
	    AND (who IS NULL OR who IN (e.details->>'session',
		e.details->>'peer'));
	IF cardinality(users) > 1 THEN
		RAISE EXCEPTION 'SEVERAL: % is a ClOrdID of %: whose?', id,
		    array_to_string(users, ' and of ');
	END IF;
	SELECT array_agg(DISTINCT e.details->>'order_id') INTO orders
	FROM audit.audit_events e WHERE e.chain = c
	    AND e.event_type <> ALL (theirs)
	    AND e.details->>'order_id' <> 'NONE'
	    AND (e.details->>'order_id' = id
		OR (e.details->>'session' = users[1]
		    AND (e.details->>'cl_ord_id' = id
			OR e.details->>'orig_cl_ord_id' = id)));
	SELECT jsonb_agg(DISTINCT jsonb_build_array(e.details->>'session',
		n.name)), array_agg(DISTINCT n.name),
	    min(e.timestamp) - interval '1 hour',
	    max(e.timestamp) + interval '1 hour'
	INTO names, ids, t1, t2
	FROM audit.audit_events e, LATERAL (VALUES (e.details->>'cl_ord_id'),
	    (e.details->>'orig_cl_ord_id')) n(name)
	WHERE e.chain = c AND e.details->>'order_id' = ANY (orders)
	    AND e.event_type <> ALL (theirs) AND n.name IS NOT NULL;
	IF names IS NULL THEN -- nothing but the request is there
		names := jsonb_build_array(jsonb_build_array(users[1], id));
		ids := ARRAY[id];
	END IF;
	RETURN QUERY
	SELECT e.seq, e.timestamp, e.event_type, e.actor, e.details, e.raw
	FROM audit.audit_events e
	WHERE e.chain = c AND (e.details->>'order_id' = ANY (orders)
	    OR e.details->>'parent_order_id' = ANY (orders)
	    OR ((e.details->>'cl_ord_id' = ANY (ids)
		    OR e.details->>'orig_cl_ord_id' = ANY (ids))
		AND coalesce(e.details->>'order_id', 'NONE') = 'NONE'
		AND (t1 IS NULL OR e.timestamp BETWEEN t1 AND t2)
		AND (names @> jsonb_build_array(jsonb_build_array(
			e.details->>'session', e.details->>'cl_ord_id'))
		    OR names @> jsonb_build_array(jsonb_build_array(
			e.details->>'session', e.details->>'orig_cl_ord_id')))))
	ORDER BY e.seq;
END $$;

-- Q2: the live orders of an account at an instant, replayed from its events.
CREATE FUNCTION report.book_at(c text, acct text, at timestamptz)
RETURNS TABLE (order_id text, cl_ord_id text, symbol text, side text,
    leaves numeric, price numeric, status text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT d->>'order_id', d->>'cl_ord_id', d->>'symbol', d->>'side',
	    (d->>'leaves_quantity')::numeric, (d->>'price')::numeric,
	    d->>'order_status'
	FROM (SELECT DISTINCT ON (e.details->>'order_id') e.details AS d
	    FROM audit.audit_events e
	    WHERE e.chain = c AND e.timestamp <= at
		AND e.details->>'account' = acct
		AND e.details->>'msg_type' = '8' AND e.resource_type = 'order'
		AND e.event_type NOT IN ('DROP_COPY_SENT',
		    'MESSAGE_RECEIVED')
		AND e.details->>'order_id' <> 'NONE'
	    ORDER BY e.details->>'order_id', e.seq DESC) x
	WHERE (d->>'leaves_quantity')::numeric > 0
	ORDER BY 1
$$;
-- Q2: and its positions, as the sum of its executions.
CREATE FUNCTION report.positions_at(c text, acct text, at timestamptz)
RETURNS TABLE (symbol text, quantity numeric)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT x.symbol, sum(CASE WHEN x.side IN ('1', '3') THEN x.quantity
	    ELSE -x.quantity END) AS q
	FROM audit.executions x
	WHERE x.chain = c AND x.account = acct AND x.executed_at <= at
	    AND x.kind <> 'cancelled'
	    AND NOT EXISTS (SELECT FROM audit.executions y
		WHERE y.chain = c AND y.exec_ref_id = x.exec_id
		    AND y.executed_at <= at)
	GROUP BY x.symbol HAVING sum(CASE WHEN x.side IN ('1', '3')
	    THEN x.quantity ELSE -x.quantity END) <> 0
	ORDER BY 1
$$;

-- Q3: all that somebody did.
CREATE FUNCTION report.actions_of(c text, who text)
RETURNS TABLE (seq bigint, "timestamp" timestamptz, event_type text,
    action text, resource_type text, resource_id text, details jsonb)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT e.seq, e.timestamp, e.event_type, e.action, e.resource_type,
	    e.resource_id, e.details
	FROM audit.audit_events e
	WHERE e.chain = c AND e.actor = who ORDER BY e.seq
$$;

-- Q4: all between two checkpoints; 'fixgate audit bundle' gives the proofs.
CREATE FUNCTION report.events_between(c text, size1 bigint, size2 bigint)
RETURNS TABLE (seq bigint, "timestamp" timestamptz, event_type text,
    details jsonb, event_hash text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT e.seq, e.timestamp, e.event_type, e.details, e.event_hash
	FROM audit.audit_events e
	WHERE e.chain = c AND e.seq > size1 AND e.seq <= size2 ORDER BY e.seq
$$;

-- Q5: every correction with what stood there before: replaced orders and
-- corrected or cancelled trades.
CREATE FUNCTION report.corrections(c text)
RETURNS TABLE (seq bigint, "timestamp" timestamptz, event_type text,
    id text, before jsonb, after jsonb)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT e.seq, e.timestamp, e.event_type,
	    coalesce(e.details->>'exec_ref_id', e.details->>'order_id'),
	    b.details, e.details
	FROM audit.audit_events e
	LEFT JOIN LATERAL (SELECT p.details FROM audit.audit_events p
	    WHERE p.chain = c AND p.seq < e.seq
		AND p.details->>'msg_type' = '8'
		AND p.event_type NOT IN ('DROP_COPY_SENT', 'MESSAGE_RECEIVED')
		AND CASE WHEN e.event_type = 'ORDER_MODIFIED'
		    THEN p.details->>'order_id' = e.details->>'order_id'
			AND p.event_type NOT LIKE '%PENDING'
		    ELSE p.details->>'exec_id' = e.details->>'exec_ref_id' END
	    ORDER BY p.seq DESC LIMIT 1) b ON true
	WHERE e.chain = c AND e.event_type IN ('ORDER_MODIFIED',
	    'TRADE_CORRECTED', 'TRADE_CANCELLED')
	ORDER BY e.seq
$$;
