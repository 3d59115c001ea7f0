"""Risk settings against the real program: what is set wrongly is told with file
and line; what is set works; a person re-arms what repeated execution stopped."""
import json
import os
import pwd
import re
import signal
import subprocess
import tempfile
import time

from fixclient import FixClient, utc
from gateway import FIXGATE, FIXGATED, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()


def check(more, section="[RISK account DEMO]"):
    """Faults of the demo with more lines in one section."""
    text = DEMO.replace(section, f"{section}\n{more}") if section in DEMO \
        else f"{DEMO}\n{section}\n{more}\n"
    with tempfile.TemporaryDirectory() as d:
        conf = os.path.join(d, "f.conf")
        with open(conf, "w") as f:
            f.write(text)
        p = subprocess.run([FIXGATED, "--check-config", "-c", conf],
                           capture_output=True, text=True, timeout=60,
                           env=dict(os.environ, FIX_PORT="5001",
                                    API_PORT="5002", METRICS_PORT="5003",
                                    DATA_DIR=os.path.join(d, "data")))
    return p.returncode, p.stdout + p.stderr


GOOD = [
    ("[RISK account DEMO]", "OrdTypes=market, limit, limit-on-close,pegged, trailing-stop\nTimesInForce=day,gtc\n"
     "MaxVolumePercent=5\nVolumeMissing=pass\nDuplicateMax=2\n"
     "DuplicateWindow=500\nMaxExecutedOrders=100\nShortSales=strict\n"
     "SelfTrade=refuse\nNoTrade=IBM\nSellOnly=F, GM\nLocates=X 50,Y 1.5\n"
     "ShortExempt=Y\nFarPercent=90\nCollarTicks=unlimited\n"
     "PositionMode=conservative\nMaxNet=1\nMaxGross=2\nMaxTurnover=3\n"
     "MaxBought=4\nMaxSold=5\nMaxTradedQty=6\nMaxOrderToTrade=7\n"
     "MaxVolumeToTrade=8\nOrderToTradeMin=9\nCash=1000\nCredit=5\n"
     "FeePercent=0.1\nMaxLoss=1\nMaxDrawdown=2\nReducingLoss=0.5"),
    ("[RISK symbol LATE]", "StartTime=09:00:00\nEndTime=17:30:00\n"
     "Weekdays=Mon,Tue,Wed,Thu,Fri\nTimeZone=America/New_York\n"
     "ClosedTimesInForce=gtc, opening"),
    ("[RISK class FUT]", "StartDay=Sunday\nEndDay=Friday\n"
     "StartTime=17:00:00\nEndTime=16:00:00\nTimeZone=America/Chicago"),
    ("[RISK session CLIENT42]", "MaxCancelPercent=95\nCancelMin=10\n"
     "CancelWindow=30"),
    ("[RISK client account DEMO]", "MaxOrderQty=5\nOrderBurst=3\n"
     "CancelsPerSecond=5"),
    ("[RISK exchange symbol AAPL]", "CollarPercent=10"),
    ("[RISK clearing firm]", "MaxOpenOrders=10"),
    ("[RISK firm]", "ExchangeLimits=stated\nClearingLimits=external"),
    ("[RISK trader ALGO7]", "Symbols=AAPL\nSides=buy, sell\n"
     "Venues=SIM\nMaxSymbols=3\nMaxVenues=1"),
    ("[RISK symbol NEW]", "TickBands=0 0.0001,1 0.01\n"
     "AverageDailyVolume=1000000\nRangeWindow=10\nRangeTicks=5\n"
     "Restriction=sell-only\nShortable=located\nActive=N\n"
     "Expires=20261218-21:00:00"),
]
for section, more in GOOD:
    rc, text = check(more, section)
    t.ok(rc == 0, f"{section} with every control is read", text)

