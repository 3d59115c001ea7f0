"""The trail in a hypertable of TimescaleDB: a day's events go into its chunk, and
out of it at the end of their time. Where the extension is not installed a
stand-in has its functions: then only our side of it was tried, and a line here
says so."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from day import CONF, audit, busy_day, client, wait_for, status  # noqa: E402
from gateway import TOP, Gateway  # noqa: E402
from pgserver import Denied, Postgres, bindir  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
SQL = os.path.join(TOP, "deploy", "postgresql")
EVENT = """
    CREATE FUNCTION public.put(c text, d date) RETURNS text LANGUAGE sql AS $$
        SELECT audit.append(c, 1, ARRAY[j],
            ARRAY[encode(sha256(convert_to(j, 'UTF8')), 'hex')],
            ARRAY['\\x0a'::bytea]) FROM (SELECT '{"action": "x", "actor": "a",'
            ' "details": {"seq": 1}, "event_id":'
            ' "00000000-0000-8000-8000-000000000001", "event_type":'
            ' "MESSAGE_SENT", "ip_address": null, "previous_hash": "' ||
            repeat('0', 64) || '", "resource_id": "r", "resource_type":'
            ' "message", "timestamp": "' || d || 'T10:00:00.000000+00:00",'
            ' "user_agent": null}' AS j) x
    $$;"""


def denied(pg, user, text):
    try:
        pg.sql(text, user=user)
    except Denied as e:
        return str(e)
    return ""


def chunks(pg):
    return pg.sql("SELECT show_chunks('audit.audit_events', "
                  "older_than => date '2100-01-01', "
                  "newer_than => date '2000-01-01')").split()


def ready(pg, day):
    """Exported, and approved by two."""
    pg.sql(f"SELECT audit.exported('{day}', repeat('a', 64))",
           user="audit_keeper")
    for u in ("ann", "bob"):
        pg.sql(f"SELECT audit.approve('{day}', 'over', repeat('a', 64))", user=u)


def kept(pg, day):
    return pg.sql("SELECT count(*) || ' ' || max(chain) FROM "
                  f"audit.audit_events_{day.replace('-', '')}")


def test_days(pg):
    t.ok(pg.sql("SELECT audit.prepare('2019-05-01', '2019-05-03')",
                user="audit_keeper") == "0" and
         pg.sql("SELECT last_day IS NULL FROM audit.stand('x')",
                user="audit_writer") == "t",
         "no days have to be made, and none can lack")
    pg.sql(EVENT)
    for c, d in (("a", "2019-05-01"), ("b", "2019-05-02"), ("c", "2019-05-02"),
                 ("d", "2019-05-03")):
        pg.sql(f"SELECT public.put('{c}', '{d}')")
    t.ok(len(chunks(pg)) >= 4, "each day has a chunk", chunks(pg))
    chunk = pg.sql("SELECT tableoid::regclass FROM audit.audit_events "
                   "WHERE chain = 'b'")
    why = denied(pg, "postgres", f"UPDATE {chunk} SET actor = 'x'")
    t.ok("append-only" in why, "a chunk's rows are not changed either", why)


def test_retention(pg):
    """T22 there: what refuses is the same, what parts with a day is not."""
    for u in ("ann", "bob"):
        pg.sql(f"CREATE ROLE {u} LOGIN IN ROLE audit_approver")
    before, day = chunks(pg), "2019-05-02"
    retire = f"SELECT audit.retire('{day}')"
    why = denied(pg, "audit_keeper", "SELECT audit.retire(current_date)")
    t.ok("RETENTION" in why, "T22: before its time no day goes", why)
    hold = pg.sql(f"SELECT audit.hold('{day}', '{day}', 'case 7')", user="ann")
    why = denied(pg, "audit_keeper", retire)
    t.ok("HOLD" in why, "T22: nor under a legal hold", why)
    pg.sql(f"SELECT audit.release({hold})", user="ann")
    why = denied(pg, "audit_keeper", retire)
    t.ok("EXPORT" in why, "nor without an export", why)
    pg.sql(f"SELECT audit.exported('{day}', repeat('a', 64))",
           user="audit_keeper")
    why = denied(pg, "audit_keeper", retire)
    t.ok("0 of 2" in why and chunks(pg) == before, "nor without approvals", why)
    for u in ("ann", "bob"):
        pg.sql(f"SELECT audit.approve('{day}', 'over', repeat('a', 64))", user=u)
    pg.sql(retire, user="audit_keeper")
    left = pg.sql("SELECT string_agg(chain, '' ORDER BY chain) FROM "
                  "audit.audit_events WHERE chain_day < '2020-01-01'")
    noted = pg.sql("SELECT string_agg(chain || first_seq || last_seq, ' ' "
                   "ORDER BY chain) FROM audit.retired")
    t.ok(len(chunks(pg)) == len(before) - 1 and left == "ad" and
         kept(pg, day) == "2 c" and noted == "b11 c11",
         "with all of them its chunk is dropped, alone; its events are kept "
         "outside of the trail", (chunks(pg), left, noted))
    why = denied(pg, "audit_keeper", "SELECT * FROM audit.audit_events_20190502")
    t.ok("permission denied" in why, "where nobody new reads them", why)


def test_wide_chunk(pg):
    """A chunk that has other days, too, is not touched."""
    pg.sql("SELECT set_chunk_time_interval('audit.audit_events', "
           "interval '7 days')")
    for c, d in (("e", "2019-07-02"), ("f", "2019-07-03")):
        pg.sql(f"SELECT public.put('{c}', '{d}')")
    before = chunks(pg)
    ready(pg, "2019-07-02")
    why = denied(pg, "audit_keeper", "SELECT audit.retire('2019-07-02')")
    t.ok("CHUNK" in why and "set_chunk_time_interval" in why and
         chunks(pg) == before and
         pg.sql("SELECT count(*) FROM audit.retired WHERE day = "
                "'2019-07-02'") == "0" and
         pg.sql("SELECT to_regclass('audit.audit_events_20190702') IS NULL")
         == "t", "a day that shares its chunk stays, with what to do", why)


def test_wrong_drop(pg):
    """Should TimescaleDB drop other than it showed, nothing has happened."""
    body = pg.sql("SELECT pg_get_functiondef('public.drop_chunks'::regproc)")
    before = chunks(pg)
    ready(pg, "2019-05-01")
    for what, change in (
            ("more", ("x.past <= $2 AND x.first >= $3", "x.past < '2020-01-01'")),
            ("nothing", ("x.past <= $2", "x.past < $3"))):
        pg.psql(stdin=body.replace(*change) + ";")
        why = denied(pg, "audit_keeper", "SELECT audit.retire('2019-05-01')")
        t.ok("CHUNK: for the 1 events" in why and chunks(pg) == before,
             f"if {what} is dropped, it is taken back", why)
    pg.psql(stdin=body + ";")


def main():
    if bindir() is None:
        t.skip("the trail in a hypertable", "no PostgreSQL server is installed")
        t.done()
        return
    with Postgres() as pg, Gateway(CONF) as g:
        pg.start()
        real = pg.sql("SELECT count(*) FROM pg_available_extensions WHERE name "
                      "= 'timescaledb'", db="postgres") == "1"
        pg.sql("CREATE DATABASE trading", db="postgres")
        files = [os.path.join(SQL, x) for x in ("roles.sql", "schema.sql")]
        if real:
            pg.stop()
            pg.options += ["-c", "shared_preload_libraries=timescaledb"]
            pg.start()
        else:
            files.insert(0, os.path.join(os.path.dirname(
                os.path.abspath(__file__)), "timescale_standin.sql"))
            t.skip("the trail in a hypertable of the real TimescaleDB",
                   "the extension is not installed: what follows runs on a "
                   "stand-in for its functions")
        pg.psql("-v", "timescale=1", *[x for f in files for x in ("-f", f)])
        g.start()
        busy_day(client(g))
        wait_for(lambda: status(g)["events"] > 20)
        g.stop()
        for _ in range(2):
            audit(g, "ship", "--database=" + pg.url("audit_writer"))
        p = audit(g, "verify", "--database=" + pg.url("audit_inspector"),
                  check=False)
        t.ok(p.returncode == 0 and "in PostgreSQL: the same" in p.stdout and
             pg.sql("SELECT count(*) FROM orders", user="audit_reader") > "1",
             "a day is there, and the same", p.stdout + p.stderr)
        test_days(pg)
        test_retention(pg)
        if not real:
            test_wrong_drop(pg)
        test_wide_chunk(pg)
    t.done()


main()
