"""O1 to O6: what must hold after any death of the gateway, as a function of
what the parties have seen.

Views is plain data: what the client and the drop copy subscriber were sent,
what stands in the journal (journalfile.py), the simulated venue's own orders
in it, the tables as `fixgate orders` and `fixgate journal hash` show them, and
the audit trail. Each oracle raises Wrong. DOCTORED are views that it must
reject; the test runs them on views of its own.

O1 nothing at the venue without a durable intent, nothing on the wire without a
   record.
O2 the venue's fills = our position = fills told + fills not delivered yet.
O3 no MsgSeqNum with two contents.
O4 no order sent twice, no execution told twice, every order answered once.
O5 the audit trail verifies, and has an event for each message.
O6 the state is what a replay from zero gives.
"""
import copy
from collections import Counter

import journalfile as jf

E8 = 10 ** 8


class Wrong(Exception):
    """An oracle does not hold."""


def need(good, text, *more):
    if not good:
        raise Wrong(" ".join([text, *map(str, more)]))


class Wire:
    """What one peer saw: (seq, content, map) of each message, in order."""

    def __init__(self, session):
        self.session = session  # its number in the journal
        self.heard = []
        self.next_in = 1        # in sequence up to here
        self.sent = {}          # ClOrdID -> content: NewOrderSingle
        self.cancels = set()

    def take(self, m):
        if m.type != "4":
            self.heard.append((m.seq, m.content(), m.map))

    def first_told(self):
        """Each message once, in sequence."""
        by_seq = {seq: m for seq, _, m in self.heard if seq < self.next_in}
        return [by_seq[seq] for seq in sorted(by_seq)]


class Views:
    """settled: all have had time to hear all, and the tables to follow."""

    def __init__(self, client, copies, turns):
        self.client, self.copies = client, copies
        self.turns = list(turns)  # of the journal
        self.settled = False
        self.rows = None    # fixgate orders --json
        self.hashes = None  # {"tables": (hash, record), "replay": ...}
        self.audit = None   # (status of verify, its text, records with events)


def outs(v, session):
    return [r for turn in v.turns for r in turn
            if r.kind == jf.OUT and r.session == session]


def executions(maps):
    return [m for m in maps if m[35] == "8" and m.get(150) != "I"]


def fills(maps):
    """ClOrdID's OrderID -> [LastQty]"""
    out = {}
    for m in executions(maps):
        if m[150] == "F":
            out.setdefault(m[37], []).append(int(m[32]) * E8)
    return out


def told(v, wire):
    """What it was told, and what stands in the journal for it."""
    later = [r.msg.map for r in outs(v, wire.session)
             if r.seq >= wire.next_in]
    return wire.first_told() + later


def last_rows(v):
    """Fold of KEEP: orders, the venue's orders, positions."""
    orders, venue, positions = {}, {}, {}
    for turn in v.turns:
        for r in turn:
            if r.kind != jf.KEEP:
                continue
            if r.table == jf.ORDERS and r.value:
                orders[r.key] = jf.order_row(r.value)
            elif r.table == jf.POSITIONS and r.value:
                positions[r.key] = jf.I64.unpack_from(r.value)[0]
            elif r.table == jf.VENUES and jf.venue_row(r.value):
                venue[r.key] = jf.venue_row(r.value)
    return orders, venue, positions


def o1(v):
    known, asked = set(), set()
    for turn in v.turns:
        for r in turn:
            if r.kind == jf.IN and r.msg.type == "D":
                asked.add((r.session, r.msg.get(11)))
        for r in turn:
            if r.kind == jf.KEEP and r.table == jf.ORDERS and r.value:
                row = jf.order_row(r.value)
                known.update(row.venue_ids)
                need((v.client.session, row.cl_ord_id) in asked or
                     row.cl_ord_id in v.client.cancels,
                     "an order that nobody asked for:", row.cl_ord_id)
        for r in turn:
            at_venue = r.kind == jf.KEEP and r.table == jf.VENUES and \
                jf.venue_row(r.value)
            need(not at_venue or at_venue[3][0] in known,
                 "at the venue without a durable intent:", at_venue)
    for wire in (v.client, v.copies):
        kept = {r.seq: r.msg.content() for r in outs(v, wire.session)}
        for seq, content, _ in wire.heard:
            need(kept.get(seq) == content,
                 f"on the wire, not in the journal: {seq} {content}; there:",
                 kept.get(seq))


