"""The trail in a real PostgreSQL: what is tampered with there is found, what is
refused there stays out, and whatever dies or is away, each event gets there
once. T1 to T22, T29, T30 are tamper and fault cases, K11 and K12 places
where a process is killed."""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from day import (CONF, NAME, audit, busy_day, client, order, shipped,  # noqa: E402
                 status, trade, wait_for)
from gateway import FIXGATE, FULL, Gateway  # noqa: E402
from pgserver import Denied, Postgres, bindir  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
FORCE = "SET session_replication_role = replica; "  # past the triggers


def settings(pg):
    return CONF + f"Database={pg.url('audit_writer')}\n"


def compare(g, pg):
    p = audit(g, "verify", "--database=" + pg.url("audit_inspector"),
              check=False)
    return p.returncode, p.stdout + p.stderr


def ship(folder, pg):
    p = subprocess.run([FIXGATE, "audit", "ship", "--dir", folder,
                        "--database=" + pg.url("audit_writer")],
                       capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout + p.stderr


def events(g):
    return [json.loads(x) for x in audit(g, "export").stdout.splitlines()]


def count(pg):
    return int(pg.sql("SELECT count(*) FROM audit.audit_events"))


def denied(pg, user, text):
    try:
        pg.sql(text, user=user)
    except Denied as e:
        return str(e)
    return None


class Relay:
    """Between a gateway and its database: what the database answers is held back
    while .held is set."""

    def __init__(self, port):
        self.to, self.held = port, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near = self.listener.accept()[0]
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                near.close()
                continue
            for a, b, answers in ((near, far, False), (far, near, True)):
                threading.Thread(target=self.pass_on, args=(a, b, answers),
                                 daemon=True).start()

    def pass_on(self, a, b, answers):
        try:
            while data := a.recv(65536):
                while answers and self.held.is_set():
                    time.sleep(0.005)
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def tampered(g, pg, name, sql, bad, undo, says=""):
    """A change by a superuser is found at event `bad`."""
    pg.sql(FORCE + sql)
    code, out = compare(g, pg)
    m = re.search(r"event (\d+) in PostgreSQL is bad: (.*)\n"
                  r"trusted there are events 1 to (\d+)", out)
    t.ok(code == 1 and m and int(m.group(1)) == bad and
         int(m.group(3)) == bad - 1 and says in m.group(2), name, out)
    pg.sql(FORCE + undo)


def test_tampering(g, pg):
    n = count(pg)
    row = "UPDATE audit.audit_events SET {} WHERE seq = 7"
    back = ("DELETE FROM audit.audit_events; "
            "INSERT INTO audit.audit_events SELECT * FROM saved")
    pg.sql("CREATE TABLE saved AS TABLE audit.audit_events")
    for column, value in (
            ("details", "details || '{\"quantity\": \"1\"}'"),
            ("timestamp", "timestamp + interval '1 us'"),
            ("event_type", "'ORDER_FILLED2'"), ("actor", "'nobody'"),
            ("event_hash", f"'{'0' * 64}'"), ("event", "event || ' '"),
            ("raw", "raw || '\\x01'"), ("ip_address", "'1.2.3.4'")):
        tampered(g, pg, f"T1: {column} of a row is changed",
                 row.format(f"{column} = {value}"), 7, back)
    tampered(g, pg, "T2: a row is deleted",
             "DELETE FROM audit.audit_events WHERE seq = 9", 9, back)
    tampered(g, pg, "T3: two rows change places",
             "UPDATE audit.audit_events SET seq = 1000011 - seq "
             "WHERE seq IN (5, 6); UPDATE audit.audit_events "
             "SET seq = seq - 1000000 WHERE seq > 1000000", 5, back,
             "event 6 stands there in its place")
    tampered(g, pg, "T4: a forged row is put in between, with the right hash "
             "before", "CREATE TEMP TABLE after AS SELECT * FROM "
             "audit.audit_events WHERE seq >= 7; DELETE FROM "
             "audit.audit_events WHERE seq > 7; UPDATE audit.audit_events SET "
             "event = replace(event, '\"action\": \"', '\"action\": \"x'), "
             "action = 'x' || action WHERE seq = 7; UPDATE audit.audit_events "
             "SET event_hash = encode(sha256(convert_to(event, 'UTF8')), "
             "'hex') WHERE seq = 7; UPDATE after SET seq = seq + 1; INSERT "
             "INTO audit.audit_events TABLE after", 7, back)
    tampered(g, pg, "T4: a forged row is put in, with the right hash before",
             "INSERT INTO audit.audit_events SELECT (x).* FROM (SELECT "
             "jsonb_populate_record(e, '{\"seq\": 999999}') AS x FROM "
             f"audit.audit_events e WHERE seq = {n}) y; "
             f"UPDATE audit.audit_events SET seq = {n + 1} "
             "WHERE seq = 999999", n + 1, back)
    again = """
        DO $$ DECLARE r record; h text; j text;
        BEGIN
            FOR r IN SELECT * FROM audit.audit_events WHERE seq >= 8
                ORDER BY seq LOOP
                j := r.event;
                IF r.seq = 8 THEN
                    j := replace(j, '"action": "', '"action": "x');
                ELSE
                    j := replace(j, r.previous_hash, h);
                END IF;
                h := encode(sha256(convert_to(j, 'UTF8')), 'hex');
                UPDATE audit.audit_events e SET event = j, event_hash = h,
                    action = j::jsonb->>'action',
                    previous_hash = j::jsonb->>'previous_hash'
                WHERE e.seq = r.seq;
            END LOOP;
        END $$;"""
    tampered(g, pg, "T5: a row is rewritten and all later hashes made anew",
             again, 8, back)
    pg.sql("CREATE TABLE notes AS TABLE audit.checkpoint")
    tampered(g, pg, "T6: the same, and its checkpoints deleted",
             again + "DELETE FROM audit.checkpoint", 8, back +
             "; INSERT INTO audit.checkpoint SELECT * FROM notes")
    for k in (1, 10):
        tampered(g, pg, f"T7: the last {k} rows are deleted",
                 f"DELETE FROM audit.audit_events WHERE seq > {n - k}",
                 n - k + 1, back)
    sizes = [int(x) for x in pg.sql(
        "SELECT size FROM audit.checkpoint ORDER BY size").split()]
    back = ("DELETE FROM audit.checkpoint; "
            "INSERT INTO audit.checkpoint SELECT * FROM notes")
    first = sizes[0]
    for name, sql in (
            ("was made over", "note = replace(note, 'time 2', 'time 1')"),
            ("of another time stands there", "note = (SELECT note FROM notes "
             "ORDER BY size DESC LIMIT 1)")):
        tampered(g, pg, f"T5: a checkpoint {name}", "UPDATE audit.checkpoint "
                 f"SET {sql} WHERE size = {first}", first, back)
    code, out = compare(g, pg)
    t.ok(len(sizes) > 1 and code == 0 and
         f"{n} events in PostgreSQL: the same; {len(sizes)} checkpoints" in out,
         "and the true copy is good", out)
    pg.sql("DROP TABLE saved, notes")


def append_again(pg, first, last, change=""):
    """What the shipper sends, sent by hand as the writer."""
    pg.psql("-c", "CREATE TABLE IF NOT EXISTS public.batch AS SELECT * FROM "
            "audit.audit_events", "-c",
            "GRANT SELECT ON public.batch TO audit_writer")
    j, h = "event", "event_hash"
    if change:
        j = f"replace(event, '\"action\": \"', '\"action\": \"{change}')"
        h = f"encode(sha256(convert_to({j}, 'UTF8')), 'hex')"
    return pg.sql(f"SELECT audit.append('{NAME}', {first}, array_agg({j} "
                  f"ORDER BY seq), array_agg({h} ORDER BY seq), "
                  "array_agg(raw ORDER BY seq)) FROM public.batch "
                  f"WHERE seq BETWEEN {first} AND {last}",
                  user="audit_writer")


def test_append(g, pg):
    n = count(pg)
    got = [append_again(pg, 3, 12) for _ in range(3)]
    t.ok(got == ["dup"] * 3 and count(pg) == n,
         "T10: the same batch three times changes nothing", got)
    why = denied(pg, "audit_writer", "SELECT audit.append("
                 f"'{NAME}', {n + 5}, ARRAY['{{}}'], ARRAY['00'], "
                 "ARRAY[NULL::bytea])")
    t.ok(why and "GAP" in why, "T10: a batch out of order is refused", why)
    try:
        append_again(pg, 3, 12, "x")
        why = None
    except Denied as e:
        why = str(e)
    t.ok(why and "FORK at 3" in why and count(pg) == n,
         "T11: the same events with other hashes are a fork", why)
    why = denied(pg, "audit_writer", "SELECT audit.append("
                 f"'{NAME}', {n + 1}, ARRAY['{{}}'], ARRAY['{'0' * 64}'], "
                 "ARRAY[NULL::bytea])")
    t.ok(why and "BADHASH" in why, "T11: so is a hash that is not the event's",
         why)
    n += 1
    why = denied(pg, "audit_writer", f"""SELECT audit.append('{NAME}', {n},
        ARRAY[j], ARRAY[encode(sha256(convert_to(j, 'UTF8')), 'hex')],
        ARRAY[NULL::bytea]) FROM (SELECT replace(event, '"seq": {n - 1}',
            '"seq": {n}') AS j FROM public.batch WHERE seq = {n - 1}) x""")
    t.ok(why and f"BADLINK at {n}" in why,
         "T4: and what does not name the hash before it", why)
    pg.sql("DROP TABLE public.batch")


def test_odd_bytes(pg):
    """T20: any bytes, a mebibyte of them, come back as they were."""
    got = pg.sql("""
        CREATE FUNCTION pg_temp.put(c text, n bigint, b bytea, day text)
        RETURNS text LANGUAGE plpgsql AS $$
        DECLARE p text := coalesce((SELECT hash FROM audit.head
            WHERE chain = c), repeat('0', 64)); j text;
        BEGIN
            j := format('{"action": "x", "actor": "a", "details": {"seq": %s},'
                ' "event_id": "00000000-0000-8000-8000-00000000000%s",'
                ' "event_type": "MESSAGE_SENT", "ip_address": null,'
                ' "previous_hash": "%s", "resource_id": "r",'
                ' "resource_type": "message", "timestamp":'
                ' "%sT10:00:00.000000+00:00", "user_agent": null}',
                n, n, p, day);
            RETURN audit.append(c, n, ARRAY[j],
                ARRAY[encode(sha256(convert_to(j, 'UTF8')), 'hex')],
                ARRAY[b]);
        END $$;
        SELECT audit.prepare('2026-01-01', '2026-01-03');
        SELECT pg_temp.put('odd', 1, '\\x01000d0aff5c2722', '2026-01-01');
        SELECT pg_temp.put('odd', 2, decode(repeat('ff00010d0a5c27227d', 116509),
            'hex'), '2026-01-02');
        SELECT pg_temp.put('odd', 3, NULL, '2026-01-01');
        SELECT string_agg(concat_ws('/', chain_day, length(raw),
            sha256(raw)), ' ' ORDER BY seq) FROM audit.audit_events
            WHERE chain = 'odd';""").splitlines()[-1]
    import hashlib
    small, big = bytes.fromhex("01000d0aff5c2722"), \
        bytes.fromhex("ff00010d0a5c27227d") * 116509
    want = " ".join([f"2026-01-01/8/\\x{hashlib.sha256(small).hexdigest()}",
                     f"2026-01-02/{len(big)}/"
                     f"\\x{hashlib.sha256(big).hexdigest()}", "2026-01-02"])
    t.ok(got == want and len(big) >= 1 << 20,
         "T20: SOH, NUL, CR, LF, 0xff and 1 MiB come back byte for byte", got)
    t.ok(got.endswith(" 2026-01-02"),
         "T18, T19: a clock set back over midnight opens no day again", got)


def test_days_ahead(pg):
    """Nobody has to make partitions: whoever appends does, days ahead."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    for chain, since in (("ahead", "current_date + 4"), ("none", "'-infinity'")):
        pg.sql(f"""
            DO $$ DECLARE p text; BEGIN
                FOR p IN SELECT relname FROM pg_class
                    WHERE relnamespace = 'audit'::regnamespace
                        AND relname ~ '^audit_events_[0-9]{{8}}$'
                        AND right(relname, 8)::date >= {since}
                LOOP EXECUTE format('DROP TABLE audit.%I', p); END LOOP;
            END $$;""")
        before = pg.sql("SELECT audit.last_day() - current_date;").strip()
        pg.sql(f"""
            DO $$ DECLARE j text := '{{"action": "x", "actor": "a", "details":'
                ' {{"seq": 1}}, "event_id":'
                ' "00000000-0000-8000-8000-000000000009", "event_type":'
                ' "MESSAGE_SENT", "ip_address": null, "previous_hash": "' ||
                repeat('0', 64) || '", "resource_id": "r", "resource_type":'
                ' "message", "timestamp": "{day}T10:00:00.000000+00:00",'
                ' "user_agent": null}}';
            BEGIN
                PERFORM audit.append('{chain}', 1, ARRAY[j],
                    ARRAY[encode(sha256(convert_to(j, 'UTF8')), 'hex')],
                    ARRAY[NULL::bytea]);
            END $$;""")
        after = pg.sql("SELECT audit.last_day() - current_date;").strip()
        t.ok(int(before) <= 3 and int(after) == 14,
             "days ahead are made by whoever appends" +
             (", also the very first" if chain == "none" else ""),
             f"{before} {after}")


def test_rights(pg):
    attempts = {
        "audit_writer": [
            "SELECT * FROM audit.audit_events", "TABLE audit.head",
            "SELECT * FROM report.audit_events",
            "UPDATE audit.audit_events SET actor = 'x'",
            "DELETE FROM audit.audit_events", "TRUNCATE audit.audit_events",
            "INSERT INTO audit.audit_events (chain) VALUES ('x')",
            "COPY audit.audit_events TO STDOUT",
            "ALTER TABLE audit.audit_events DISABLE TRIGGER ALL",
            "SET ROLE audit_owner", "SET session_replication_role = replica",
            "CREATE TABLE audit.x ()", "SELECT audit.retire('2020-01-01')",
            "SELECT audit.prepare('2020-01-01', '2020-01-02')",
            "SELECT audit.mirror('x', '2020-01-01', 1, 2)",
            "SELECT * FROM audit.read_all('x', 0, 1)",
            "CREATE OR REPLACE FUNCTION audit.append(text, bigint, text[], "
            "text[], bytea[]) RETURNS text LANGUAGE sql AS 'SELECT NULL'"],
        "audit_reader": [
            "SELECT raw FROM audit.audit_events",
            "SELECT audit.append('x', 1, '{}', '{}', '{}')",
            "DELETE FROM report.audit_events",
            "UPDATE report.orders SET status = '2'",
            "SELECT * FROM audit.read_all('x', 0, 1)"],
        "audit_keeper": ["DELETE FROM audit.audit_events",
                         "SELECT audit.approve('2020-01-01', 'x', 'y')",
                         "DROP TABLE audit.audit_events"],
    }
    passed = [f"{u}: {q}" for u, qs in attempts.items() for q in qs
              if denied(pg, u, q) is None]
    t.ok(not passed, "T13: who may not, can't", passed)
    # Functions found by a path of the caller's own are not the ones called.
    pg.sql("GRANT CREATE ON SCHEMA public TO audit_writer")
    pg.sql("CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql "
           "AS $$ SELECT '\\x00'::bytea $$", user="audit_writer")
    why = denied(pg, "audit_writer", "SET search_path = public, pg_catalog; "
                 f"SELECT audit.append('{NAME}2', 1, ARRAY['{{}}'], "
                 "ARRAY['00'], ARRAY[NULL::bytea])")
    t.ok(why and "BADHASH" in why,
         "T13: a function of the caller's own path is not used", why)
    pg.sql("DROP FUNCTION public.sha256; "
           "REVOKE CREATE ON SCHEMA public FROM audit_writer")
    for what in ("UPDATE audit.audit_events SET actor = 'x'",
                 "DELETE FROM audit.audit_events",
                 "TRUNCATE audit.audit_events",
                 "DO $$ BEGIN EXECUTE 'TRUNCATE audit.' || "
                 "audit.part(current_date); END $$"):
        why = denied(pg, "postgres", "SET ROLE audit_owner; " + what)
        t.ok(why and "append-only" in why,
             f"T13: even the owner's {what[:20]}... meets a trigger", why)
    owners = pg.sql("SELECT count(*) FROM pg_class c JOIN pg_roles r ON "
                    "r.oid = relowner JOIN pg_namespace n ON n.oid = "
                    "relnamespace WHERE nspname IN ('audit', 'report') AND "
                    "(rolcanlogin OR rolname <> 'audit_owner')")
    members = pg.sql("SELECT count(*) FROM pg_auth_members WHERE roleid = "
                     "'audit_owner'::regrole")
    t.ok(owners == "0" and members == "0",
         "T13: what owns the trail can't log in and has no members",
         (owners, members))
    seen = pg.sql("SELECT DISTINCT ip_address FROM audit_events WHERE "
                  "ip_address IS NOT NULL", user="audit_reader")
    t.ok(seen == "127.0.0.*", "readers see addresses without their end", seen)


def test_retired(g, pg):
    """Events of days that were retired: verified by the chain and what was noted
    when they went."""
    k = count(pg) // 2
    # As if half of them had come yesterday: no hash is over chain_day.
    pg.sql("SET session_replication_role = replica; UPDATE audit.audit_events "
           f"SET chain_day = current_date - 1 WHERE chain = '{NAME}' AND "
           f"seq <= {k}")
    pg.sql("UPDATE audit.setting SET value = '0' WHERE name = "
           "'retention_years'")
    d = "current_date - 1"
    pg.sql(f"SELECT audit.exported({d}, repeat('b', 64))", user="audit_keeper")
    last = pg.rows(f"SELECT chain, last_seq, last_hash FROM audit.day_of({d})",
                   "ann")
    t.ok(last == [[NAME, str(k), events(g)[k - 1]["event_hash"]]],
         "who approves sees how the file of the day must end", last)
    for u in ("ann", "bob"):
        pg.sql(f"SELECT audit.approve({d}, 'over', repeat('b', 64))", user=u)
    pg.sql(f"SELECT audit.retire({d})", user="audit_keeper")
    left = count(pg)
    code, out = compare(g, pg)
    t.ok(code == 0 and f"events up to {k} were retired" in out and
         f"{left} events in PostgreSQL: the same" in out,
         "verify passes over what was retired", out)

    def noted(change, what, why):
        pg.sql("SET session_replication_role = replica; " + change)
        code, out = compare(g, pg)
        t.ok(code == 1 and why in out, what, out)

    noted("UPDATE audit.retired SET last_hash = repeat('0', 64) WHERE chain = "
          f"'{NAME}'", "not if it ended otherwise", "with another end")
    noted(f"DELETE FROM audit.retired WHERE chain = '{NAME}'",
          "nor over what is missing and was never retired",
          "event 1 in PostgreSQL is bad: it is missing there")


def test_retention(pg):
    for u in ("ann", "bob"):
        pg.sql(f"CREATE ROLE {u} LOGIN IN ROLE audit_approver")
    pg.sql("SELECT audit.prepare('2019-05-01', '2019-05-03')",
           user="audit_keeper")
    why = denied(pg, "audit_keeper", "SELECT audit.retire(current_date)")
    t.ok(why and "RETENTION" in why, "T22: before its time no day goes", why)
    d = "'2019-05-02'"
    hold = pg.sql(f"SELECT audit.hold('2019-05-01', {d}, 'case 7')",
                  user="ann")
    why = denied(pg, "audit_keeper", f"SELECT audit.retire({d})")
    t.ok(why and "HOLD" in why, "T22: nor under a legal hold", why)
    pg.sql(f"SELECT audit.release({hold})", user="bob")
    why = denied(pg, "audit_keeper", f"SELECT audit.retire({d})")
    t.ok(why and "EXPORT" in why, "nor without an export", why)
    why = denied(pg, "ann", f"SELECT audit.approve({d}, 'over', '{'a' * 64}')")
    t.ok(why and "nothing yet" in why, "what was not exported nobody approves",
         why)
    pg.sql("CREATE ROLE eve LOGIN IN ROLE audit_approver, audit_keeper")
    pg.sql(f"SELECT audit.exported({d}, repeat('A', 64))", user="eve")
    yes = f"SELECT audit.approve({d}, 'over', repeat('a', 64))"
    why = denied(pg, "ann", f"SELECT audit.approve({d}, 'over', '{'c' * 64}')")
    t.ok(why and "you have read ccc" in why,
         "nor who has read another file than was exported", why)
    pg.sql(yes, user="eve")
    pg.sql(yes, user="ann")
    why = denied(pg, "ann", yes)
    t.ok(why and "duplicate" in why, "nobody approves twice", why)
    why = denied(pg, "audit_keeper", f"SELECT audit.retire({d})")
    t.ok(why and "1 of 2" in why,
         "nor with one approval, and who exported has none", why)
    pg.sql(yes, user="bob")
    pg.sql(f"SELECT audit.retire({d})", user="audit_keeper")
    left = pg.sql("SELECT relispartition FROM pg_class WHERE relname = "
                  "'audit_events_20190502'")
    t.ok(left == "f", "with all of them it is detached, and still there", left)


def forge_reports(g, c):
    """A client says what only the gateway may: reports of its own orders and of
    one that never was, with numbers that are none. No table and no answer to a
    question may believe it, and shipping goes on."""
    live = json.loads(g.fixgate("orders", "--live", "--json"))
    for ident, qty in ((live[0]["order_id"], "5"), ("FORGED", "5"),
                       ("NONUMBER", "abc")):
        c.send("8", [(37, ident), (11, "B1"), (17, "X" + ident), (150, "0"),
                     (39, "8"), (1, "DEMO"), (55, "AAPL"), (54, 1), (38, qty),
                     (151, qty), (14, 0), (6, 0)])
    c.send("F", [(11, "B9"), (41, "nobody"), (55, "AAPL"), (54, 1),
                 (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(35) == "9")


def test_questions(g, pg, at):
    """Q1 to Q5, and T29: what is replayed is what the gateway has."""
    for q in ("A4", "A5"):
        got = pg.rows(f"SELECT event_type, encode(raw, 'escape') FROM "
                      f"order_chain('{NAME}', '{q}')", "audit_reader")
        kinds = [x[0] for x in got if x[0] != "MESSAGE_RECEIVED"]
        t.ok(kinds[:3] == ["ORDER_SUBMITTED", "ORDER_ACCEPTED",
                           "RISK_CHECKED"] and
             kinds[-2:] == ["ORDER_MODIFIED", "RISK_CHECKED"] and
             all("35=" in x[1] for x in got if x[0] != "RISK_CHECKED") and
             "11=A4" in got[0][1],
             f"Q1: the order of {q} from its first name on, with its bytes",
             kinds)
    live = sorted((x["order_id"], x["cl_ord_id"], x["leaves"], x["price"])
                  for x in json.loads(g.fixgate(
                      "orders", "--live", "--json")))
    book = sorted(tuple(x) for x in pg.rows(
        f"SELECT order_id, cl_ord_id, leaves, price FROM book_at('{NAME}', "
        f"'DEMO', '{at}')", "audit_reader"))
    t.ok(live == book and len(book) == 1,
         "T29, Q2: live orders, replayed, are those of the gateway",
         (live, book))
    table = pg.rows("SELECT order_id, status FROM orders WHERE order_id IN "
                    f"('FORGED', 'NONUMBER', '{live[0][0]}')", "audit_reader")
    t.ok(table == [[live[0][0], "0"]] or table == [[live[0][0], "5"]],
         "what a client reports is in no table", table)
    was = pg.sql(f"SELECT count(*) FROM book_at('{NAME}', 'DEMO', "
                 "(SELECT min(timestamp) FROM audit_events WHERE "
                 "details->>'cl_ord_id' = 'B1' AND event_type = "
                 "'ORDER_ACCEPTED'))", user="audit_reader")
    t.ok(was == "2", "Q2: and at an earlier moment those of then", was)
    q = pg.rows("SELECT symbol, trim_scale(quantity) FROM "
                f"positions_at('{NAME}', 'DEMO', now())", "audit_reader")
    mirror = pg.rows("SELECT symbol, trim_scale(quantity) FROM positions "
                     "WHERE closed_at IS NULL", "audit_reader")
    t.ok(q == mirror == [["AAPL", "-150"]],
         "T29, Q2: positions are what the client's executions come to",
         (q, mirror))
    got = pg.rows(f"SELECT event_type FROM actions_of('{NAME}', 'CLIENT44')",
                  "audit_reader")
    want = [[e["event_type"]] for e in events(g) if e["actor"] == "CLIENT44"]
    t.ok(got == want[:len(got)] and len(got) > 7, "Q3: all that one did", got)
    got = pg.rows(f"SELECT event_hash FROM events_between('{NAME}', 3, 9)",
                  "audit_reader")
    t.ok(got == [[e["event_hash"]] for e in events(g)[3:9]],
         "Q4: all between two checkpoints", got)
    got = pg.rows("SELECT before->>'quantity', after->>'quantity', "
                  "before->>'price', after->>'price' FROM "
                  f"corrections('{NAME}')", "audit_reader")
    t.ok(got == [["100", "90", "180", "181"]],
         "Q5: a correction with what was before", got)
    plan = pg.sql("SELECT string_agg(indexname, ' ' ORDER BY 1) FROM "
                  "pg_indexes WHERE indexname IN ('idx_audit_timestamp', "
                  "'idx_orders_symbol_timestamp', 'idx_positions_active')")
    t.ok(len(plan.split()) == 3, "the indexes have their names", plan)


def test_show_escapes(g):
    """T30: what a peer sends can't forge a line."""
    p = audit(g, "search", "-i", "A1", "-t", "ORDER_SUBMITTED")
    t.ok(len(p.stdout.splitlines()) == 1 and "\nALERT" not in p.stdout,
         "T30: a line end in a peer's text makes no line", p.stdout)
    n = next(e for e in events(g) if e["details"].get("cl_ord_id") == "A1")
    raw = subprocess.run([FIXGATE, "audit", "show", "--raw", "-c", g.conf,
                          str(n["details"]["seq"])], env=g.env,
                         capture_output=True).stdout
    t.ok(b"\x0158==x\nALERT" in raw and raw.startswith(b"8=FIX.4.4\x01"),
         "T30: show --raw has the stored bytes", raw)


def test_killed_shipper(g, pg, c):
    """K11, K12: it dies while its batch waits for the commit; the server
    commits the batch all the same, and another one sends it again."""
    hold = subprocess.Popen(
        [os.path.join(pg.bin, "psql"), "-X", "-q", pg.url()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    hold.stdin.write("BEGIN; SELECT 'held' FROM audit.head FOR UPDATE;\n")
    hold.stdin.flush()
    while "held" not in hold.stdout.readline():
        pass
    n = count(pg)
    trade(c, "K", 30)
    waiting = ("SELECT count(*) FROM pg_stat_activity WHERE application_name "
               "= 'fixgate' AND wait_event_type = 'Lock'")
    t.ok(wait_for(lambda: pg.sql(waiting) == "1"),
         "K11: a batch waits in the database")
    pids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(g.process.pid)],
                          capture_output=True, text=True).stdout.split()
    before = g.tail(1000).count("shipper was killed")
    for pid in map(int, pids):
        fds = f"/proc/{pid}/fd"
        socks = [os.readlink(f"{fds}/{x}") for x in os.listdir(fds)]
        if len([s for s in socks if "socket" in s]) and \
                is_shipper(pid, pg.port):
            os.kill(pid, signal.SIGKILL)
    t.ok(wait_for(lambda: g.tail(1000).count("shipper was killed") > before),
         "K11: the shipper dies", g.tail(5))
    t.ok(wait_for(lambda: pg.sql(waiting) == "2"),
         "K12: the next one sends the same batch beside it")
    t.ok(count(pg) == n, "K11: nothing is there before the commit")
    hold.stdin.write("COMMIT;\n\\q\n")
    hold.communicate()
    s = shipped(g)
    code, out = compare(g, pg)
    t.ok(s and code == 0 and f"{s['events']} events in PostgreSQL" in out,
         "K11, K12: each event is there once", out)


def is_shipper(pid, port):
    """Does it hold a connection to the server?"""
    inodes = set()
    for x in os.listdir(f"/proc/{pid}/fd"):
        m = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{x}"))
        if m:
            inodes.add(m.group(1))
    with open("/proc/net/tcp") as f:
        return any(int(x[2].split(":")[1], 16) == port and x[9] in inodes
                   for x in map(str.split, f.read().splitlines()[1:]))


def test_no_answer(pg):
    """T14: the server commits, and dies before the shipper has its answer."""
    relay = Relay(pg.port)
    name = "audit.example/unanswered"
    with Gateway(settings(pg).replace(f":{pg.port}/", f":{relay.port}/")
                 .replace(NAME, name)) as g:
        g.start()
        c = client(g)
        trade(c, "W", 10)
        s = shipped(g)
        relay.held.set()
        trade(c, "X", 10)
        there = f"SELECT seq FROM audit.head WHERE chain = '{name}'"
        t.ok(wait_for(lambda: int(pg.sql(there)) > s["events"]) and
             wait_for(lambda: status(g)["postgresql"]["lag_events"] > 0),
             "T14: a batch is committed, and its answer is on the way",
             status(g))
        pg.kill()
        relay.held.clear()
        test_memory(g, c)
        pg.start()
        trade(c, "Y", 10)
        s = shipped(g)
        code, out = compare(g, pg)
        t.ok(s and code == 0 and f"{s['events']} events in PostgreSQL" in out,
             "T14: killed then, each event is there once", out)
        c.lost()
        g.stop()


def memory(g):
    """Bytes of auditor and shipper that are no file's. The trader has its orders
    in memory, whatever the database does."""
    total = 0
    pids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(g.process.pid)],
                          capture_output=True, text=True).stdout.split()
    for pid in pids:
        fds = [os.path.realpath(x) for x in glob.glob(f"/proc/{pid}/fd/*")]
        if any(x.endswith(".mdb") for x in fds):
            continue
        with open(f"/proc/{pid}/status") as f:
            total += int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1)) << 10
    return total


