#!/usr/bin/env python3
"""The simulated Alpaca against @alpacahq/alpaca-trade-api of npm, the venue's
own clients of two generations: they trade, replace, cancel, read and hear, and
see each error under its number. npm installs them once, below the build
folder."""
import os

import npm
from alpacavenue import TOP, Alpaca
from tap import Tap

HERE = os.path.join(TOP, "tests", "venues", "alpaca_npm")
ERRORS = {"key": "401 40110000", "twice": "422 40010001",
          "penny": "422 42210000", "money": "403 40310000",
          "fraction": "422 42210000", "absent": "404 40410000",
          "filled": "422 42210000"}
t = Tap()


def main(folder):
    with Alpaca() as sim:
        p, by = npm.told(os.path.join(HERE, "client.js"), str(sim.port),
                           os.path.abspath(folder))
        book = sim.book()
    orders = {o["id"]: o for o in book["orders"]}

    def step(name):
        return by.get(name, {})
    t.ok(p.returncode == 0 and "v4" in by, "both clients come to the end",
         p.stdout[-3000:] + p.stderr[-3000:])
    first = orders.get(step("created").get("id"), {})
    t.ok(first.get("client_order_id") == "gw-000001" and
         first.get("qty") == "10" and first.get("limit_price") == "180" and
         step("created").get("status") == "pending_new",
         "an order of numbers, not texts, is taken", step("created"))
    t.ok(step("streamed").get("status") == "new", "its stream says when it "
         "is at work, in binary frames", step("streamed"))
    t.ok(step("found").get("id") == first.get("id") and
         step("found").get("open") == 1, "it is found by its client's id",
         step("found"))
    r = step("replaced")
    t.ok(r.get("replaces") == r.get("old") == first.get("id") and
         r.get("by") == r.get("id") and
         orders.get(r.get("id"), {}).get("qty") == "12",
         "a replace makes another order", r)
    t.ok(step("canceled").get("id") == r.get("id"), "a cancel cancels it")
    f = step("filled")
    t.ok(f.get("id") and f.get("qty") == "7" and f.get("sum") == 7 and
         f.get("price") == "190.01" and f.get("position") == "7",
         "an order that crosses is filled", f)
    t.ok(step("read") == {"step": "read", "acts": 7, "account": "ACTIVE",
                          "position": "7", "fractionable": True,
                          "open": True},
         "activities, account, position, asset and clock are read",
         step("read"))
    for name, code in ERRORS.items():
        t.ok(step("errors").get(name) == code, f"{name}: {code}",
             step("errors").get(name))
    t.ok(step("limit").get("error") == "429 42910000", "429 is known",
         step("limit"))
    f = step("feed")
    t.ok(0 <= f.pop("age", -1) < 60000 and f == {
        "step": "feed", "quotes": ["AAPL", "SPY"], "trades": ["AAPL"],
        "spy": 499.99, "bid": 189.99, "ask": 190.01, "price": 190.01,
        "error": "auth failed"},
         "its feed, in MessagePack: quotes, trades, a wrong key", f)
    s = step("v4")
    t.ok(s.get("created") == "gw-v4-1" and s.get("replaced") and
         s.get("canceled"), "4.0.2: order, replace, cancel, stream", s)


npm_folder, why = npm.install(HERE, "alpaca4", "4.0.2", "alpaca_npm")
if npm_folder is None:
    t.skip("Alpaca's own clients against the simulated Alpaca", why)
else:
    main(npm_folder)
t.done()
