#!/usr/bin/env python3
"""The simulated OANDA against @oanda/v20 of npm, the venue's own client, whose
classes are made from the specification: it trades, replaces, cancels, reads
both streams, and sees each error under its name. npm installs it once, below
the build folder."""
import json
import os

import npm
from oandavenue import TOP, Oanda
from tap import Tap

HERE = os.path.join(TOP, "tests", "venues", "oanda_npm")
ERRORS = {"units": "400 UNITS_PRECISION_EXCEEDED UNITS_PRECISION_EXCEEDED",
          "price": "400 PRICE_PRECISION_EXCEEDED PRICE_PRECISION_EXCEEDED",
          "instrument": "400 INSTRUMENT_UNKNOWN INSTRUMENT_UNKNOWN",
          "twice": "400 CLIENT_ORDER_ID_ALREADY_EXISTS "
                   "CLIENT_ORDER_ID_ALREADY_EXISTS",
          "absent": "404 ORDER_DOESNT_EXIST ", "token": "401  ",
          "account": "403  "}
t = Tap()


def main(folder):
    with Oanda() as sim:
        p, by = npm.told(os.path.join(HERE, "client.js"), str(sim.port),
                           sim.account, sim.token, os.path.abspath(folder))
        book = sim.book()
    orders = {o["id"]: o for o in book["orders"]}
    said = {x["id"]: x for x in book["transactions"]}

    def step(name):
        return by.get(name, {})
    t.ok(p.returncode == 0 and "strange" in by, "the client comes to the end",
         p.stdout[-3000:] + p.stderr[-3000:])
    c = step("created")
    t.ok(c.get("status") == 201 and c.get("streamed") and
         c.get("client") == "gw-1" and c.get("reason") == "CLIENT_ORDER" and
         c.get("id") in orders, "an order is made, and its stream says so", c)
    t.ok(step("found") == {"step": "found", "n": 1, "state": "PENDING",
                           "id": c.get("id")},
         "it is found by its client's id", step("found"))
    r = step("replaced")
    t.ok(r.get("status") == 201 and r.get("old") == c.get("id") and
         r.get("by") == r.get("id") and r.get("units") == "200" and
         r.get("why") == "CLIENT_REQUEST_REPLACED",
         "a replace is cancel and another order in one", r)
    t.ok(step("canceled").get("status") == 200 and
         step("canceled").get("streamed") == "CLIENT_REQUEST" and
         orders.get(r.get("id"), {}).get("state") == "CANCELLED",
         "a cancel by the client's id cancels it", step("canceled"))
    f = step("filled")
    t.ok((f.get("units"), f.get("price"), f.get("opened")) ==
         ("-300", "1.09995", "-300") and f.get("same"),
         "a market order is filled", f)
    x = step("reissued")
    t.ok(0 < int(x.get("filled", 0)) < 1000 and
         int(x["filled"]) + int(x["units"]) == 1000,
         "a partial fill reissues the rest", x)
    s = step("since")
    t.ok(s.get("first") == "6362" and s.get("n") ==
         max(int(i) for i in said if "gw-4" in json.dumps(said[i])) - 6361,
         "transactions since are read", s)
    t.ok(step("read") == {"step": "read", "currency": "EUR", "digits": 5,
                          "name": "EUR_USD", "position": "EUR_USD",
                          "pending": 0},
         "account, instruments and positions are read", step("read"))
    t.ok(step("priced") == {"step": "priced", "instrument": "EUR_USD",
                            "bid": "1.09995", "ask": "1.10005"},
         "prices are streamed", step("priced"))
    for name, code in ERRORS.items():
        t.ok(step("errors").get(name) == code, f"{name}: {code}",
             step("errors").get(name))
    t.ok((step("halted").get("status"), step("halted").get("why")) ==
         (201, "MARKET_HALTED"), "a halted market: 201, and canceled",
         step("halted"))
    t.ok(step("limit").get("status") == 429, "429 is known", step("limit"))
    t.ok(step("strange").get("of") == [],
         "no answer has what the specification does not know",
         step("strange"))


npm_folder, why = npm.install(HERE, "@oanda/v20", "3.0.25-0", "oanda_npm")
if npm_folder is None:
    t.skip("OANDA's own client against the simulated OANDA", why)
else:
    main(npm_folder)
t.done()