def sanitized():
    with open(FIXGATE, "rb") as f:
        return b"__asan_init" in f.read()


def read_all(g):
    """The auditor has what the journal has."""
    last = json.loads(g.fixgate("journal", "list", "--json")
                      .splitlines()[-1])["record"]
    return wait_for(lambda: status(g)["journal_record"] >= int(last))


def test_memory(g, c):
    """T15: with the database away, no event waits in memory."""
    name = "T15: memory stays as it is while the database is away"
    if sanitized():
        t.skip(name, "the sanitizer keeps what was freed")
        return
    sizes, n = [], 500
    for i in range(3):
        trade(c, f"O{i}-", n)
        read_all(g)
        sizes.append(memory(g))
    # Of each order there are three events, each of 1 KB and more.
    t.ok(0 < sizes[-1] < sizes[0] + n * 1000, name, sizes)


def test_server_dies_and_is_away(g, pg, c):
    """T14, T15: killed under load, then stopped; trading does not notice."""
    n = 300 if FULL else 60
    trade(c, "L", 10)
    for i in range(20):
        order(c, f"M{i}")
    pg.kill()
    trade(c, "N", n)
    t.ok(c.up, "T14, T15: orders run while PostgreSQL is dead")
    s = wait_for(lambda: status(g)["postgresql"]["state"] == "away" and
                 status(g)["postgresql"]["lag_events"] > n and status(g))
    t.ok(s, "T15: the lag is told", status(g))
    pg.start()
    trade(c, "P", 5)
    s = shipped(g)
    code, out = compare(g, pg)
    t.ok(s and code == 0 and f"{s['events']} events in PostgreSQL" in out,
         "T14, T15: afterwards it gets all, each event once, in order", out)
    fills = pg.sql("SELECT count(*) FROM executions WHERE cl_ord_id LIKE 'N%'",
                   user="audit_reader")
    t.ok(fills == str(n), "T15: and the plain tables, too", fills)


