#!/usr/bin/env python3
"""journal, sessions, orders and decode on a store whose tables lag behind."""
import glob
import json
import os
import shutil
import subprocess
import tempfile

from cli import BUILD, run
from tap import Tap

t = Tap()
tmp = tempfile.mkdtemp(prefix="fixgate-cli-")
data = os.path.join(tmp, "data")
subprocess.run([os.path.join(BUILD, "tests/gateway/cli/prepare"), data],
               check=True)
conf = os.path.join(tmp, "gate.conf")
with open(conf, "w") as f:
    f.write("[GATEWAY]\nDataDir=${WHERE:-data}\n"
            "[DEFAULT]\nConnectionType=acceptor\nSenderCompID=FIXGATE\n"
            "SocketAcceptPort=5001\n[SESSION]\nBeginString=FIX.4.4\n"
            "TargetCompID=ALICE\n")
journal = os.path.join(data, "trading", "journal")


def rows(text):
    return [x.split() for x in text.splitlines()]


def snapshot():
    out = {}
    for root, _, files in os.walk(data):
        for name in files:
            if name == "lock.mdb":
                continue  # readers enter themselves there
            with open(os.path.join(root, name), "rb") as f:
                out[os.path.join(root, name)] = hash(f.read())
    return out


before = snapshot()

# sessions
status, out, err = run("sessions", "-c", conf)
table = rows(out)
t.ok(status == 0 and table[0][:4] == ["No", "Session", "State", "Next"] and
     table[1][:5] == ["1", "FIX.4.4:FIXGATE->ALICE", "down", "2", "2"] and
     table[2][:5] == ["2", "FIX.4.2:FIXGATE->BOB", "down", "7", "9"],
     "sessions shows numbers from the journal's tail", out + err)
t.ok("not running" in err, "sessions says that no gateway runs", err)
status, out, err = run("sessions", "-c", conf, "--json")
t.ok(status == 0 and [(s["session"], s["up"], s["next_out"])
                      for s in json.loads(out)] ==
     [("FIX.4.4:FIXGATE->ALICE", False, 2), ("FIX.4.2:FIXGATE->BOB", False, 9)],
     "sessions --json is an array", out + err)

# orders
status, out, err = run("orders", "-c", conf)
table = rows(out)
t.ok(status == 0 and len(table) == 3 and
     table[1][:12] == ["O-1", "first", "ALICE", "DEMO", "AAPL", "BUY", "LIMIT",
                       "100", "187.25", "100", "187.25", "FILLED"] and
     table[2][0] == "O-2" and "NEW" in table[2],
     "orders shows what the tail made of them", out + err)
status, out, err = run("orders", "-c", conf, "--live", "--json")
t.ok(status == 0 and [(o["order_id"], o["qty"], o["live"])
                      for o in json.loads(out)] == [("O-2", "100", True)],
     "orders --live leaves out what has ended", out + err)
for args, want in [(["--symbol", "AAPL"], ["O-1"]),
                   (["--symbol", "NONE"], []),
                   (["--session", "ALICE"], ["O-1", "O-2"]),
                   (["--session", "FIX.4.2:FIXGATE->BOB"], []),
                   (["-s", "1", "-l"], ["O-2"])]:
    status, out, err = run("orders", "-c", conf, "--json", *args)
    t.ok(status == 0 and [o["order_id"] for o in json.loads(out)] == want,
         f"orders {' '.join(args)}", out + err)
status, out, err = run("orders", "-c", conf, "--session", "NOBODY")
t.ok(status == 1 and "no session 'NOBODY'" in err,
     "an unknown session is refused", err)

# journal
status, out, err = run("journal", "list", "-c", conf)
lines = out.splitlines()
t.ok(status == 0 and len(lines) == 8 and
     [x.split()[0] for x in lines] == [str(n) for n in range(1, 9)] and
     "IN       ALICE      #1 NewOrderSingle ClOrdID=first" in lines[3] and
     "NOTE     ALICE      FIX.4.4:FIXGATE->ALICE: logged on" in lines[2] and
     "OrdStatus=2 CumQty=100" in lines[6],
     "journal list is a line a record", out + err)