BAD = [
    ("[RISK account DEMO]", "OrdTypes=market,odd", "odd is none of market"),
    ("[RISK account DEMO]", "OrdTypes=,", "at least one of market"),
    ("[RISK account DEMO]", "TimesInForce=noon", "noon is none of day"),
    ("[RISK account DEMO]", "FarPercent=1.234", "at most 2 places"),
    ("[RISK account DEMO]", "CollarTicks=1.5", "whole number"),
    ("[RISK account DEMO]", "MaxVolumePercent=-1", "percentage"),
    ("[RISK account DEMO]", "DuplicateWindow=60001", "DuplicateWindow"),
    ("[RISK account DEMO]", "ShortSales=maybe", "ShortSales"),
    ("[RISK account DEMO]", "SelfTrade=maybe", "SelfTrade"),
    ("[RISK account DEMO]", "Locates=AAPL", "Locates: 'AAPL '"),
    ("[RISK account DEMO]", "NoTrade=AAPL 5", "NoTrade: 'AAPL 5'"),
    ("[RISK account DEMO]", "TickBands=0 1", "belongs in [RISK symbol]"),
    ("[RISK symbol NEW]", "SelfTrade=refuse",
     "belongs in [RISK account], [RISK group] or [RISK firm]"),
    ("[RISK symbol NEW]", "MaxExecutedOrders=3", "belongs in [RISK account]"),
    ("[RISK account DEMO]", "MaxGross=-1", "must not be negative"),
    ("[RISK account DEMO]", "Cash=unlimited", "can't be unlimited"),
    ("[RISK account DEMO]", "PositionMode=gross", "PositionMode"),
    ("[RISK account DEMO]", "CancelMin=3", "belongs in [RISK session]"),
    ("[RISK account DEMO]", "Alerts=Y", "belongs in [RISK firm]"),
    ("[RISK session CLIENT42]", "MaxNet=3", "not [RISK session]"),
    ("[RISK symbol NEW]", "MaxLoss=3", "belongs in [RISK account]"),
    ("[RISK symbol NEW]", "TickBands=1 0.01,0 0.1", "must rise"),
    ("[RISK symbol NEW]", "TickBands=1", "pairs FROM-PRICE TICK"),
    ("[RISK client session CLIENT44]", "MaxOrderQty=5",
     "only the firm limits a session"),
    ("[RISK client account DEMO]", "Group=G",
     "Group is the firm's to set, in [RISK account DEMO]"),
    ("[RISK exchange planet X]", "MaxOrderQty=5", "or exchange, clearing or "),
    ("[RISK account DEMO]", "ExchangeLimits=stated", "belongs in [RISK firm]"),
    ("[RISK trader T]", "Sides=both", "both is none of buy"),
    ("[RISK trader T]", "Sides=,", "at least one of buy"),
    ("[RISK trader T]", "Symbols=NONE", "there is no symbol NONE"),
    ("[RISK trader T]", "Classes=NONE", "there is no class NONE"),
    ("[RISK trader T]", "Venues=NONE", "there is no venue NONE"),
    ("[RISK trader T]", "MaxVenues=1.5", "whole number up to"),
    ("[RISK trader T]", "MaxOrderQty=5", "means nothing in [RISK trader]"),
    ("[RISK trader " + 33 * "x" + "]", "Sides=buy", "at most 32 bytes"),
    ("[RISK account DEMO]", "Sides=buy", "belongs in [RISK trader]"),
    ("[RISK account DEMO]", "Traders=some", "Traders"),
    ("[RISK account DEMO]", "SoftLimits=x", "x is none of quantity"),
    ("[RISK symbol NEW]", "RangeTicks=5", "go together"),
    ("[RISK symbol NEW]", "Expires=Christmas", "must be a time in UTC"),
    ("[RISK account DEMO]", "Active=N", "belongs in [RISK symbol]"),
    ("[RISK symbol NEW]", "Restriction=some", "Restriction"),
    ("[RISK account DEMO]", "StartTime=09:00:00",
     "belongs in [RISK symbol] or [RISK class]"),
    ("[RISK class FUT]", "TimeZone=America/Chicago",
     "TimeZone needs StartTime and EndTime"),
    ("[RISK symbol NEW]", "StartTime=09:00:00\nTimeZone=Moon/North",
     "no time zone Moon/North"),
    ("[RISK symbol NEW]", "StartTime=09:00:00\nEndTime=10:00:00\n"
     "ClosedTimesInForce=noon", "noon is none of day"),
    ("[RISK symbol NEW]", "Shortable=some", "Shortable"),
]
for section, more, expected in BAD:
    rc, text = check(more, section)
    line = [x for x in text.splitlines() if expected in x]
    t.ok(rc != 0 and line and "f.conf:" in line[0],
         f"{more} is told with file and line", text)

