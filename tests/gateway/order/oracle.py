#!/usr/bin/env python3
"""The order desk against a model of it in another language.

The model below says what a client must be told, by the tables and rules of
order state alone: it knows no file of the desk. Random requests of a client and
events of a venue, restarts among them, go to both, in the faces of FIX 4.2, 4.4
and 5.0SP2; every report must be the same, and what the three faces say must be
the same events (V-42). A difference is made small before it is printed.

ORACLE_EVENTS=n plays n of them (1500, with FIXGATE_TEST_SIZE=full 100000),
ORACLE_SEED=n another sequence."""
import os
import random
import subprocess

from gateway import BUILD, FULL
from tap import Tap

FACES = ["4.2", "4.4", "5.0SP2"]
DESK = os.path.join(BUILD, "tests", "gateway", "order", "desk_play")
QUEUE = 8  # requests that wait behind a pending one


class Order:
    def __init__(self, x, qty):
        self.id = x          # last accepted
        self.qty, self.cum, self.status = qty, 0, "A"
        self.acked = self.replaced = False
        self.pending = None  # (kind, id, 41 as sent, qty)
        self.queue = []
        self.canceled_by = None
        self.ended = False
        self.parts = {}      # venue's ExecID: [qty, px, live, number told]

    def leaves(self):
        return 0 if self.ended else max(self.qty - self.cum, 0)


class Model:
    """A client's session at a desk, in one face."""

    def __init__(self, face):
        self.old = face == "4.2"
        self.uses = {}       # id: order
        self.refused = set()
        self.seen = set()    # ExecIDs of the venue
        self.out = []
        self.told = 0

    # -- what is told --

    def state(self, o, under=False):
        """Section 4: pending cancel over pending replace over the rest."""
        if o.pending and not under:
            return "6" if o.pending[0] == "F" else "E"
        if self.old and o.status == "0" and o.replaced:
            return "5"
        return o.status

    def id_of(self, o):
        return o.canceled_by if self.old and o.canceled_by else o.id

    def report(self, o, what, x=None, orig=None, last=0, ref=None):
        avg = 0
        if o.cum > 0:
            paid = sum(p[0] * p[1] for p in o.parts.values() if p[2])
            avg = (paid * 10 ** 8 * 2 + o.cum) // (2 * o.cum)
        line = f"8 {x or self.id_of(o)}{',' + orig if orig else ''} " \
               f"{what}/{self.state(o)} {o.qty} {o.cum} {o.leaves()}"
        if last:
            line += f" {last}"
        line += f" 6={avg}"
        if ref is not None:
            line += f" 19={ref}"
        self.say(line)

    def say(self, line):
        self.out.append(line)
        self.told += 1

    def nay(self, o, x, orig, reason, kind):
        """Section 7."""
        if o is None:
            shown, state = orig, "8"
        else:
            state = self.state(o)
            # 4.2: as sent; later the last accepted, or the one named of two
            shown = orig if self.old or orig == o.canceled_by else o.id
        if self.old and reason > 3:
            reason = 2
        self.say(f"9 {x},{shown} {state} {reason}/{1 if kind == 'F' else 2}")

    # -- requests --

    def D(self, x, qty):
        if x in self.uses:
            self.report(self.uses[x], "8", x=x)
            return
        self.uses[x] = Order(x, int(qty))

    def F(self, x, orig):
        self.change("F", x, orig, 0)

    def G(self, x, orig, qty):
        self.change("G", x, orig, int(qty))

    def change(self, kind, x, orig, qty):
        o = self.uses.get(orig)
        if o is None:
            self.nay(None, x, orig, 1, kind)
        elif x in self.uses:
            self.nay(o, x, orig, 6, kind)
        else:
            self.uses[x] = o
            chain = o.queue + ([o.pending] if o.pending else [])
            if kind == "F" and any(c[0] == "F" for c in chain):
                self.nay(o, x, orig, 3, kind)
            elif o.pending and len(o.queue) >= QUEUE:
                self.nay(o, x, orig, 3, kind)
            elif o.pending:
                o.queue.append((kind, x, orig, qty))
            else:
                self.begin(o, (kind, x, orig, qty))

    def begin(self, o, want):
        if o.ended or o.status == "2":
            self.nay(o, want[1], want[2], 0, want[0])
            return
        o.pending = want
        self.report(o, "6" if want[0] == "F" else "E", x=want[1], orig=o.id)

    def go_on(self, o):
        while o.queue and not o.pending:
            self.begin(o, o.queue.pop(0))

    def H(self, x):
        o = self.uses.get(x)
        if o is None:
            self.say(f"8 {x} I/8 0 0 0 6=0")
            return
        now = o.id
        if o.canceled_by and (self.old or x != o.id):
            now = o.canceled_by
        if o.pending and x == o.pending[1]:
            self.report(o, "I", x=x, orig=o.id)
        else:
            self.report(o, "I", x=now, orig=x if x != now else None)

    # -- what the venue says --

    def V(self, what, x, ex, ref, qty, px):
        getattr(self, "on_" + what)(self.uses[x], ex, ref, int(qty), int(px))

    def new(self, o):
        o.acked = True
        self.by_quantity(o)
        self.report(o, "0")

    def by_quantity(self, o):
        if not o.ended:
            o.status = "2" if o.cum >= o.qty else "1" if o.cum else \
                "0" if o.acked else "A"

    def on_ack(self, o, *_):
        if not o.acked and not o.ended:
            self.new(o)

    def end(self, o, status):
        """The order is over; a pending cancel is answered by a cancel only."""
        if o.status == "2":
            if o.pending:
                self.answer_no(o, 0)
            return
        if o.ended:
            return
        by = o.pending if status == "4" and o.pending and \
            o.pending[0] == "F" else None
        if not o.acked and status != "8" and not by:
            self.new(o)
        left, o.pending = o.pending, None
        o.ended, o.status = True, status
        o.acked = o.acked or status == "4"
        if by:
            o.canceled_by = by[1]
            self.report(o, status, x=by[1], orig=o.id)
        else:
            self.report(o, status)
            if left:
                self.nay(o, left[1], left[2], 0, left[0])
        self.go_on(o)

    def on_reject(self, o, *_):
        if not o.cum:
            self.end(o, "8")

    def on_canceled(self, o, *_):
        self.end(o, "4")

    on_killed = on_canceled

    def on_expired(self, o, *_):
        self.end(o, "C")

    def on_done(self, o, *_):
        self.end(o, "3")

    def answer_no(self, o, reason):
        want, o.pending = o.pending, None
        self.nay(o, want[1], want[2], reason, want[0])
        self.go_on(o)

    def on_refused(self, o, ex, ref, reason, px):
        if o.pending:
            self.answer_no(o, reason)

    def on_replaced(self, o, *_):
        want = o.pending
        if not want or want[0] != "G":
            return
        if not o.acked:
            self.new(o)
        was, o.pending = o.id, None
        o.id, o.qty, o.replaced = want[1], max(want[3], o.cum), True
        self.by_quantity(o)
        self.report(o, "5", orig=was)
        self.go_on(o)

    def on_restated(self, o, ex, ref, qty, px):
        if o.ended or o.status == "2":
            return
        if not o.acked:
            self.new(o)
        o.qty = max(qty, o.cum)
        self.by_quantity(o)
        self.report(o, "D")

    def on_fill(self, o, ex, ref, qty, px):
        if ex in self.seen or o.status == "8":
            return
        self.seen.add(ex)
        if not o.acked:
            self.new(o)
        o.cum += qty
        self.by_quantity(o)
        o.parts[ex] = [qty, px, True, self.told]
        self.report(o, "F", last=qty)

    def on_bust(self, o, ex, ref, qty, px):
        self.take_back(o, ex, ref, 0, 0, "H")

    def on_correct(self, o, ex, ref, qty, px):
        self.take_back(o, ex, ref, qty, px, "G")

    def take_back(self, o, ex, ref, qty, px, what):
        p = o.parts.get(ref)
        if p is None or not p[2] or ex in self.seen:
            return
        self.seen.add(ex)
        p[2] = False
        o.cum += qty - p[0]
        self.by_quantity(o)
        if what == "G":
            o.parts[ex] = [qty, px, True, self.told]
        self.report(o, what, last=qty, ref=p[3])

    def R(self):
        pass                 # nobody may notice

    def run(self, line):
        self.out = []
        w = line.split()
        getattr(self, w[0])(*w[1:])
        return self.out