status, out, err = run("journal", "list", "--dir", journal)
t.ok(status == 0 and len(out.splitlines()) == 8 and " #1 " in out,
     "--dir needs no settings", out + err)
for args, want in [(["-t", "OUT"], ["6"]), (["-t", "keep", "-f", "6"],
                                            ["7", "8"]),
                   (["-t", "NewOrderSingle"], ["4"]), (["-t", "8"], ["6"]),
                   (["-s", "BOB"], ["2"]), (["-i", "first"], ["4", "6"]),
                   (["-i", "O-1"], ["6"]), (["-n", "2", "-f", "3"],
                                            ["3", "4"])]:
    status, out, err = run("journal", "list", "-c", conf, *args)
    t.ok(status == 0 and [x.split()[0] for x in out.splitlines()] == want,
         f"journal list {' '.join(args)}", out + err)
status, out, err = run("journal", "show", "-c", conf, "-t", "8")
t.ok(status == 0 and "39 OrdStatus" in out and "FILLED" in out,
     "journal show has messages field by field", out + err)
status, out, err = run("journal", "list", "-c", conf, "--json")
recs = [json.loads(x) for x in out.splitlines()]
t.ok(status == 0 and recs[3]["message"]["name"] == "NewOrderSingle" and
     recs[6]["table"] == "ORDERS" and recs[6]["key"] == "1" and
     recs[2]["note"].endswith("logged on"), "journal --json", out + err)
status, out, err = run("journal", "verify", "-c", conf)
t.ok(status == 0 and out.startswith("8 records (1 to 8) in 5 turns") and
     out.endswith("all good\n"), "journal verify says what is there",
     out + err)
status, out, err = run("decode", "--journal", data)
t.ok(status == 0 and out.count("(D)") == 1 and out.count("(8)") == 1,
     "decode reads a journal", out + err)
status, out, err = run("decode", data)
t.ok(status == 0 and out.count("(D)") == 1, "and finds it in a folder", err)
t.ok(snapshot() == before, "nothing that only reads has changed the store")

# without tables, with a lost one, and never run
shutil.move(os.path.join(data, "trading", "tables"), os.path.join(tmp, "gone"))
status, out, err = run("orders", "-c", conf, "--json")
t.ok(status == 0 and [o["status"] for o in json.loads(out)] ==
     ["FILLED", "NEW"], "without tables the journal alone is enough",
     out + err)
status, out, err = run("orders", "-c", conf,
                       env={"WHERE": os.path.join(tmp, "nowhere")})
t.ok(status == 1 and "has not run yet" in err,
     "a gateway that never ran is told from an empty one", err)
status, out, err = run("orders")
t.ok(status == 2 and "-c" in err, "no -c is a usage error", err)
status, out, err = run("orders", "-c", os.path.join(tmp, "none.conf"))
t.ok(status == 2 and "none.conf" in err, "a missing settings file is named",
     err)
bad = os.path.join(tmp, "bad.conf")
with open(bad, "w") as f:
    f.write("[GATEWAY]\nDataDirr=x\n")
status, out, err = run("orders", "-c", bad)
t.ok(status == 2 and "bad.conf:2" in err and "DataDir" in err,
     "a fault in the settings is told with file and line", err)

# damage
segment = sorted(glob.glob(os.path.join(journal, "*")))
segment = [s for s in segment if os.path.getsize(s) == 65536][0]
with open(segment, "r+b") as f:
    raw = f.read()
    at = raw.index(b"17=E1")
    f.seek(at)
    f.write(b"17=E2")
status, out, err = run("journal", "verify", "-c", conf)
t.ok(status == 1 and "record 6 of" in err and "5 records before it are good"
     in err, "verify names the first bad record", out + err)
status, out, err = run("journal", "verify", "-c", conf, "--json")
t.ok(status == 1 and json.loads(out)["good"] is False and
     json.loads(out)["last"] == 5, "verify --json says the same", out + err)
status, out, err = run("control", "-c", conf, "status")
t.ok(status == 1 and "is it running" in err,
     "control says when no gateway answers", err)
status, out, err = run("control", "-c", conf)
t.ok(status == 2, "control without a command is a usage error", err)
shutil.rmtree(tmp)
t.done()