def o2(v):
    orders, venue, positions = last_rows(v)
    of = {i: row for row in orders.values() for i in row.venue_ids}
    sums, at_venue = Counter(), {}
    for side, cum, symbol, ids in venue.values():
        row = of.get(ids[0]) or of.get(ids[2])
        need(row is not None, "the venue has an order that we do not:", ids)
        at_venue[row.number] = cum
        sums[f"{row.account}\0{symbol}".encode()] += \
            cum if side == "1" else -cum
    for row in orders.values():
        need(row.cum == at_venue.get(row.number, 0),
             f"CumQty of {row.cl_ord_id}: {row.cum}, at the venue",
             at_venue.get(row.number, 0))
    for key in set(sums) | set(positions):
        need(sums[key] == positions.get(key, 0),
             f"position {key}: {positions.get(key, 0)}, fills", sums[key])
    total = sum(cum for _, cum, _, _ in venue.values())
    parties = [v.client] + ([v.copies] if v.settled else [])
    for wire in parties:
        got = fills(told(v, wire))
        need(sum(map(sum, got.values())) == total,
             f"session {wire.session} was told fills of "
             f"{sum(map(sum, got.values()))}, the venue has", total)
    by_order = {m[37]: int(m[14]) * E8
                for m in executions(told(v, v.client)) if m[150] == "F"}
    for order, quantities in fills(told(v, v.client)).items():
        need(sum(quantities) == by_order[order],
             "LastQty do not add up to CumQty:", order)


def o3(v):
    for wire in (v.client, v.copies):
        seen = {}
        for seq, content, _ in wire.heard:
            need(seen.setdefault(seq, content) == content,
                 f"session {wire.session}: MsgSeqNum {seq} has two contents:",
                 seen[seq], content)
        last = 0
        for r in outs(v, wire.session):
            need(r.seq == last + 1, f"session {wire.session}: {r.seq} is kept "
                 "behind", last)
            last = r.seq
        need(wire.next_in <= last + 1, "further than the journal:",
             wire.next_in)


def o4(v):
    orders, venue, _ = last_rows(v)
    firsts = Counter(ids[-1] or ids[0] for _, _, _, ids in venue.values())
    twice = [i for i, n in firsts.items() if n > 1]
    need(not twice, "at the venue twice:", twice)
    names = Counter(r.msg.get(11) for turn in v.turns for r in turn
                    if r.kind == jf.IN and r.msg.type == "D")
    twice = [c for c, n in names.items() if n > 1]
    need(not twice, "taken twice:", twice)
    for wire in (v.client, v.copies):
        execs = Counter(m[17] for m in executions(told(v, wire)))
        twice = [e for e, n in execs.items() if n > 1]
        need(not twice, f"session {wire.session}: told twice:", twice)
    theirs = {m[17] for m in executions(told(v, v.client))}
    ours = {m[17] for m in executions(told(v, v.copies))}
    need(ours <= theirs, "copies of nothing:", ours - theirs)
    answers = Counter(m[11] for m in executions(told(v, v.client))
                      if m[150] in "08")
    need(all(n == 1 for n in answers.values()), "answered twice:", answers)
    if v.settled:
        need(set(answers) == set(v.client.sent), "not answered:",
             set(v.client.sent) ^ set(answers))
        need(ours == theirs, "not copied:", theirs - ours)


def audited(v):
    """Numbers of the records that must have an event."""
    return {r.number for turn in v.turns for r in turn
            if r.session == v.client.session and
            (r.kind == jf.IN and r.msg.type in "DF" or
             r.kind == jf.OUT and r.msg.type == "8")}


def o5(v):
    if not v.settled:
        return
    status, said, records = v.audit
    need(status == 0, "the audit trail does not verify:", said)
    missing = audited(v) - records
    need(not missing, "records without an event:", sorted(missing)[:5])


def o6(v):
    if not v.settled:
        return
    need(v.hashes["tables"] == v.hashes["replay"],
         "a replay from zero gives another state:", v.hashes)
    orders, _, _ = last_rows(v)
    mine = {row.cl_ord_id: row.cum for row in orders.values()}
    theirs = {row["cl_ord_id"]: round(float(row["filled"]) * E8)
              for row in v.rows}
    need(mine == theirs, "the tables are not what the journal gives:",
         dict(set(mine.items()) ^ set(theirs.items())))


ORACLES = {"O1": o1, "O2": o2, "O3": o3, "O4": o4, "O5": o5, "O6": o6}


def check(v):
    for name, oracle in ORACLES.items():
        try:
            oracle(v)
        except Wrong as e:
            raise Wrong(f"{name}: {e}") from None


# --- views that must be rejected -------------------------------------------

def change(fields, tag, value):
    return tuple((t, value if t == tag else x) for t, x in fields)


def a_fill(wire):
    return next(i for i, (_, _, m) in enumerate(wire.heard)
                if m[35] == "8" and m.get(150) == "F")


def keeps(v, table):
    return [(turn, r) for turn in v.turns for r in turn
            if r.kind == jf.KEEP and r.table == table and r.value]


def drop_intent(v):
    turn, r = keeps(v, jf.ORDERS)[0]
    for other in v.turns:
        other[:] = [x for x in other if x.key != r.key or x.table != r.table]