def test_no_partition(g, pg, c):
    """T17: midnight came, and nobody had made the day."""
    pg.sql("ALTER TABLE audit.audit_events RENAME TO keep")
    pg.sql("DO $$ BEGIN EXECUTE 'ALTER TABLE audit.keep DETACH PARTITION "
           "audit.' || audit.part(current_date); END $$")
    pg.sql("ALTER TABLE audit.keep RENAME TO audit_events")
    trade(c, "Q", 10)
    s = wait_for(lambda: "no partition" in g.tail(50) and status(g))
    t.ok(s and c.up and s["postgresql"]["lag_events"] > 0,
         "T17: no partition: told, trading goes on, the lag shows", g.tail(5))
    pg.sql("DO $$ BEGIN EXECUTE format('ALTER TABLE audit.audit_events ATTACH "
           "PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', "
           "audit.part(current_date), current_date, current_date + 1); "
           "END $$")
    t.ok(shipped(g), "T17: with it the lag drains")


def test_old_copy(g, pg, c):
    """T9: the database is set back to a copy of an hour ago."""
    g.stop()
    pg.sql("CREATE DATABASE old TEMPLATE trading", db="postgres")
    g.start()
    c = client(g, (c.next_out, c.next_in))
    trade(c, "S", 20)
    shipped(g)
    g.stop()
    pg.sql("ALTER DATABASE trading RENAME TO young", db="postgres")
    pg.sql("ALTER DATABASE old RENAME TO trading", db="postgres")
    code, out = compare(g, pg)
    t.ok(code == 1 and "was set back" in out, "T9: verify tells of it", out)
    g.start()
    t.ok(shipped(g) and "was set back to an older copy" in g.tail(50),
         "T9: the shipper tells of it, and fills it again", g.tail(20))
    code, out = compare(g, pg)
    t.ok(code == 0, "T9: then it is whole", out)
    g.stop()