def sequence(rnd, n):
    """Random lines that a client and a venue could say."""
    out, ids, execs, count = [], [], [], 0

    def fresh():
        nonlocal count
        count += 1
        return f"i{count}"
    first = fresh()
    out.append(f"D {first} {rnd.randint(1, 9) * 10}")
    chain = [first]
    for _ in range(n):
        k = rnd.random()
        if k < .16:
            x = fresh() if rnd.random() < .9 else rnd.choice(chain)
            orig = rnd.choice(chain[-3:]) if rnd.random() < .95 else "no"
            out.append(f"F {x} {orig}")
            chain.append(x)
        elif k < .36:
            x = fresh() if rnd.random() < .95 else rnd.choice(chain)
            out.append(f"G {x} {rnd.choice(chain[-3:])} "
                       f"{rnd.randint(1, 12) * 10}")
            chain.append(x)
        elif k < .44:
            out.append(f"H {rnd.choice(chain + ['none'])}")
        elif k < .46:
            out.append(f"D {first} 50")
        elif k < .50:
            out.append("R")
        else:
            what = rnd.choice("ack ack fill fill fill fill canceled killed "
                              "replaced replaced replaced refused refused "
                              "expired done reject restated bust correct"
                              .split())
            if what in ("expired", "done", "reject", "killed") and \
                    rnd.random() < .7:
                continue
            ex = f"e{len(execs)}-{rnd.randint(0, 1)}"
            ref = rnd.choice(execs) if execs else "-"
            if what in ("bust", "correct") and not execs:
                continue
            if what == "fill" and execs and rnd.random() < .1:
                ex = rnd.choice(execs)
            if what not in ("fill", "correct", "bust"):
                ex = f"o{len(out)}"  # the venue's, and never again
            qty = rnd.choice((0, 2)) if what == "refused" else \
                rnd.randint(1, 5) * 10
            out.append(f"V {what} {first} {ex} "
                       f"{ref if what in ('bust', 'correct') else '-'} "
                       f"{qty} {rnd.randint(9, 11)}")
            if what in ("fill", "correct") and ex not in execs:
                execs.append(ex)
    return out