def late_intent(v):
    turn, r = next((t, r) for t, r in keeps(v, jf.ORDERS)
                   if any(x.kind == jf.KEEP and x.table == jf.VENUES and
                          jf.venue_row(x.value) for x in t))
    turn.remove(r)
    v.turns.insert(v.turns.index(turn) + 1, [r])


def drop_record(v):
    seq = v.client.heard[a_fill(v.client)][0]
    for turn in v.turns:
        turn[:] = [r for r in turn if r.kind != jf.OUT or r.seq != seq or
                   r.session != v.client.session]


def changed_wire(v):
    i = a_fill(v.client)
    seq, content, m = v.client.heard[i]
    v.client.heard[i] = (seq, change(content, 32, "999"), m)


def drop_told(wire):
    seq = wire.heard[a_fill(wire)][0]
    wire.heard[:] = [h for h in wire.heard if h[0] != seq]


def other_quantity(v):
    i = a_fill(v.client)
    seq, content, m = v.client.heard[i]
    v.client.heard[i] = (seq, content, dict(m) | {32: str(int(m[32]) + 1)})


def other_position(v):
    _, r = keeps(v, jf.POSITIONS)[-1]
    r.value = jf.I64.pack(jf.I64.unpack_from(r.value)[0] + E8) + r.value[8:]


def venue_fills_more(v):
    row = next(r for _, r in reversed(keeps(v, jf.VENUES))
               if jf.venue_row(r.value))
    cum = jf.I64.unpack_from(row.value, 38)[0]
    row.value = row.value[:38] + jf.I64.pack(cum + E8) + row.value[46:]


def two_contents(v):
    seq, content, m = v.client.heard[a_fill(v.client)]
    v.client.heard.append((seq, change(content, 17, "E9-9-9"), m))


def number_gap(v):
    drop_record(v)
    drop_told(v.client)


def venue_twice(v):
    turn, r = next((t, r) for t, r in keeps(v, jf.VENUES)
                   if jf.venue_row(r.value))
    again = copy.copy(r)
    again.key = r.key[:-1] + bytes([r.key[-1] ^ 0x55])
    turn.append(again)


def twice_in(v):
    turn, r = next((t, r) for t in v.turns for r in t
                   if r.kind == jf.IN and r.msg.type == "D")
    turn.append(copy.copy(r))


def doubled_exec(wire):
    seq, content, m = wire.heard[a_fill(wire)]
    wire.heard.append((wire.next_in, content, m))
    wire.next_in += 1


def never_answered(v):
    v.client.sent["NOBODY"] = ()


def other_hash(v):
    v.hashes["tables"] = ("0" * 16, v.hashes["tables"][1])


def tables_behind(v):
    h, at = v.hashes["tables"]
    v.hashes["tables"] = (h, at - 1)


def row_missing(v):
    v.rows.pop()


def row_changed(v):
    v.rows[0]["filled"] = str(float(v.rows[0]["filled"]) + 1)


def no_event(v):
    status, said, records = v.audit
    v.audit = (status, said, records - {max(audited(v))})


def not_verified(v):
    v.audit = (1, "doctored", v.audit[2])


DOCTORED = [
    ("O1", "an intent is missing", drop_intent),
    ("O1", "an intent stands behind its order at the venue", late_intent),
    ("O1", "a message on the wire has no record", drop_record),
    ("O1", "a message on the wire is another one", changed_wire),
    ("O2", "a fill is not told", lambda v: drop_told(v.client)),
    ("O2", "a fill is not copied", lambda v: drop_told(v.copies)),
    ("O2", "a fill is told with another quantity", other_quantity),
    ("O2", "a position is another one", other_position),
    ("O2", "the venue has filled more", venue_fills_more),
    ("O3", "a number has two contents", two_contents),
    ("O3", "a number is missing", number_gap),
    ("O4", "an order is at the venue twice", venue_twice),
    ("O4", "a request is taken twice", twice_in),
    ("O4", "an ExecID comes twice", lambda v: doubled_exec(v.client)),
    ("O4", "an execution is copied twice", lambda v: doubled_exec(v.copies)),
    ("O4", "an order is never answered", never_answered),
    ("O5", "the trail does not verify", not_verified),
    ("O5", "a message has no event", no_event),
    ("O6", "the tables have another hash", other_hash),
    ("O6", "the tables are behind", tables_behind),
    ("O6", "the tables miss an order", row_missing),
    ("O6", "the tables have another quantity", row_changed),
]


def controls(v, t):
    """Each of DOCTORED must be rejected by its oracle, and v by none."""
    check(v)
    for name, what, doctor in DOCTORED:
        bad = copy.deepcopy(v)
        doctor(bad)
        try:
            ORACLES[name](bad)
            t.ok(False, f"{name} rejects: {what}", "it does not")
        except Wrong:
            t.ok(True, f"{name} rejects: {what}")