USERS = [
    ("[USER tim]", "Roles=trader\nScopes=account DEMO, trader T1\n"
     "Permissions=risk:view, audit:view\nDenied=system:view"),
]
for section, more in USERS:
    rc, text = check(more, section)
    t.ok(rc == 0, f"{section} is read", text)
for more, expected in [
        ("Roles=trader,king", "there is no role king"),
        ("Permissions=risk:all", "there is no permission risk:all"),
        ("Denied=x", "there is no permission x"),
        ("Scopes=account", "Scopes must be account NAME"),
        ("Scopes=planet X", "Scopes must be account NAME")]:
    rc, text = check(more, "[USER tim]")
    line = [x for x in text.splitlines() if expected in x]
    t.ok(rc != 0 and line and "f.conf:" in line[0],
         f"{more} is told with file and line", text)

# over FIX: a party names who gives the order; what was seen of the day outlives a restart.
GRANTS = DEMO.replace("[RISK account DEMO]", "[RISK account DEMO]\n"
                      "Traders=required") + """
[RISK trader ALGO7]
Symbols=AAPL, MSFT
MaxSymbols=1
"""


def given(c, name, who, symbol="AAPL"):
    party = [(453, 1), (448, who), (447, "D"), (452, 12)] if who else []
    c.send("D", [(11, name)] + party +
           [(21, 1), (55, symbol), (54, 1), (60, utc()), (38, 1), (40, 2),
            (44, "190.00" if symbol == "AAPL" else "415.00")])
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  m.get(39) in ("2", "8"))


with Gateway(GRANTS) as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    for name, who, symbol, status in [
            ("R02a", "ALGO7", "AAPL", "2"), ("R02b", "ALGO7", "BTCUSDT", "8"),
            ("R02c", "ALGO8", "AAPL", "8"), ("R02d", "", "AAPL", "8")]:
        m = given(c, name, who, symbol)
        t.ok(m.get(39) == status and (status == "2" or
             m.get(58, "").startswith("RISK PERM scope=TRADER")),
             f"R-02: {symbol} by {who or 'nobody'}", m)
    m = given(c, "R04a", "ALGO7", "MSFT")
    t.ok(m.get(58, "").startswith("RISK CHARACTERISTIC scope=TRADER:ALGO7"),
         "R-04: a second symbol", m)
    g.kill()
    c.lost()
    g.start()
    c.connect(g.port)
    t.ok(given(c, "R04b", "ALGO7", "MSFT").get(39) == "8",
         "R-04: nor after kill -9")
    t.ok(given(c, "R04c", "ALGO7").get(39) == "2", "but in the first")
    with open(g.conf) as f:
        conf = f.read()
    with open(g.conf, "w") as f:
        f.write(conf.replace("MaxSymbols=1", "MaxSymbols=2"))
    g.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 60
    while "fixgate risk approve 1'" not in open(g.log).read() and \
            time.monotonic() < end:
        time.sleep(0.01)
    m = given(c, "R04d", "ALGO7", "MSFT")
    t.ok(m.get(39) == "8", "R-04: a reload that grants two waits", m)
    out = g.fixgate("risk", "status")
    t.ok("proposal 1 of settings for trader ALGO7 waits\n" in out and
         "MaxSymbols=2\n" in out, "and says what", out)
    out = g.fixgate("risk", "--json", "status")
    t.ok(json.loads(out)["proposals"][0]["grant"]["MaxSymbols"] == "2",
         "in JSON, too", out)
    g.kill()
    c.lost()
    g.start()
    c.connect(g.port)
    m = given(c, "R04e", "ALGO7", "MSFT")
    t.ok(m.get(39) == "8", "a start with that file does not grant it", m)
    out = g.fixgate("risk", "approve", "2")
    t.ok(out.startswith("ok: version"), "until a person approves", out)
    m = given(c, "R04f", "ALGO7", "MSFT")
    t.ok(m.get(39) == "2", "R-04: two", m)
    c.logout()

# R-09 over FIX: the client's own limit, and an order that passes it over.
OWNED = DEMO + "\n[RISK client account DEMO]\nMaxOrderQty=4\n"