def test_second_history(g, pg):
    """T11, T12, T8, T26: another gateway under the same name, and a chain that
    was cut."""
    n = count(pg)
    with Gateway(settings(pg)) as h:
        h.start()
        c = client(h)
        trade(c, "F", 300 if n < 900 else 20)
        t.ok(wait_for(lambda: status(h)["postgresql"]["state"] == "refused"),
             "T12: a second gateway of the same chain is refused",
             status(h))
        told = wait_for(lambda: re.search(
            "FORK|has not so many|has no event|which is not here",
            h.tail(200)))
        t.ok(c.up and told and count(pg) == n,
             "T12: loudly, and nothing of it gets in", h.tail(20))
        c.lost()
        h.stop()
    folder = os.path.join(g.dir, "cut")
    shutil.copytree(os.path.join(g.dir, "data", "audit"), folder)
    chain = os.path.join(folder, "chain")
    names = sorted(x for x in os.listdir(chain) if x.endswith(".journal"))
    forge = os.path.join(os.environ["TOP_BUILDDIR"], "tests/audit/forge")
    shutil.rmtree(chain)
    subprocess.run([forge, os.path.join(g.dir, "data/audit/chain"), chain,
                    "cut", str(n // 2)], check=True)
    code, out = ship(folder, pg)
    t.ok(code == 1 and "it was cut, or is another one" in out and names,
         "T8, T26: a chain with less than the database is not shipped", out)


def test_older_copy(pg):
    """A gateway is restored from a copy that is older than what the database has;
    what restore and the man page say helps."""
    name = "audit.example/older"
    with Gateway(settings(pg).replace(NAME, name)) as g:
        g.start()
        c = client(g)
        trade(c, "U", 10)
        shipped(g)
        sign, copy = os.path.join(g.dir, "sign"), os.path.join(g.dir, "a.fgb")
        g.env["ENCRYPTION_KEY"] = os.urandom(32).hex()
        g.fixgate("backup", "--sign", sign, copy)
        trade(c, "V", 10)
        shipped(g)
        c.lost()
        g.stop()
        stands = f"SELECT count(*) FROM audit.audit_events WHERE chain = '{name}'"
        had = pg.sql(stands)
        data = g.env["DATA_DIR"]
        shutil.rmtree(data)
        said = g.fixgate("restore", "--signer", sign + ".pub", copy)
        told = re.search(r"move (\S+)/audit to\s+(\S+)/audit.evidence, .*"
                         r"another Name in \[AUDIT\]", said, re.S)
        t.ok(told and told.group(1) == told.group(2) == data,
             "a restore says what to do if the database has more", said)
        g.start()
        s = wait_for(lambda: status(g)["postgresql"]["state"] == "refused" and
                     "see fixgate-restore(1)" in g.tail(100))
        t.ok(s, "then it is refused, and the log says where to read on",
             g.tail())
        g.stop()
        os.rename(f"{data}/audit", f"{data}/audit.evidence")
        with open(g.conf) as f:
            text = f.read()
        with open(g.conf, "w") as f:
            f.write(text.replace(name, name + ".b"))
        g.start()
        s = shipped(g)
        code, out = compare(g, pg)
        t.ok(s and code == 0 and pg.sql(stands) == had,
             "and done so, a trail goes on beside the old one, which stays",
             out)
        g.stop()


def main():
    if bindir() is None:
        t.skip("the trail in PostgreSQL", "no PostgreSQL server is installed")
        t.done()
        return
    with Postgres() as pg:
        pg.start()
        pg.trail()
        with Gateway(settings(pg)) as g:
            g.start()
            c = client(g)
            busy_day(c)
            forge_reports(g, c)
            t.ok(shipped(g), "the day is in PostgreSQL", g.tail())
            at = pg.sql("SELECT now()")
            test_questions(g, pg, at)
            test_show_escapes(g)
            test_killed_shipper(g, pg, c)
            test_server_dies_and_is_away(g, pg, c)
            test_no_partition(g, pg, c)
            test_rights(pg)
            test_old_copy(g, pg, c)
            test_tampering(g, pg)
            test_append(g, pg)
            test_second_history(g, pg)
            test_retention(pg)
            test_retired(g, pg)
        test_older_copy(pg)
        test_no_answer(pg)
        test_odd_bytes(pg)
        test_days_ahead(pg)
    t.done()


main()
