"""A venue that speaks FIX and says what it is told, as one of Type=told does:

    venue NAME EVENT [ORDER] [WORD...]

on a socket of its own, so that `fixgate control --socket` reaches it (see
gateway/trader/told.c for the words). ORDER is the ClOrdID of a client of the
gateway that is tested: that gateway is asked which ids the order has here. An
answer comes when the gateway has taken what was said."""
import os
import select
import socket
import threading
import time

from fixclient import FixClient, utc


class Acceptor(FixClient):
    """The other end of an initiator, over connections."""

    def __init__(self, begin, appl=None, sender="VENUE", target="GATE"):
        super().__init__(begin, sender, target, appl=appl)
        self.lst = socket.create_server(("127.0.0.1", 0))
        self.port = self.lst.getsockname()[1]
        self.open = True
        self.answers = set()    # TestReqIDs that came back
        self.logons = 0
        self.hold = None        # a list: ResendRequests wait in it

    def resend(self, begin, end):
        if self.hold is None:
            super().resend(begin, end)
        else:
            self.hold.append((begin, end))

    def release(self):
        held, self.hold = self.hold, None
        for x in held:
            self.resend(*x)

    def accept(self):
        s, _ = self.lst.accept()
        if not self.open or self.sock is not None:
            s.close()
            return
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = s

    def turn(self, timeout, more=()):
        """@return those of more that can be read"""
        socks = [self.lst, *more] + ([self.sock] if self.sock else [])
        ready, _, _ = select.select(socks, [], [], timeout)
        if self.lst in ready:
            self.accept()
        if self.sock in ready:
            self.pump(0)
        return [x for x in more if x in ready]

    def take(self, m):
        if m.type == "A":
            if m.get(141) == "Y":
                self.next_in = self.next_out = 1
                self.sent, self.seen = {}, {}
            self.logons += 1
            self.write(self.number("A", [(98, 0), (108, m.get(108))] +
                                   ([(141, "Y")] if m.get(141) else []) +
                                   ([(1137, self.appl)] if self.appl else [])))
        if m.type == "0" and m.get(112):
            self.answers.add(m.get(112))
        super().take(m)

    def taken(self, timeout=30):
        """All that was said has been taken by the peer."""
        if self.sock is None:
            return
        mark = f"T{self.next_out}"
        self.write(self.number("1", [(112, mark)]))
        end = time.monotonic() + timeout
        while mark not in self.answers:
            if self.sock is None:
                return
            if time.monotonic() > end:
                raise TimeoutError("no answer to a TestRequest")
            self.turn(0.2)

    def close(self):
        self.lost()
        self.lst.close()


def base_of(venue_id):
    return venue_id.rsplit("-", 1)[0]


class Order:
    def __init__(self, m):
        self.id, self.base = m.get(11), base_of(m.get(11))
        self.symbol, self.side = m.get(55), m.get(54)
        self.qty, self.px = float(m.get(38)), m.get(44)
        self.cum, self.paid = 0, 0
        self.request = None     # F or G
        self.execs = {}         # ExecID -> (quantity, price)
        self.ended = None

    def status(self):
        if self.ended:
            return self.ended
        return "2" if self.cum >= self.qty else "1" if self.cum > 0 else "0"


def plain(x):
    return f"{x:.8f}".rstrip("0").rstrip(".")


