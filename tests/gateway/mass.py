#!/usr/bin/env python3
"""Mass requests over TCP, checked by dictionaries on both sides: q, r, AF; what
of orders this gateway does not take; what clients dispute (Q)."""
from fixclient import FixClient
from gateway import Gateway
from tap import Tap

t = Tap()
NOW = "20260302-10:00:00"


def order(c, ident, symbol="AAPL", price=170):
    c.send("D", [(11, ident), (55, symbol), (54, 1), (60, NOW), (38, 10),
                 (40, 2), (44, price), (59, 0)])
    c.wait(lambda m: m.get(11) == ident and m.get(150) == "0")


with Gateway() as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    order(c, "a")
    order(c, "b", "MSFT", 400)
    c.send("AF", [(584, "S1"), (585, 7)])
    last = c.wait(lambda m: m.get(584) == "S1" and m.get(912) == "Y")
    first = c.wait(lambda m: m.get(584) == "S1" and m.get(912) == "N")
    t.ok(first.get(11) == "a" and last.get(11) == "b" and
         last.get(911) == "2" and last.get(150) == "I",
         "AF: a status for each order", f"{first}\n{last}")
    c.send("q", [(11, "Q1"), (530, 1), (55, "MSFT"), (60, NOW)])
    r = c.wait(lambda m: m.get(35) == "r")
    t.ok((r.get(11), r.get(531), r.get(533), r.get(41)) ==
         ("Q1", "1", "1", "b"), "q for a symbol", str(r))
    gone = c.wait(lambda m: m.get(11) == "b" and m.get(150) == "4")
    t.ok(gone.get(41) is None, "the order says itself that it is canceled",
         str(gone))
    c.send("q", [(11, "Q2"), (530, 7), (60, NOW)])
    r = c.wait(lambda m: m.get(35) == "r" and m.get(11) == "Q2")
    t.ok(r.get(533) == "1", "q for all that is left", str(r))
    c.wait(lambda m: m.get(11) == "a" and m.get(150) == "4")
    c.send("AF", [(584, "S2"), (585, 7)])
    m = c.wait(lambda m: m.get(584) == "S2")
    t.ok((m.get(911), m.get(912), m.get(37)) == ("0", "Y", "NONE") and
         m.get(58), "AF without an order is one report that says so", str(m))
    g.kill()
    g.start()
    c.lost()
    c.connect(g.port)
    c.send("q", [(11, "Q2"), (530, 7), (60, NOW)])
    r = c.wait(lambda m: m.get(35) == "r" and m.get(531) == "0")
    t.ok(r.get(532) == "99", "its ClOrdID is used up, over a restart", str(r))
    c.send("E", [(66, "L1"), (394, 3), (68, 1), (73, 1), (11, "l1"), (67, 1),
                 (55, "AAPL"), (54, 1), (38, 1), (40, 1)])
    m = c.wait(lambda m: m.get(35) == "j")
    t.ok(m.get(372) == "E" and m.get(380) == "3" and "lists" in m.get(58),
         "a list of orders is refused, and told why", str(m))
    c.send("AB", [(11, "m1"), (54, 1), (555, 1), (600, "AAPL"), (624, 1),
                  (60, NOW), (38, 1), (40, 1)])
    m = c.wait(lambda m: m.get(35) == "j" and m.get(372) == "AB")
    t.ok("multileg" in m.get(58), "and so is a multileg order", str(m))
    t.ok(not c.rejects, "nothing of it is a Reject", str(c.rejects))
    # of a price that can't be held nothing is told, least of all 0
    c.send("D", [(11, "p"), (55, "AAPL"), (54, 1), (60, NOW), (38, 10),
                 (40, 2), (44, "170.000000000001"), (59, 0)])
    m = c.wait(lambda m: m.get(11) == "p")
    t.ok(m.get(150) == "8" and "Price(44)" in m.get(58) and m.get(44) is None,
         "a refused price is not told as 0", str(m))
    c.send("D", [(11, "x"), (55, "AAPL"), (54, 1), (60, NOW), (38, 10),
                 (40, 2), (44, 190), (59, 0)])
    m = c.wait(lambda m: m.get(11) == "x" and m.get(150) == "F")
    new = c.wait(lambda m: m.get(11) == "x" and m.get(150) == "0")
    for exec_id, why in ((m.get(17), "D"), (new.get(17), "C"), ("E9", "Z")):
        c.send("Q", [(37, m.get(37)), (17, exec_id), (127, why), (55, "AAPL"),
                     (54, 1), (58, "not ours")])
    c.settle()
    with open(g.log) as f:
        said = [x.split(" trader: ")[1].strip() for x in f
                if "disputes (35=Q)" in x]
    name, order_id = "FIX.4.4:FIXGATE->CLIENT44", m.get(37)
    t.ok(said == [
        f"alert: {name}: disputes (35=Q) execution {m.get(17)} of order "
        f"{order_id}, which it was told: DKReason(127)=D, no matching order: "
        "not ours",
        f"{name}: disputes (35=Q) execution {new.get(17)} of order {order_id}, "
        "which is none of its executions: DKReason(127)=C, quantity exceeds "
        "order: not ours",
        f"{name}: disputes (35=Q) execution E9 of order {order_id}, which is "
        "none of its executions: DKReason(127)=Z, other: not ours"],
        "an execution that its client disputes is an alert, and what is none "
        "is noted", "\n".join(said))
    other = FixClient("FIX.4.2", "CLIENT42", "FIXGATE").connect(g.port)
    other.send("Q", [(37, order_id), (17, m.get(17)), (127, "D"),
                     (55, "AAPL"), (54, 1)])
    other.settle()
    with open(g.log) as f:
        said = [x for x in f if "CLIENT42: disputes" in x]
    t.ok(len(said) == 1 and "none of its executions" in said[0] and
         "alert" not in said[0], "another's is none of its own", said)
    other.logout()
    c.lost()
t.done()
