#!/usr/bin/env python3
"""QuickFIX (libquickfix) against the gateway: clients in FIX.4.2, FIX.4.4 and
FIXT.1.1 with FIX.5.0SP2, and an acceptor that the gateway logs on to."""
import os
import sys

from day import Day
from fixclient import FixClient
from gateway import FULL, TOP, Gateway, free_port
from peers import QF_PEER, VERSIONS, QuickFix
from tap import Tap

t = Tap()
THEIRS = os.path.join(os.environ.get("FIXGATE_SHARED",
                                     os.path.join(TOP, "..", "shared")),
                      "data", "dictionaries", "quickfix")


def lost_and_killed(gw, qf, version, tag):
    """Connection lost, client killed, gateway killed: nothing is missing."""
    day = Day(t, qf, version, tag.replace(" ", "_"))
    live = day.acked("1", 25, "179.00")
    qf.kill()
    qf.start()
    qf.wait_event("logon")
    day.report(day.cancel(live, "1", 25), "4", "4")
    t.ok(True, f"{tag}: a killed client comes back and cancels its order")
    live = day.acked("1", 35, "179.50")
    qf.events.clear()
    gw.kill()
    qf.wait_event("logout")
    gw.start()
    qf.wait_event("logon")
    day.report(day.cancel(live, "1", 35), "4", "4")
    t.ok(True, f"{tag}: a killed gateway comes back with the order")
    # A fill while the client is away reaches it by resend.
    live = day.acked("1", 5, "187.24")
    qf.kill()
    other = FixClient("FIX.4.2", "OTHER", "FIXGATE")
    other.connect(gw.port)
    other.send("D", [(11, f"{day.tag}-x"), (1, "DEMO"), (21, 1), (55, "AAPL"),
                     (54, 2), (60, "20260101-00:00:00"), (38, 50000), (40, 2),
                     (44, "187.24"), (59, 3)])
    other.wait(lambda m: m.type == "8" and m.get(39) in "24")
    other.logout()
    qf.start()
    qf.wait_event("logon")
    m = qf.wait_app(t35="8", t11=live, t39="2")
    t.ok(m.get(43) == "Y", f"{tag}: a fill while it was away is resent", m)
    t.ok(gw.fixgate("orders", "--json") != "", f"{tag}: orders are listed")


def client(version, dicts, label):
    begin, comp, _, _ = VERSIONS[version]
    tag = f"QF {version}{label}"
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read()
    conf += "\n[SESSION]\nBeginString=FIX.4.2\nTargetCompID=OTHER\n"
    with Gateway(conf) as gw:
        qf = QuickFix(version, gw.port, dicts=dicts)
        try:
            gw.start()
            qf.start()
            qf.wait_event("logon")
            t.ok(True, f"{tag}: logs on")
            Day(t, qf, version, (comp + label).replace(" ", "_")).run()
            lost_and_killed(gw, qf, version, tag)
            rejects = [m for m in qf.admins if m.get(35) == "3"]
            t.ok(not rejects, f"{tag}: no session Reject went either way",
                 rejects[:3])
        except Exception as e:
            t.ok(False, f"{tag}: the day ends", f"{type(e).__name__}: {e}\n" +
                 gw.tail())
        finally:
            qf.close()


def acceptor(version):
    """The gateway as initiator; QuickFIX accepts and sends it orders."""
    begin, comp, _, appl = VERSIONS[version]
    port = free_port()
    tag = f"QF acceptor {version}"
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read()
    extra = f"DefaultApplVerID={appl}\n" if appl else ""
    # The demo's acceptor session of that name becomes an initiator's.
    parts = conf.split("[SESSION]")
    conf = "[SESSION]".join(p for p in parts
                            if f"TargetCompID={comp}" not in p)
    tail = [p for p in parts if f"TargetCompID={comp}" in p]
    for p in tail:  # keep other sections that followed it
        cut = p.find("\n[")
        if cut >= 0:
            conf += p[cut:]
    conf += (f"\n[SESSION]\nConnectionType=initiator\nBeginString={begin}\n"
             f"TargetCompID={comp}\nSocketConnectHost=127.0.0.1\n"
             f"SocketConnectPort={port}\nReconnectInterval=1\n"
             f"HeartBtInt=30\n{extra}")
    with Gateway(conf) as gw:
        qf = QuickFix(version, port, role="acceptor")
        try:
            qf.start()
            qf.wait_event("ready")
            gw.start()
            qf.wait_event("logon")
            t.ok(True, f"{tag}: the gateway logs on")
            day = Day(t, qf, version, f"acc{version}")
            day.market()
            day.limit_and_cancel()
            qf.kill()
            qf.start()
            qf.wait_event("logon")
            day.market()
            t.ok(True, f"{tag}: and again after the acceptor was killed")
        except Exception as e:
            t.ok(False, f"{tag}: works", f"{type(e).__name__}: {e}\n" +
                 gw.tail())
        finally:
            qf.close()


def main():
    if not os.path.exists(QF_PEER):
        t.skip("QuickFIX", "libquickfix-dev is not installed")
        t.done()
    which = sys.argv[1:] or (list(VERSIONS) if FULL else ["4.4"])
    for version in which:
        client(version, None, "")
    if not FULL and not sys.argv[1:]:
        t.done()
    if os.path.isdir(THEIRS):
        client("4.4", THEIRS, " with its own dictionary")
    else:
        t.skip("QuickFIX with its own dictionaries", "no ../shared")
    acceptor("4.4")
    acceptor("5.0SP2")
    t.done()


if __name__ == "__main__":
    main()