class Told(Acceptor):
    """Its loop runs in a thread. Version is "4.2", "4.4" or "5.0SP2"."""
    TYPES = {"ack": "0", "fill": "F", "canceled": "4", "killed": "4",
             "replaced": "5", "expired": "C", "done": "3", "restated": "D",
             "triggered": "L", "stopped": "7", "bust": "H", "correct": "G",
             "status": "I", "unknown": "I", "reject": "8"}

    def __init__(self, version, folder):
        begin = {"4.2": "FIX.4.2", "4.4": "FIX.4.4"}.get(version, "FIXT.1.1")
        super().__init__(begin, "9" if begin == "FIXT.1.1" else None)
        self.old = version == "4.2"
        self.path = os.path.join(folder, "told.sock")
        self.ctl = socket.socket(socket.AF_UNIX)
        self.ctl.bind(self.path)
        self.ctl.listen(8)
        self.orders, self.ids = {}, set()
        self.execs = 0
        self.gateway = None     # whose venue this is
        self.error = None
        self.running = True

    def start(self, gateway):
        self.gateway = gateway
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.running = False
        self.thread.join(10)
        self.ctl.close()
        self.close()

    def run(self):
        while self.running:
            for ctl in self.turn(0.1, [self.ctl]):
                s, _ = ctl.accept()
                with s:
                    line = s.recv(4096).decode().split()
                    try:
                        self.say(line[2], line[3:])
                        s.sendall(b"ok\n")
                    except Exception as e:      # the test must see it
                        self.error = f"{' '.join(line)}: {e!r}"
                        s.sendall(f"error: {self.error}\n".encode())

    def use(self, m):
        super().use(m)
        if m.type in self.ADMIN:
            return
        if m.type in "DFG":
            self.ids.add(m.get(11))
        if m.type == "D":
            self.orders.setdefault(base_of(m.get(11)), Order(m))
        elif m.type in "FG":
            self.orders[base_of(m.get(11))].request = m

    # --- what is said -------------------------------------------------------

    def ask(self, *words):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.gateway.dir, "data", "trading",
                                   "control.sock"))
            s.sendall((" ".join(words) + "\n").encode())
            data = b""
            while True:
                got = s.recv(4096)
                if not got:
                    return data.decode()
                data += got

    def find(self, name):
        """The order, once all that the gateway has sent about it is here."""
        ids = self.ask("venue", "FAR", "ids", name).split()
        if not ids or ids[0] == "error:":
            raise KeyError(name)
        end = time.monotonic() + 10
        while not set(ids) <= self.ids and time.monotonic() < end and \
                self.sock is not None:
            self.turn(0.1)
        return self.orders[base_of(ids[0])]

    def link(self, up):
        if up:
            times = self.lines("venue FAR is up") + 1
            self.open = True
            end = time.monotonic() + 30
            while self.lines("venue FAR is up") < times:
                self.turn(0.02)
                if time.monotonic() > end:
                    raise TimeoutError("it does not come back")
            return
        times = self.lines("venue FAR is down") + 1
        self.open = False
        self.lost()
        while self.lines("venue FAR is down") < times:
            self.turn(0.01)

    def lines(self, text):
        with open(self.gateway.log) as f:
            return f.read().count(text)

    def say(self, event, words):
        if event in ("up", "down"):
            self.link(event == "up")
            return
        name, words = words[0], words[1:]
        o = None if name == "-" else self.find(name)
        w = {"times": "1"}
        for x in words:
            key, eq, value = x.partition("=")
            w[key if eq else "@" if x[0] == "@" else "n"] = \
                value if eq else x.lstrip("@")
        self.execs += 1
        w["exec"] = f"{name}.{w['exec']}" if "exec" in w else \
            f"T{os.getpid()}.{self.execs}"
        if "ref" in w:
            w["ref"] = f"{name}.{w['ref']}"
        if event == "refused":
            out = ("9", self.nay(o, w))
        else:
            out = ("8", self.report(event, o, w))
        for i in range(int(w["times"])):
            self.send(out[0], ([(97, "Y")] if i else []) + out[1])
        self.taken()

    def nay(self, o, w):
        r, o.request = o.request, None
        kind = r.type if r else "F"
        return [(37, "V" + o.base), (11, r.get(11) if r else o.id),
                (41, o.id), (39, o.status()), (102, w.get("why", "0")),
                (434, "1" if kind == "F" else "2"), (60, utc())] + \
            ([(58, w["text"])] if "text" in w else [])

    def change(self, event, o, w):
        """What it does to the order. @return ids (11, 41), last (32, 31)"""
        ids, last = [(11, o.id)], ()
        r = o.request
        if event in ("canceled", "replaced") and r is not None:
            ids = [(11, r.get(11)), (41, o.id)]
            o.request = None
        if event == "replaced":
            if r is not None:
                o.id = r.get(11)
                o.qty, o.px = float(r.get(38)), r.get(44) or o.px
            o.qty = max(float(w.get("n", o.qty)), o.cum)
            o.px = w.get("@", o.px)
        elif event == "restated":
            o.qty, o.px = float(w.get("n", o.qty)), w.get("@", o.px)
            o.cum = float(w.get("cum", o.cum))
        elif event in ("canceled", "killed", "expired", "reject"):
            o.ended = {"canceled": "4", "killed": "4", "expired": "C",
                       "reject": "8"}[event]
        if event in ("fill", "stopped", "correct"):
            last = (float(w.get("n", 0)), w.get("@", o.px or "0"))
        if event == "fill" and w["exec"] not in o.execs:
            o.cum += last[0]
            o.execs[w["exec"]] = last
        elif event in ("bust", "correct") and w["ref"] in o.execs:
            o.cum += (last[0] if last else 0) - o.execs.pop(w["ref"])[0]
            o.execs[w["exec"]] = last or (0, "0")
        return ids, last

    def report(self, event, o, w):
        kind = self.TYPES[event]
        ids, last = self.change(event, o, w) if o else \
            ([], (float(w.get("n", 0)), w.get("@", "0")))
        status = w.get("39") or {"stopped": "7", "done": "3", "unknown": "8",
                                 "reject": "8"}.get(event) or \
            (o.status() if o else "0")
        cum = float(w.get("cum", o.cum if o else 0))
        qty = o.qty if o else 0
        if event == "status" and "n" in w:
            qty = float(w["n"])
        px = w.get("@") if event == "status" and "@" in w else o and o.px
        out = [(37, w.get("as") or (event == "unknown" and "NONE") or
                ("V" + o.base if o else "V-none")), *ids,
               (17, "0" if kind == "I" else w["exec"])]
        if self.old:
            done = "2" if cum >= qty else "1"
            out.append((20, {"H": "1", "G": "2", "I": "3"}.get(kind, "0")))
            kind = {"H": done, "G": done, "F": done, "I": status}.get(
                kind, "1" if event == "stopped" else kind)
        if "ref" in w:
            out.append((19, w["ref"]))
        out += [(150, kind), (39, status)]
        if event == "unknown":
            out.append((103, 5))
        elif event == "reject":
            out.append((103, w.get("why", "0")))
        elif "why" in w:
            out.append((378, w["why"]))
        out += [(55, o.symbol if o else "SYM"), (54, o.side if o else "1"),
                (38, plain(qty))]
        if px:
            out += [(40, 2), (44, px)]
        if last:
            out += [(32, plain(last[0])), (31, last[1])]
        elif self.old:
            out += [(32, 0), (31, 0)]
        leaves = 0 if status in "48C3" else max(qty - cum, 0)
        out += [(151, plain(leaves)), (14, plain(cum)), (6, 0), (60, utc())]
        if "text" in w:
            out.append((58, w["text"]))
        return out
