#!/usr/bin/env python3
"""The simulated Binance of our tests against ccxt and binance of npm, clients
that others wrote: they sign, read markets, trade, and know each error by its
class. npm installs them once, below the build folder."""
import os

import npm
from binancevenue import Binance
from gateway import TOP
from tap import Tap

HERE = os.path.join(TOP, "tests", "venues", "ccxt")
# What ccxt makes of each error of the venue, by its own tables.
ERRORS = {"funds": "InsufficientFunds", "filter": "InvalidOrder",
          "precision": "BadRequest", "duplicate": "InvalidOrder",
          "maker": "OrderImmediatelyFillable", "unknown": "OrderNotFound",
          "absent": "OrderNotFound", "signature": "AuthenticationError"}
t = Tap()


def main(folder):
    with Binance() as sim:
        p, by = npm.told(os.path.join(HERE, "client.mjs"), str(sim.port),
                           os.path.abspath(folder))
        book = sim.book()
    orders = {str(o["orderId"]): o for o in book["orders"]}
    t.ok(p.returncode == 0 and "siebly" in by, "both clients come to the end",
         p.stdout[-3000:] + p.stderr[-3000:])

    def step(name):
        return by.get(name, {})
    t.ok((step("markets").get("tick"), step("markets").get("lot"),
          step("markets").get("least")) == (0.01, 0.00001, 5),
         "ccxt reads tick, lot and least notional", step("markets"))
    first = orders.get(step("created").get("id"), {})
    t.ok(first.get("first") == "gw-000001" and
         step("created").get("status") == "open",
         "a limit order rests under its client's id", step("created"))
    t.ok(step("watched").get("client") == "gw-000001" and
         step("open").get("n") == 1,
         "the user stream and openOrders show it", step("watched"))
    t.ok(step("edited").get("other") and first.get("status") == "CANCELED",
         "an edit is cancel and replace", step("edited"))
    t.ok(step("canceled").get("status") == "canceled", "a cancel cancels",
         step("canceled"))
    filled = orders.get(step("filled").get("id"), {})
    t.ok(step("filled").get("filled") == 0.001 and
         filled.get("executedQty") == "0.00100000" and
         step("filled").get("fees", 0) >= 1,
         "an order that crosses is filled, with its trades", step("filled"))
    t.ok(step("fetched").get("status") == "closed" and
         step("fetched").get("average") == 60000.01 and
         step("trades").get("sum") == 0.001 and
         step("trades").get("fee") == "BTC",
         "order and trades can be asked for", step("fetched"))
    t.ok(abs(step("balance").get("btc", 0) - 1000.000999) < 1e-9,
         "the balance has moved by quantity and fee", step("balance"))
    for name, kind in ERRORS.items():
        t.ok(step("errors").get(name) == kind, f"{name}: {kind}",
             step("errors").get(name))
    t.ok((step("faults").get("limit"), step("faults").get("timeout"),
          step("faults").get("nonce")) ==
         ("DDoSProtection", "RequestTimeout", "InvalidNonce"),
         "429, -1007 and -1021 are known", step("faults"))
    s = step("siebly")
    t.ok(s.get("created") and s.get("replaced") == "SUCCESS" and
         s.get("canceled") == "CANCELED" and s.get("event"),
         "binance: order, event, replace, cancel", s)


npm_folder, why = npm.install(HERE, "ccxt", "4.5.84", "ccxt")
if npm_folder is None:
    t.skip("ccxt and binance against the simulated Binance", why)
else:
    main(npm_folder)
t.done()
