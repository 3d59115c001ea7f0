#!/usr/bin/env python3
"""What the accounts of Binance, Alpaca, OANDA and TWS hold, beside what our executions
make of it: equal, nothing is said; when the simulator lies, both numbers are in
one alert, shown by a command and counted, until they agree or an operator takes
the account's number; a restart in between forgets nothing."""
import json
import re

import venueclient
from alpacavenue import Alpaca
from binancevenue import Binance
from oandavenue import Oanda
from tap import Tap
from twssim import TwsSim
from venueclient import gateway, holdings, status, until

t = Tap()
VENUES = (  # an order that is filled, its asset, what is asked at a count,
            # how much the lie is, and what holdings are after a purchase
    (Binance, dict(symbol="BTCUSDT", qty="0.001", tif=1, price="60100.00"),
     "BTC", "GET /api/v3/account", "0.5",
     {"BTC": "1000.000999", "USDT": "999999939.99999"}),
    (Alpaca, dict(symbol="AAPL", qty="7", tif=0, price="191.00"),
     "AAPL", "GET /v2/positions", "3", {"AAPL": "7", "USD": "99998669.93"}),
    (Oanda, dict(symbol="EUR/USD", qty="1000", tif=4, price="1.2"),
     "EUR/USD", "/openPositions", "-777",
     {"EUR/USD": "1000", "EUR": "100000"}),
    (TwsSim, dict(symbol="AAPL", qty="7", tif=0, price="191.00"),
     "AAPL", "positions", "3", {"AAPL": "7", "USD": "998704.79"}),
)


def counter(g):
    return json.loads(g.fixgate("top", "--json", "--count", "1"))["counts"][
        "holdings_differ"]


class Rig:
    def __init__(self, sim, g, asked):
        self.sim, self.g, self.asked = sim, g, asked

    def counts(self, n):
        """So many more counts of the account have been heard."""
        def asked():
            return sum(self.asked in x for x in self.sim.book()["log"])
        at = asked()
        until(lambda: asked() > at + n)

    def said(self):
        with open(self.g.log) as f:
            return re.findall(r"its account holds (\S+) of (\S+), "
                              r"(?:our executions|its transactions) make "
                              r"(\S+):", f.read())


def venue(kind, order, asset, asked, lie, after):
    name = kind.__name__.removesuffix("Sim")
    with kind() as sim, gateway(*sim.settings(), f"Symbols={order['symbol']}",
                                "UnknownAfter=1500",
                                "ReconcileInterval=200") as g:
        r = Rig(sim, g, asked)
        g.start()
        until(lambda: status(g) == "up" and asset != "BTC" or asset in
              holdings(g))
        r.counts(2)
        c = venueclient.Client().connect(g.port)
        x = c.new(**order)
        m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
        t.ok(until(lambda: all(holdings(g).get(k) == (v, v, None)
                               for k, v in after.items())),
             f"{name}: what was bought, paid and charged is in both sums",
             (after, holdings(g)))
        r.counts(3)
        t.ok(not r.said() and counter(g) == 0, f"{name}: equal, no alert",
             r.said())
        theirs, ours = after[asset], after[asset]
        sim.control(lie={asset.replace("/", "_"): lie})
        until(lambda: r.said())
        r.counts(3)
        said, now = r.said(), holdings(g)[asset]
        t.ok(len(said) == 1 and said[0][1:] == (asset, ours) and
             said[0][0] != theirs and now == (said[0][0], ours, lie),
             f"{name}: a difference is one alert with both numbers", (said, now))
        t.ok(until(lambda: counter(g) == 1, 10), f"{name}: and is counted")
        g.kill()
        g.start()
        t.ok(until(lambda: len(r.said()) == 2) and r.said()[1] == said[0],
             f"{name}: another process of ours finds it again", r.said())
        if asset == "EUR/USD":
            sim.control(lie={"EUR": "-1000"})
            t.ok(until(lambda: ("99000", "EUR", "100000") in r.said()),
                 f"{name}: its balance beside its transactions", r.said())
        if kind is Alpaca:
            n = len(r.said())
            sim.control(charge=[["USD", "0.02", 0], ["BTC/USD", "0.001", 3]])
            want = {"USD": ("99998669.91", "99998669.91", None),
                    "BTCUSD": ("-0.001", "-0.001", None)}
            t.ok(until(lambda: want.items() <= holdings(g).items()),
                 f"{name}: what it books later is in both", holdings(g))
            g.kill()
            sim.control(charge=[["USD", "0.03", 1]])
            g.start()
            want["USD"] = ("99998669.88", "99998669.88", None)
            t.ok(until(lambda: want.items() <= holdings(g).items()),
                 f"{name}: each of it once, over a restart", holdings(g))
            r.counts(3)
            t.ok(not any(x[1] in want for x in r.said()[n:]),
                 f"{name}: and no alert", r.said()[n:])
        if kind is TwsSim:
            sim.say("deposit", 100)
            t.ok(until(lambda: ("998804.79", "USD", "998704.79") in r.said()),
                 f"{name}: what was paid in", r.said())
        sim.control(lie={})
        t.ok(until(lambda: holdings(g).get(asset) == (theirs, ours, None)),
             f"{name}: they agree again", holdings(g))
        sim.control(lie={asset.replace("/", "_"): lie})
        until(lambda: holdings(g)[asset][2])
        out = g.fixgate("control", "accept", "VEN", asset)
        t.ok(out.startswith("ok") and holdings(g)[asset][2] is None and
             holdings(g)[asset][0] == holdings(g)[asset][1] != ours,
             f"{name}: an operator may take the account's number",
             (out, holdings(g)))
        n = len(r.said())
        r.counts(3)
        t.ok(len(r.said()) == n, f"{name}: which is no difference then")
        if kind is TwsSim:
            sim.say("no-cash")
            t.ok(until(lambda: asset in holdings(g) and
                       "USD" not in holdings(g)),
                 f"{name}: what it does not say is not compared", holdings(g))
        t.ok(g.stop() == 0 and m is not None, f"{name}: it stops in order")


for v in VENUES:
    venue(*v)
t.done()
