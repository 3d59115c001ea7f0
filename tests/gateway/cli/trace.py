#!/usr/bin/env python3
"""fixgate orders trace: an order's way through the real gateway, by any of its
ids, while the gateway runs and after it has stopped."""
import json

from cli import run
from fixclient import FixClient
from gateway import Gateway
from tap import Tap

t = Tap()


def trace(g, ident, *args):
    return run("orders", "trace", ident, "-c", g.conf, "--json", *args,
               env=g.env)


def stages(steps):
    """Stage by stage, each once in a row."""
    out = []
    for s in steps:
        if not out or out[-1] != s["stage"]:
            out.append(s["stage"])
    return out


def order(c, ident, qty, price, **more):
    c.send("D", [(11, ident), (55, "AAPL"), (54, 1), (60, "20260302-10:00:00"),
                 (38, qty), (40, 2), (44, price), (59, 0)])


def report(c, ident, kind):
    return c.wait(lambda m: m.get(35) == "8" and m.get(11) == ident and
                  m.get(150) == kind)


with Gateway() as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    copy = FixClient("FIX.4.4", "DROPCOPY", "FIXGATE").connect(g.port)
    order(c, "fills", 10, 190)
    fill = report(c, "fills", "F")
    order(c, "rests", 10, 170)
    new = report(c, "rests", "0")
    c.send("G", [(11, "moved"), (41, "rests"), (55, "AAPL"), (54, 1),
                 (60, "20260302-10:00:00"), (38, 20), (40, 2), (44, 170)])
    report(c, "moved", "5")
    c.send("F", [(11, "gone"), (41, "moved"), (55, "AAPL"), (54, 1),
                 (60, "20260302-10:00:00"), (38, 20)])
    report(c, "gone", "4")
    order(c, "toomany", 99999999, 170)
    report(c, "toomany", "8")
    copy.wait(lambda m: m.get(11) == "toomany")

    status, out, err = trace(g, "fills")
    found = json.loads(out)
    t.ok(status == 0 and len(found) == 1 and
         found[0]["order_id"] == fill.get(37) and
         found[0]["cl_ord_ids"] == ["fills"] and
         found[0]["session"] == "CLIENT44", "an order by its ClOrdID", out + err)
    steps = found[0]["steps"]
    first = list(dict.fromkeys(s["stage"] for s in steps))
    t.ok(sorted(first) == ["client", "drop copy", "execution", "report",
                           "risk", "venue"] and
         first[:3] == ["client", "risk", "venue"] and first[-1] == "drop copy",
     "client, risk, venue, execution, report, drop copy", out)
    told = [s["message"] for s in steps if s["stage"] == "report"]
    copies = [s for s in steps if s["stage"] == "drop copy"]
    t.ok(len(told) == 2 and len(copies) == 2 and
         all(s["session"] == "DROPCOPY" for s in copies),
         "each report and each copy of it, once", out)
    times = [s["since_us"] for s in steps]
    t.ok(times[0] == 0 and times == sorted(times) and
         all(s["record"] > 0 and s["time"] for s in steps),
         "each step has its time, and time goes on", str(times))
    t.ok(any(s["stage"] == "venue" and s["text"].startswith("sent to SIM as ")
             for s in steps) and
         any(s["stage"] == "execution" and fill.get(17) in s["text"]
             for s in steps), "the venue by name, the execution by our ExecID",
         out)
    sent = next(s["text"] for s in steps if s["stage"] == "venue")
    ids = [fill.get(37), fill.get(17), sent.split()[-1]]
    ids += [s["text"].split(", its ")[1].split(",")[0] for s in steps
            if s["stage"] == "execution"]
    ids += [s["text"].split()[-1] for s in steps
            if s["text"].startswith("has it as")]
    for ident in ids:
        status, again, err = trace(g, ident)
        t.ok(status == 0 and again == out, f"the same order as {ident}",
             again + err)
    t.ok(len(ids) == 5, "OrderID, ExecID, and three ids at the venue", str(ids))
    status, again, err = trace(g, new.get(17))
    t.ok(status == 0 and json.loads(again)[0]["order_id"] == new.get(37),
         "ExecID of a report that is no execution", again + err)

    status, out, err = trace(g, "moved")
    found = json.loads(out)[0]
    text = [f"{s['stage']} {s['text']}" for s in found["steps"]]
    t.ok(sorted(found["cl_ord_ids"]) == ["gone", "moved", "rests"] and
         any("venue replace sent as" in x for x in text) and
         any("venue cancel sent as" in x for x in text) and
         any("venue canceled" in x for x in text) and
         [s["message"]["type"] for s in found["steps"]
          if s["stage"] == "client"] == ["D", "G", "F"],
         "a chain, from any of its ids", out + err)
    status, out, err = trace(g, "toomany")
    found = json.loads(out)[0]
    t.ok(stages(found["steps"])[:3] == ["client", "risk", "report"] and
         found["steps"][1]["text"].startswith("refused"),
         "an order that risk refused never reached a venue", out + err)
    status, out, err = run("orders", "trace", "fills", "-c", g.conf, env=g.env)
    t.ok(status == 0 and out.splitlines()[0].endswith("of CLIENT44") and
         "client     CLIENT44: NewOrderSingle ClOrdID=fills" in out and
         "drop copy  DROPCOPY: ExecutionReport" in out, "lines for people",
         out + err)
    status, before, err = trace(g, "fills")
    c.lost()
    copy.lost()
    t.ok(g.stop() == 0, "the gateway stops")
    status, out, err = trace(g, "fills")
    t.ok(status == 0 and out == before, "the same of a stopped gateway",
         out + err)
    status, out, err = trace(g, "nobody")
    t.ok(status == 1 and "no order has the id 'nobody'" in err,
         "an unknown id is told", out + err)
    status, out, err = run("orders", "trace", "-c", g.conf, env=g.env)
    t.ok(status == 2 and "id of an order" in err, "trace needs an id", err)
    status, out, err = run("orders", "trace", "x", "--live", "-c", g.conf,
                           env=g.env)
    t.ok(status == 2 and "--live" in err, "and takes no filter", err)
t.done()
