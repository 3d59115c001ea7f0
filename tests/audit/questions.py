"""A reconstruction's questions, asked of the chain alone: an order's life, a
book at a moment, what somebody did, all between two checkpoints, what was
before a correction. The gateway's venue speaks FIX, and two clients use the same
ClOrdIDs. With PostgreSQL, its answers are the same."""
import base64
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fixpair import Heard, Pair, cancel, order, replace  # noqa: E402
from gateway import BUILD, FIXGATE  # noqa: E402
from pgserver import Denied, Postgres, bindir  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
OTHER = """
[SESSION]
ConnectionType=acceptor
SocketAcceptPort=${FIX_PORT}
BeginString=FIX.4.4
TargetCompID=CLIENT2
Accounts=DEMO
"""
CHAIN = "audit.example/demo"


def report(c, name, kind):
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  m.get(150) == kind)


def a_day(p):
    """@return the OrderIDs of the first client's X1, X2 and X9"""
    one, two = p.client, Heard("CLIENT2")
    two.connect(p.a.port)
    one.send("D", order("X1", "1", 10, "100.01"))
    ids = {"X1": report(one, "X1", "F").get(37)}
    one.send("D", order("X2", "2", 10, "105"))
    ids["X2"] = report(one, "X2", "0").get(37)
    two.send("D", order("X2", "1", 5, "95"))
    report(two, "X2", "0")
    one.send("G", replace("X3", "X2", "2", 20, "106"))
    report(one, "X3", "5")
    two.send("F", cancel("X3", "X2", "1"))
    report(two, "X3", "4")
    one.send("D", order("X9", "1", 1001, "100"))
    ids["X9"] = report(one, "X9", "8").get(37)
    # A client says what only the gateway may, of another's order.
    two.send("8", [(37, ids["X2"]), (11, "X2"), (17, "E"), (150, "4"),
                   (39, "4"), (1, "DEMO"), (55, "AAPL"), (54, 2), (38, 10),
                   (151, 0), (14, 0), (6, 0)])
    two.settle()
    two.lost()
    return ids


class Trail:
    def __init__(self, folder):
        self.folder = folder

    def run(self, *args, check=True):
        p = subprocess.run([FIXGATE, "audit", *args, "--dir", self.folder],
                           capture_output=True, text=True, timeout=60)
        if check and p.returncode != 0:
            raise RuntimeError(f"{args}: {p.stdout}{p.stderr}")
        return p

    def json(self, *args):
        return [json.loads(x) for x in
                self.run(*args, "--json").stdout.splitlines()]


def kinds(events):
    return [e["event_type"] for e in events]


LIFE = ["ORDER_SUBMITTED", "MESSAGE_SENT", "RISK_CHECKED", "MESSAGE_RECEIVED",
        "ORDER_ACCEPTED", "ORDER_MODIFY_REQUESTED", "MESSAGE_SENT",
        "ORDER_MODIFY_PENDING", "RISK_CHECKED", "MESSAGE_RECEIVED",
        "MESSAGE_RECEIVED", "ORDER_MODIFIED"]


def test_life(trail, ids):
    """Q1"""
    p = trail.run("order", "X2", check=False)
    t.ok(p.returncode == 1 and "->CLIENT\n" in p.stderr and
         "->CLIENT2\n" in p.stderr,
         "Q1: of a ClOrdID that two have used it asks whose", p.stderr)
    one = trail.json("order", "X2", "--actor", "CLIENT")
    forged = [e for e in one if e["actor"] == "CLIENT2"]
    one = [e for e in one if e["actor"] != "CLIENT2"]
    t.ok(kinds(one) == LIFE, "Q1: an order from its request to its replace, "
         "with risk, and its venue's side", kinds(one))
    t.ok([e["event_type"] for e in forged] == ["MESSAGE_RECEIVED"],
         "Q1: what another says of it by its OrderID is there, as that",
         forged)
    t.ok({e["details"].get("parent_order_id") for e in one
          if e["event_type"].startswith("MESSAGE")} == {ids["X2"]} and
         not [e for e in one if e["event_type"].startswith("MESSAGE") and
              "order_id" in e["details"]],
         "Q1: the venue's OrderIDs are not taken for ours")
    again = [e for e in trail.json("order", ids["X2"])
             if e["actor"] != "CLIENT2"]
    t.ok(again == one, "Q1: the same by OrderID", kinds(again))
    two = trail.json("order", "X3", "--actor", "FIX.4.4:FIXGATE->CLIENT2")
    t.ok(kinds(two)[0] == "ORDER_SUBMITTED" and
         kinds(two)[-1] == "ORDER_CANCELLED" and len(two) == 11 and
         not {e["details"]["seq"] for e in one} &
         {e["details"]["seq"] for e in two},
         "Q1: another's order of the same ClOrdIDs is another's", kinds(two))
    nine = trail.json("order", "X9")
    risk = [e for e in nine if e["event_type"] == "RISK_CHECKED"]
    t.ok(kinds(nine) == ["ORDER_SUBMITTED", "ORDER_REJECTED",
                         "RISK_LIMIT_BREACH", "RISK_CHECKED"] and
         risk[0]["details"]["limits_version"] == 1 and
         risk[0]["details"]["control"] == "QTY_MAX",
         "Q1: a refused one with why, and the limits of then", nine)
    out = trail.run("order", "X9", "--raw").stdout
    t.ok(out.count("|35=") == 2 and "|38=1001|" in out,
         "Q1: with --raw each message stands under its event", out)
    p = trail.run("order", "none", check=False)
    t.ok(p.returncode == 1 and "no order 'none'" in p.stderr,
         "Q1: an order that is not there is told", p.stderr)