def sized(c, name, n, skip=None):
    checks = [(1868, 1), (1869, 3), (1870, skip)] if skip else []
    c.send("D", [(11, name), (21, 1), (55, "AAPL"), (54, 1), (60, utc()),
                 (38, n), (40, 2), (44, "190.00")] + checks)
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  m.get(39) in ("2", "8"))


with Gateway(OWNED) as g:
    g.start()
    c = FixClient("FIXT.1.1", "CLIENT50", "FIXGATE",
                  appl="9").connect(g.port)
    m = sized(c, "R09a", 5)
    t.ok(m.get(58, "").startswith("RISK QTY_MAX scope=ACCOUNT:DEMO "
                                  "owner=client lim=4 val=5"),
         "R-09: the client's own limit", m)
    t.ok(sized(c, "R09b", 4).get(39) == "2", "R-09: up to it")
    t.ok(sized(c, "R09c", 5, "1").get(39) == "8", "R-09: to be checked")
    t.ok(sized(c, "R09d", 5, "0").get(39) == "2", "R-09: passed over")
    m = sized(c, "R09e", 1000001, "0")
    t.ok(m.get(58, "").startswith("RISK QTY_MAX scope=ACCOUNT:DEMO "
                                  "owner=firm lim=1000000 "),
         "R-09: the firm's is not", m)
    c.logout()

# Section 9 over FIX: ComplianceID(376) names the token.
SOFT = DEMO.replace("MaxOrderQty=1000000", "MaxOrderQty=4\n"
                    "SoftLimits=quantity, collar", 1)
with Gateway(SOFT) as g:
    g.start()
    c = FixClient("FIXT.1.1", "CLIENT50", "FIXGATE",
                  appl="9").connect(g.port)
    out = g.fixgate("risk", "token", "account", "DEMO", "symbol", "AAPL",
                    "side", "buy", "qty", "5", "price", "190",
                    "reason=a block")
    t.ok(out == "ok: RISK-1\n", "T9: a token is issued", out)
    for name, more, status in [("T9a", [], "8"), ("T9b", [(376, "RISK-1")], "2"),
                               ("T9c", [(376, "RISK-1")], "8")]:
        c.send("D", [(11, name), (21, 1), (55, "AAPL"), (54, 1), (60, utc()),
                     (38, 5), (40, 2), (44, "190.00")] + more)
        m = c.wait(lambda m: m.type == "8" and m.get(11) == name and
                   m.get(39) in ("2", "8"))
        t.ok(m.get(39) == status and
             (status == "2" or "override=possible" in m.get(58, "")),
             f"T9: {name}", m)
    c.logout()

RULES = DEMO.replace("[RISK account DEMO]", "[RISK account DEMO]\n"
                     "MaxExecutedOrders=1\nOrdTypes=limit")


def order(c, name, price="190.00", kind="2"):
    c.send("D", [(11, name), (21, 1), (55, "AAPL"), (54, 1), (60, utc()),
                 (38, 1), (40, kind)] +
           ([(44, price)] if kind == "2" else []))
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  m.get(39) in ("2", "8"))


with Gateway(RULES) as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    m = order(c, "M", kind="1")
    t.ok(m.get(39) == "8" and m.get(103) == "11" and
         "CHARACTERISTIC" in m.get(58, ""), "a type that is not allowed", m)
    t.ok(order(c, "A").get(39) == "2", "the first order is executed")
    m = order(c, "B")
    t.ok(m.get(39) == "8" and m.get(103) == "99" and
         m.get(58, "").startswith("RISK REPEAT_EXEC scope=ACCOUNT:DEMO"),
         "R-17: the second is refused", m)
    g.kill()
    c.lost()
    g.start()
    c.connect(g.port)
    t.ok(order(c, "C").get(39) == "8", "and after kill -9, too")
    out = g.fixgate("control", "rearm", "account", "DEMO")
    t.ok(out.startswith("ok: account DEMO is armed"), "a person re-arms", out)
    t.ok(order(c, "D").get(39) == "2", "then one more is executed")
    t.ok(order(c, "E").get(39) == "8", "and no other")
    out = g.fixgate("control", "rearm", "session", "CLIENT44", check=False)
    t.ok(out.startswith("error: nothing of session"),
         "what was not stopped is not re-armed", out)
    c.logout()

