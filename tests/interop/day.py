"""A trading day that every foreign engine goes through, in each version."""
from peers import order


class Day:
    """t: Tap; peer: a LinePeer that is logged on; version: key of VERSIONS."""

    def __init__(self, t, peer, version, tag):
        self.t, self.peer, self.version, self.tag = t, peer, version, tag
        self.n = 0
        self.exec_ids = set()

    def cid(self):
        self.n += 1
        return f"{self.tag}-{self.n}"

    def fill_type(self, status):
        return status if self.version == "4.2" else "F"

    def ok(self, good, name, detail=""):
        self.t.ok(good, f"{self.tag}: {name}", detail)

    def report(self, cid, exec_type, status):
        m = self.peer.wait_app(t35="8", t11=cid, t150=exec_type, t39=status)
        bad = m[17] in self.exec_ids
        self.exec_ids.add(m[17])
        if bad:
            self.ok(False, "ExecIDs are unique", str(m))
        return m

    def new(self, *args, **kw):
        cid = self.cid()
        self.peer.send("D", order(cid, *args, **kw))
        return cid

    def acked(self, *args, **kw):
        cid = self.new(*args, **kw)
        self.report(cid, "0", "0")
        return cid

    def cancel(self, orig, side, qty, symbol="AAPL"):
        cid = self.cid()
        self.peer.send("F", [(41, orig), (11, cid), (55, symbol), (54, side),
                             *[f for f in order(cid, side, qty)
                               if f[0] in (1, 60, 38)]])
        return cid

    def replace(self, orig, side, qty, price):
        cid = self.cid()
        self.peer.send("G", [(41, orig), *order(cid, side, qty, price)])
        return cid

    # --- what a desk does ---------------------------------------------------

    def market(self):
        cid = self.acked("1", 10)
        m = self.report(cid, self.fill_type("2"), "2")
        self.ok(m[14] == "10" and m[151] == "0", "a market order fills", m)

    def limit_and_cancel(self):
        cid = self.acked("1", 20, "180.00")
        can = self.cancel(cid, "1", 20)
        self.report(can, "6", "6")
        m = self.report(can, "4", "4")
        self.ok(m[41] == cid and m[151] == "0",
                "a resting limit order is cancelled", m)

    def ioc(self):
        cid = self.acked("1", 10, "200.00", tif="3")
        m = self.report(cid, self.fill_type("2"), "2")
        self.ok(m[14] == "10", "an IOC order fills", m)
        cid = self.acked("1", 10, "180.00", tif="3")
        m = self.report(cid, "4", "4")
        self.ok(m[14] == "0", "an IOC order that can't fill is cancelled", m)

    def fok(self):
        cid = self.acked("1", 90000, "190.00", tif="4")
        m = self.report(cid, "4", "4")
        self.ok(m[14] == "0", "a FOK order that can't fill whole is cancelled",
                m)

    def partial_replace_cancel(self):
        cid = self.acked("1", 50000, "187.30", symbol="AAPL")
        m = self.report(cid, self.fill_type("1"), "1")
        self.ok(int(m[14]) > 0 and int(m[151]) > 0,
                "a big order fills in part", m)
        rep = self.replace(cid, "1", 60000, "180.10")
        self.report(rep, "E", "E")
        m = self.peer.wait_app(t35="8", t11=rep, t150="5")
        self.ok(m[41] == cid and m[38] == "60000" and m[39] == "1",
                "it is replaced while part filled", m)
        can = self.cancel(rep, "1", 60000)
        m = self.report(can, "4", "4")
        self.ok(m[41] == rep and int(m[14]) > 0, "and the rest cancelled", m)

    def replace_unfilled(self):
        cid = self.acked("2", 30, "195.00")
        rep = self.replace(cid, "2", 40, "196.00")
        self.report(rep, "E", "E")
        m = self.peer.wait_app(t35="8", t11=rep, t150="5")
        want = "5" if self.version == "4.2" else "0"
        self.ok(m[39] == want, f"a replace of an unfilled order is 39={want}",
                m)
        self.report(self.cancel(rep, "2", 40), "4", "4")

    def stop(self):
        cid = self.acked("1", 10, otype="3", extra=[(99, "195.00")])
        m = self.report(self.cancel(cid, "1", 10), "4", "4")
        self.ok(m[39] == "4", "a stop order waits and is cancelled", m)

    def refused(self):
        cid = self.new("1", 10, "300.00")
        m = self.report(cid, "8", "8")
        self.ok("COLLAR" in m.get(58, ""), "risk refuses a price off the "
                "collar and says so", m)
        cid = self.new("1", 10, "10.00", symbol="NOSUCH")
        m = self.report(cid, "8", "8")
        self.ok(m.get(103) == "1", "an unknown symbol is OrdRejReason 1", m)
        cid = self.cid()
        self.peer.send("F", [(41, "never"), (11, cid), (55, "AAPL"),
                             (54, "1"), (60, order("x", "1", 1)[5][1]),
                             (38, 1)])
        m = self.peer.wait_app(t35="9", t11=cid)
        self.ok(m.get(102) == "1" and m.get(37) == "NONE",
                "a cancel of an unknown order is CxlRejReason 1", m)

    def status(self):
        cid = self.acked("1", 15, "181.00")
        self.peer.send("H", [(11, cid), (55, "AAPL"), (54, "1")])
        want = "0" if self.version == "4.2" else "I"
        m = self.peer.wait_app(t35="8", t11=cid, t150=want, t17="0")
        self.ok(m[39] == "0" and m[38] == "15", "a status request is answered",
                m)
        self.report(self.cancel(cid, "1", 15), "4", "4")

    def unsupported(self):
        self.peer.send("c", [(320, "S1"), (321, "0"), (55, "AAPL")])
        m = self.peer.wait_app(t35="j", t372="c")
        self.ok(m.get(380) == "3", "an unsupported message type is 35=j", m)

    def run(self):
        self.market()
        self.limit_and_cancel()
        self.ioc()
        self.fok()
        self.partial_replace_cancel()
        self.replace_unfilled()
        self.stop()
        self.refused()
        self.status()
        self.unsupported()