def playable(lines):
    """Without what the tables leave to the venue, or to an operator."""
    m, out, told = Model("4.4"), [], {}
    for line in lines:
        w = line.split()
        if w[0] == "V":
            o = m.uses.get(w[2])
            if o is None:
                continue
            p = o.pending
            if w[1] == "replaced" and (not p or p[0] != "G"):
                continue
            if w[1] == "reject" and (o.cum or o.parts):
                continue
            if o.status == "8" or w[1] == "restated" and (p or o.ended or
                                                          o.status == "2"):
                continue
            if w[1] in ("fill", "correct"):  # the same again, or a new one
                told.setdefault(w[3], line)
                if told[w[3]] != line:
                    continue
            if w[1] == "bust" and w[3] in m.seen or \
                    w[1] in ("bust", "correct") and (
                        w[4] not in o.parts or not o.parts[w[4]][2]):
                continue
        out.append(line)
        m.run(line)
    return out


def desk(sequences, face, twice=""):
    """@return for each sequence its answers, a list of lines for each line"""
    text = "".join(f"N {face} {twice}\n" + "\n".join(s) + "\n" for s in sequences)
    p = subprocess.run([DESK], input=text, text=True, capture_output=True,
                       timeout=600)
    blocks, now = [], []
    for line in p.stdout.splitlines():
        if line == ".":
            blocks.append(now)
            now = []
        elif line[:2] in ("8 ", "9 "):
            now.append(line)
    out, at = [], 0
    for s in sequences:
        out.append(blocks[at + 1:at + 1 + len(s)])
        at += 1 + len(s)
    if p.returncode != 0:
        out.append([[p.stderr + p.stdout[-2000:]]])
    return out


def differs(lines, face, got=None):
    """@return None, or what was wanted and what came at the first line"""
    got = desk([lines], face)[0] if got is None else got
    m = Model(face)
    for i, line in enumerate(lines):
        want = m.run(line)
        came = got[i] if i < len(got) else ["the desk gave up"]
        if want != came:
            return (f"at {line}\nwanted {want}\ncame   {came}")
    return None


def shrink(lines, face):
    i = len(lines) - 1
    while i >= 0:
        fewer = playable(lines[:i] + lines[i + 1:])
        if fewer and differs(fewer, face):
            lines = fewer
            i = min(i, len(lines))
        i -= 1
    return lines


def events(line):
    """A report as the event that it tells, whatever the face (V-42)."""
    w = line.split()
    if w[0] == "9":
        # 41 and 102 are the face's, and so is 39=5
        return ("9", w[1].split(",")[0], w[2].replace("5", "0"), w[3][-1])
    what, state = w[2].split("/")
    return ("8", what, state.replace("5", "0"), *w[3:])


t = Tap()
n = int(os.environ.get("ORACLE_EVENTS", "100000" if FULL else "1500"))
rnd = random.Random(int(os.environ.get("ORACLE_SEED", "1")))
todo = []
while sum(map(len, todo)) < n:
    todo.append(playable(sequence(rnd, 25)))
said = {}
for face in FACES:
    got = said[face] = desk(todo, face)
    bad = [s for s, g in zip(todo, got) if differs(s, face, g)]
    detail = ""
    if bad:
        # one that gives up takes those behind it along
        least = shrink(next((s for s in sorted(bad, key=len)[:300]
                             if differs(s, face)), bad[0]), face)
        detail = f"{len(bad)} of {len(todo)} sequences differ; the least:\n" \
            + "\n".join(least) + "\n" + str(differs(least, face))
    t.ok(not bad, f"{face}: {sum(map(len, todo))} events, the desk tells "
         f"what the model does", detail)
    t.ok(len(got) == len(todo), f"{face}: the desk's own checks hold",
         "" if len(got) == len(todo) else got[-1][0][0])
again = [desk(todo, f, "twice") for f in FACES]
bad = [(f, a, i) for f, g in zip(FACES, again) for i, (a, b) in
       enumerate(zip(g, said[f])) if a != b]
t.ok(not bad and all(len(g) == len(todo) for g in again),
     "a venue that says everything twice changes nothing",
     "" if not bad else "\n".join(todo[bad[0][2]]) + f"\n{bad[0][0]}:\n" +
     "\n".join(f"{x} {y}" for x, y in zip(bad[0][1],
               said[bad[0][0]][bad[0][2]]) if x != y))
flat = {f: [[events(x) for x in b] for g in said[f][:len(todo)] for b in g]
        for f in FACES}
t.ok(flat["4.2"] == flat["4.4"] == flat["5.0SP2"],
     "the three faces tell the same events")
t.done()