with Gateway(DEMO + "\n[RISK session CLIENT44]\nMaxOrderQty=100\n") as g:
    g.start()
    out = g.fixgate("risk", "get", "account", "DEMO")
    t.ok(out.startswith("version=1\nMaxOrderQty=1000000\n"), "risk get", out)
    for n in range(5):
        # SIGKILL anywhere between the command and its answer
        p = subprocess.Popen([FIXGATE, "risk", "-c", g.conf, "put", "account",
                              "DEMO", "if=1", "MaxOrderQty=7"], env=g.env,
                             stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.DEVNULL)
        if n < 4:
            time.sleep(0.005 * n)
            g.kill()
        out = p.communicate(timeout=60)[0]
        if n == 4:
            g.kill()
        g.start()
        now = g.fixgate("risk", "get", "account", "DEMO").splitlines()[:2]
        new = now == ["version=2", "MaxOrderQty=7"]
        t.ok(new or now == ["version=1", "MaxOrderQty=1000000"],
             f"L5: kill {n}: the old set or the new", now)
        t.ok(new or not out.startswith("ok"), "and what was answered is there",
             out)
        if new:
            break
    t.ok(new, "at last it stands", now)
    out = g.fixgate("risk", "put", "account", "DEMO", "if=2", "MaxOrderQty=8",
                    check=False)
    t.ok(out.startswith("error: this loosens MaxOrderQty"), "not alone", out)
    out = g.fixgate("risk", "put", "session", "CLIENT44", "if=2",
                    "MaxOrderQty=6")
    g.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 60
    while "settings reloaded" not in g.tail() and time.monotonic() < end:
        time.sleep(0.01)
    t.ok("settings reloaded" in g.tail() and "MaxOrderQty=7\n" in
         g.fixgate("risk", "get", "account", "DEMO"),
         "a reload of the settings does not undo it", g.tail())
    g.kill()
    g.start()
    t.ok("MaxOrderQty=6\n" in g.fixgate("risk", "get", "session", "CLIENT44"),
         "nor does a start undo a session's")
    out = g.fixgate("risk", "propose", "account", "DEMO", "if=3",
                    "MaxOrderQty=8")
    t.ok(out == "ok: proposal 1\n", "a proposal", out)
    out = g.fixgate("risk", "approve", "1", check=False)
    me = pwd.getpwuid(os.getuid()).pw_name
    t.ok(out.startswith(f"error: {me} has proposed it"),
         "L3: who proposed it is known by the socket, and can't approve", out)
    out = g.fixgate("risk", "history")
    t.ok(f"2 set account DEMO by {me}" in out and "proposal 1" in out,
         "history names who", out)


def quantity(g, to):
    """Another line in the file, and a start."""
    with open(g.conf) as f:
        text = f.read()
    with open(g.conf, "w") as f:
        f.write(re.sub(r"(?m)^MaxOrderQty=\d+$", f"MaxOrderQty={to}", text, 1))
    g.stop()
    with open(g.log, "w"):
        pass
    g.start()
    return g.fixgate("risk", "get", "account", "DEMO").splitlines()[:2]


with Gateway(DEMO) as g:
    g.start()
    out = quantity(g, 2000000)
    line = 1 + open(g.conf).read().split("\n").index("[RISK account DEMO]")
    t.ok(out == ["version=1", "MaxOrderQty=1000000"],
         "a start with a looser file does not loosen", out)
    t.ok(f"{g.conf}:{line}: account DEMO: MaxOrderQty is 2000000 in the "
         "settings, which is looser, and stays 1000000 until somebody says "
         "'fixgate risk approve 1'" in open(g.log).read(),
         "and says where, what and how", g.tail())
    g.fixgate("risk", "approve", "1")
    out = quantity(g, 2000000)
    t.ok(out == ["version=2", "MaxOrderQty=2000000"] and
         "looser" not in open(g.log).read(), "what was approved stays", out)
with Gateway(DEMO) as g:
    g.start()
    out = quantity(g, 5)
    t.ok(out == ["version=2", "MaxOrderQty=5"],
         "a start with a tighter file tightens, by a new version", out)
t.done()
