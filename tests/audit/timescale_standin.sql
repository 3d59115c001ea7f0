-- A stand-in for TimescaleDB, where it is not installed: its functions that the
-- trail calls, with their names and arguments, over tables that inherit. It shows
-- that ours call what is documented and check what they get, not that the real
-- ones do what is documented.
SET allow_system_table_mods = on;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable,
    extversion) VALUES (999999, 'timescaledb', 10, 'public'::regnamespace,
    false, 'stand-in');
CREATE SCHEMA _timescaledb_internal;
GRANT ALL ON SCHEMA _timescaledb_internal TO PUBLIC;
CREATE TABLE public.standin_chunks (relation regclass, chunk text,
    first date, past date);
CREATE TABLE public.standin (relation regclass, days int);
GRANT ALL ON public.standin_chunks, public.standin TO PUBLIC;

-- Into the chunk of its day, which makes itself with the triggers for rows.
CREATE FUNCTION public.standin_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE n int; d date; name text; t text;
BEGIN
	SELECT days INTO n FROM public.standin WHERE relation = TG_RELID;
	d := date '1970-01-01' + (NEW.chain_day - date '1970-01-01') / n * n;
	name := '_timescaledb_internal._hyper_1_' ||
	    to_char(d, 'YYYYMMDD') || '_chunk';
	IF to_regclass(name) IS NULL THEN
		EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL, '
		    'CHECK (chain_day >= %L AND chain_day < %L)) '
		    'INHERITS (%s)', name, TG_RELID::regclass, d, d + n,
		    TG_RELID::regclass);
		FOR t IN SELECT pg_get_triggerdef(oid) FROM pg_trigger
		    WHERE tgrelid = TG_RELID AND tgname <> 'standin'
			AND tgtype & 1 = 1 LOOP
			EXECUTE replace(t, ' ON ' || TG_RELID::regclass ||
			    ' ', ' ON ' || name || ' ');
		END LOOP;
		INSERT INTO public.standin_chunks
		    VALUES (TG_RELID, name, d, d + n);
	END IF;
	EXECUTE 'INSERT INTO ' || name || ' SELECT ($1).*' USING NEW;
	RETURN NULL;
END $$;

CREATE FUNCTION public.create_hypertable(relation regclass,
    time_column_name name, partitioning_column name = NULL,
    number_partitions int = NULL, associated_schema_name name = NULL,
    associated_table_prefix name = NULL,
    chunk_time_interval anyelement = NULL::bigint,
    create_default_indexes boolean = true, if_not_exists boolean = false)
RETURNS TABLE (hypertable_id int, schema_name name, table_name name,
    created boolean) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.standin VALUES (relation,
	    extract(day FROM chunk_time_interval));
	EXECUTE 'CREATE TRIGGER standin BEFORE INSERT ON ' || relation ||
	    ' FOR EACH ROW EXECUTE FUNCTION public.standin_insert()';
	RETURN QUERY SELECT 1, 'audit'::name, 'audit_events'::name, true;
END $$;
CREATE FUNCTION public.set_chunk_time_interval(hypertable regclass,
    chunk_time_interval anyelement, dimension_name name = NULL) RETURNS void
LANGUAGE sql AS $$
	UPDATE public.standin SET days = extract(day FROM chunk_time_interval)
$$;
CREATE FUNCTION public.show_chunks(relation regclass, older_than date = NULL,
    newer_than date = NULL) RETURNS SETOF regclass LANGUAGE sql AS $$
	SELECT c.chunk::regclass FROM public.standin_chunks c
	WHERE c.relation = $1 AND c.past <= $2 AND c.first >= $3
$$;
CREATE FUNCTION public.drop_chunks(relation regclass, older_than date = NULL,
    newer_than date = NULL, verbose boolean = false) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE c text;
BEGIN
	FOR c IN DELETE FROM public.standin_chunks x WHERE x.relation = $1
	    AND x.past <= $2 AND x.first >= $3 RETURNING x.chunk LOOP
		EXECUTE 'DROP TABLE ' || c;
		RETURN NEXT c;
	END LOOP;
END $$;