def test_book(trail, live):
    """Q2"""
    book = trail.json("book", "--account", "DEMO")[0]
    now = [(k, v["cl_ord_id"], v["leaves_quantity"], v["price"])
           for k, v in book["orders"].items()]
    t.ok(now == [(x["order_id"], x["cl_ord_id"], x["leaves"], x["price"])
                 for x in live] and len(now) == 1,
         "Q2: live orders are those of the gateway", (now, live))
    t.ok(book["positions"] == {"AAPL": "10"}, "Q2: and positions", book)
    at = next(e["timestamp"][:26] for e in trail.json("search", "-t",
              "ORDER_ACCEPTED", "-a", "CLIENT2"))
    was = trail.json("book", "--account", "DEMO", "--until", at)[0]
    t.ok([(v["cl_ord_id"], v["price"]) for v in was["orders"].values()] ==
         [("X2", "105"), ("X2", "95")],
         "Q2: at an earlier moment those of then", was)
    first = trail.json("book", "--account", "DEMO", "--until",
                       trail.json("tail", "-n", "1000")[0]["timestamp"][:26])
    t.ok(first[0]["orders"] == first[0]["positions"] == {},
         "Q2: nothing before the first order", first)
    out = trail.run("book", "--account", "DEMO").stdout
    t.ok("X3" in out and "POSITION" in out, "Q2: as a table, too", out)


def test_others(trail):
    """Q3, Q4 and Q5"""
    every = trail.json("search")
    by = trail.json("search", "--by", "CLIENT2")
    t.ok(by == [e for e in every if e["actor"] == "CLIENT2"] and len(by) > 5,
         "Q3: all that one did", kinds(by))
    part = trail.json("search", "--first", "4", "--last", "9")
    t.ok(part == every[3:9], "Q4: all between two numbers", kinds(part))
    bundle = json.loads(trail.run("bundle", "--first", "4", "--last",
                                  "9").stdout)
    sha = [base64.b64decode(x["message"]) for x in bundle["events"]
           if x["message"]]
    t.ok([x["event"] for x in bundle["events"]] == every[3:9] and sha,
         "Q4: as a bundle with proofs")
    got = trail.json("corrections")
    t.ok([(x["event_type"], x["before"]["quantity"], x["after"]["quantity"],
           x["before"]["price"], x["after"]["price"]) for x in got] ==
         [("ORDER_MODIFIED", "10", "20", "105", "106")],
         "Q5: a correction with what was before", got)
    out = trail.run("corrections").stdout
    t.ok("price 105 -> 106" in out and "quantity 10 -> 20" in out,
         "Q5: as a line, too", out)


def sql_life(pg, *args):
    args = ", ".join(f"'{a}'" for a in args)
    return [int(x[0]) for x in pg.rows(
        f"SELECT seq FROM order_chain('{CHAIN}', {args})", "audit_reader")]


def test_sql(trail, ids):
    with Postgres() as pg:
        pg.start()
        pg.trail()
        trail.run("ship", "--database=" + pg.url("audit_writer"))
        for args in (("X2", "CLIENT"), ("X3", "CLIENT2"), ("X9",),
                     (ids["X2"],), (ids["X9"],)):
            cli = trail.json("order", args[0], *(
                ("--actor", args[1]) if len(args) == 2 else ()))
            sql = sql_life(pg, *args)
            t.ok(sql == [e["details"]["seq"] for e in cli] and sql,
                 f"PostgreSQL's Q1 of {args[0]} is the chain's", sql)
        try:
            sql_life(pg, "X2")
            said = ""
        except Denied as e:
            said = str(e)
        t.ok("SEVERAL" in said and "CLIENT2" in said,
             "and asks whose, too", said)
        plan = pg.sql("SET enable_seqscan = off; EXPLAIN SELECT 1 FROM "
                      "audit.audit_events e WHERE ("
                      "e.details->>'order_id' = ANY (ARRAY['a', 'b']) OR "
                      "e.details->>'cl_ord_id' = 'c' OR "
                      "e.details->>'orig_cl_ord_id' = 'c' OR "
                      "e.details->>'parent_order_id' = 'c') OR ("
                      "e.details->>'account' = 'c' AND e.timestamp < now())")
        t.ok("Bitmap" in plan and "Seq Scan" not in plan,
             "orders and accounts are found by the indexes", plan[:400])


def main():
    with Pair("4.4", session=OTHER) as p, \
            tempfile.TemporaryDirectory() as folder:
        ids = a_day(p)
        live = json.loads(p.a.fixgate("orders", "--live", "--json"))
        p.client.lost()
        p.a.stop()
        subprocess.run([os.path.join(BUILD, "tests", "audit", "follow"),
                        os.path.join(p.a.dir, "data", "trading", "journal"),
                        folder, "--once"], check=True)
        trail = Trail(folder)
        test_life(trail, ids)
        test_book(trail, live)
        test_others(trail)
        if bindir() is None:
            t.skip("the same by PostgreSQL", "no server is installed")
        else:
            test_sql(trail, ids)
    t.done()


main()
