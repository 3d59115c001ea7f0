"""Witnesses: ours asked by another program, another program's asked by the
gateway, and both of ours together while the trail is cut, forked and set back."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import day  # noqa: E402
import tlog  # noqa: E402
from gateway import FIXGATE, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
NAME = "witness.example/desk"


class Ours:
    """fixgate witness in a folder."""
    def __init__(self, folder, *trails, port=0):
        self.folder, self.said = folder, []
        self.process = subprocess.Popen(
            [FIXGATE, "witness", "--dir", folder, "--name", NAME, "--listen",
             "127.0.0.1:%d" % port] + [a for x in trails
                                       for a in ("--trail", x)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.process.stderr.readline()
        m = re.search(r"listening on 127.0.0.1:(\d+)", first)
        if m is None:
            raise RuntimeError(first)
        self.port = int(m[1])
        self.key = self.process.stdout.readline().strip()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line)

    def ask(self, body, path="/add-checkpoint", method="POST"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        c.request(method, path, body.encode())
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, text, r.headers.get("Content-Type")

    def stop(self):
        self.process.terminate()
        return self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait()


def put(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def make_key(folder):
    p = subprocess.run([FIXGATE, "witness", "--dir", folder, "--name", NAME],
                       capture_output=True, text=True, timeout=20)
    return p.stdout.strip()


def ours_is_asked(tmp):
    log = tlog.Key.new("log.example/a", tlog.LOG)
    other = tlog.Key.new("log.example/b", tlog.LOG)
    trail = put(os.path.join(tmp, "a.pub"), log.text + "\n")
    leaves = [tlog.sha(b"%d" % i) for i in range(70)]
    folder = os.path.join(tmp, "w")
    w = Ours(folder, trail)
    key = tlog.Key.of_text(w.key)

    def ask(old, size, path=None, by=log, data=leaves):
        return w.ask(tlog.request(
            old, tlog.proof(old, data[:size]) if path is None and old else
            path or [], by.note(size, tlog.root(data[:size]))))

    sizes = [0, 1, 2, 3, 7, 8, 9, 32, 33, 64, 70, 70]
    good = 0
    for old, size in zip(sizes, sizes[1:]):
        note = log.note(size, tlog.root(leaves[:size]))
        status, line, kind = ask(old, size)
        good += status == 200 and key.cosigned(note + line) is not None and \
            abs(key.cosigned(note + line) - time.time()) < 60
    t.ok(good == len(sizes) - 1, "it cosigns a log that grows, with proofs by "
         "another program", "%d of %d" % (good, len(sizes) - 1))
    with open(os.path.join(folder, log.hash.hex() + ".checkpoint")) as f:
        kept = f.read()
    t.ok(log.read(kept) == (70, tlog.root(leaves)) and key.cosigned(kept),
         "what it cosigned last is a file with both signatures", kept)

    status, body, kind = ask(33, 70)
    t.ok((status, body, kind) == (409, "70\n", "text/x.tlog.size"),
         "another size: it says which it has seen", (status, body, kind))
    forked = leaves[:69] + [tlog.sha(b"forged")]
    status, body, kind = ask(70, 70, [], data=forked)
    t.ok((status, body) == (409, "70\n"), "another tree of the same size is "
         "refused", (status, body))
    more = leaves + [tlog.sha(b"x"), tlog.sha(b"y")]
    wrong = forked + more[70:]
    t.ok(ask(70, 72, data=wrong)[0] == 422, "a history that was changed is "
         "refused, with its own proof")
    path = tlog.proof(70, more)
    t.ok(ask(70, 72, path[:-1], data=more)[0] == 422 and
         ask(70, 72, path + path[:1], data=more)[0] == 422,
         "a proof that is too short or too long is refused")
    t.ok(ask(70, 60, [], data=leaves)[0] == 400, "a smaller tree is refused")
    t.ok(ask(70, 72, by=other, data=more)[0] == 404, "a log that is not known "
         "is refused")
    thief = tlog.Key.new(log.name, tlog.LOG)
    t.ok(ask(70, 72, by=thief, data=more)[0] == 403, "another key with the "
         "log's name is refused")
    bad = ["", "old\n\nx", "old 01\n\nx", "old -1\n\nx", "old 1\nAAAA\n\nx",
           "old 99999999999999999999\n\nx", "old 70\n" + 64 * (
               "A" * 43 + "=\n") + "\nx\n", "old 70\n"]
    t.ok(all(w.ask(b)[0] == 400 for b in bad), "what is no request is refused",
         [w.ask(b)[0] for b in bad])
    t.ok(w.ask("old 70\n" + "A" * 20000)[0] == 413, "so is too long a one")
    t.ok(w.ask("x", method="PUT")[0] in (501, 405, 404, 400) and
         w.ask("x", path="/")[0] == 404, "and any other request")
    t.ok(any("FORK" in s for s in w.said), "the fork is told", w.said)

    p = subprocess.run([FIXGATE, "witness", "--dir", folder, "--name", NAME,
                        "--trail", trail, "--listen", "127.0.0.1:0"],
                       capture_output=True, text=True, timeout=20)
    t.ok(p.returncode == 1 and "another witness uses" in p.stderr,
         "a second one in its folder is refused", p.stderr)
    w.kill()
    w = Ours(folder, trail)
    t.ok(ask(33, 70)[0] == 409 and ask(70, 72, data=more)[0] == 200,
         "killed and started again it knows what it has seen")
    t.ok(w.stop() == 0, "SIGTERM ends it in order")
    for name, text in (("changed", kept.replace("\n70\n", "\n69\n")),
                       ("not cosigned", kept[:kept.rindex(tlog.DASH)])):
        put(os.path.join(folder, log.hash.hex() + ".checkpoint"), text)
        try:
            Ours(folder, trail).kill()
            said = "started"
        except RuntimeError as e:
            said = str(e)
        t.ok("is not what this witness has put there" in said,
             "its memory is refused if it was " + name, said)


def conf(**witnesses):
    return day.CONF + "".join("\n[WITNESS %s]\nUrl=%s\nKey=%s\n" %
                              (n, url, key)
                              for n, (url, key) in witnesses.items())


def state(g, name):
    return {w["name"]: w for w in day.status(g)["witnesses"]}.get(name, {})


def up_to_date(g, name):
    def there():
        s = day.status(g)
        w = {w["name"]: w for w in s["witnesses"]}.get(name)
        return w and w["state"] == "cosigned" and w["lag_events"] == 0 and \
            s["signed"] == s["events"] and w["events"]
    return day.wait_for(there, 20)


def another_is_asked(tmp):
    """The gateway's proofs before a witness of other code."""
    with Gateway(day.CONF) as g:
        g.start()
        g.stop()
        trail = os.path.join(g.dir, "data", "audit", "key.pub")
        with open(trail) as f:
            log = tlog.Key.of_text(f.read())
        theirs = tlog.Witness(log, tlog.Key.new("their.example/w",
                                                tlog.COSIGNER))
        with open(g.conf, "w") as f:
            f.write(conf(theirs=(theirs.url, theirs.key.text)))
        g.start()
        c = day.client(g)
        for i in range(3):
            day.trade(c, "T%d-" % i, 20)
            up_to_date(g, "theirs")
        n = up_to_date(g, "theirs")
        t.ok(n and n == theirs.size and len(theirs.seen) >= 3,
             "a witness of other code cosigns the trail",
             (theirs.seen, theirs.refused[:1], g.tail()))
        t.ok(not theirs.refused, "and refuses nothing", theirs.refused)
        with open(os.path.join(g.dir, "data", "audit",
                               "witnessed-theirs")) as f:
            note = f.read()
        t.ok(theirs.key.cosigned(note) and log.read(note)[0] == n,
             "its cosignature is kept with the checkpoint", note)
        p = day.audit(g, "verify", "--checkpoint", os.path.join(
            g.dir, "data", "audit", "witnessed-theirs"))
        t.ok("all good" in p.stdout, "and verify takes it", p.stdout)
        c.lost()
        # Set back, it is given the rest again with a proof from there.
        theirs.size, theirs.root, first = 0, b"", theirs.seen[0]
        del theirs.seen[:]
        g.stop()
        g.start()
        n = up_to_date(g, "theirs")
        t.ok(n and theirs.seen == [x for x in theirs.seen if x > first] and
             theirs.refused and theirs.refused[0][0] == 409,
             "one that has forgotten is told all again",
             (theirs.seen, [r[0] for r in theirs.refused], g.tail()))
        # An answer that nobody has signed is no cosignature.
        honest, theirs.key = theirs.key, tlog.Key.new("their.example/w",
                                                      tlog.COSIGNER)
        c = day.client(g, (c.next_out, c.next_in))
        day.trade(c, "U", 5)
        got = day.wait_for(lambda: state(g, "theirs").get("state") == "away")
        t.ok(got and "no cosignature by its key" in g.tail(),
             "an answer by another key counts for nothing", g.tail())
        theirs.key = honest
        c.lost()
        g.stop()
        theirs.close()


def both_of_ours(tmp):
    folder = os.path.join(tmp, "ours")
    key = make_key(folder)
    with Gateway(day.CONF) as g:
        g.start()
        g.stop()
        data = os.path.join(g.dir, "data")
        trail = put(os.path.join(tmp, "trail.pub"),
                    open(os.path.join(data, "audit", "key.pub")).read())
        w = Ours(folder, trail)
        port = w.port
        with open(g.conf, "w") as f:
            f.write(conf(desk=("http://127.0.0.1:%d" % port, key)))
        g.start()
        c = day.client(g)
        day.trade(c, "A", 10)
        t.ok(up_to_date(g, "desk"), "the gateway's checkpoints are cosigned",
             g.tail())
        # Away: trading does not notice, and it catches up.
        w.kill()
        day.trade(c, "B", 10)
        got = day.wait_for(lambda: state(g, "desk").get("state") == "away")
        t.ok(got and state(g, "desk")["lag_events"] > 0,
             "T25: a witness that is away is told of, trading goes on",
             g.tail())
        w = Ours(folder, trail, port=port)
        t.ok(up_to_date(g, "desk"), "T25: and is caught up with after", g.tail())
        c.lost()
        g.stop()
        early = os.path.join(tmp, "early")
        shutil.copytree(data, early)
        g.start()
        c = day.client(g, (c.next_out, c.next_in))
        day.trade(c, "C", 10)
        seen = up_to_date(g, "desk")
        g.stop()
        # T26: journal and trail are both set back to an older state.
        shutil.rmtree(data)
        shutil.copytree(early, data)
        p = day.audit(g, "verify", check=False)
        t.ok(p.returncode == 0, "T26: cut evenly, the trail by itself looks "
             "whole", p.stderr)
        kept = [os.path.join(folder, f) for f in os.listdir(folder)
                if f.endswith(".checkpoint")]
        p = day.audit(g, "verify", "--checkpoint", kept[0], check=False)
        t.ok(p.returncode == 1, "T26: not to whoever has the witness's copy",
             p.stdout + p.stderr)
        g.start()
        got = day.wait_for(lambda: state(g, "desk").get("state") == "refused")
        t.ok(got and "the trail was cut" in g.tail(60),
             "T26: and the gateway says at its start that it was cut", g.tail())
        c.lost()
        # It grows past what the witness has seen, along another way.
        c = day.client(g)
        for i in range(20):
            day.trade(c, "D%d-" % i, 10)
            if day.status(g)["events"] > seen + 50:
                break
        c.lost()
        g.stop()
        g.start()
        got = day.wait_for(lambda: any("not proved" in s for s in w.said), 20)
        t.ok(got and state(g, "desk").get("state") == "refused",
             "another history of more events is refused", (w.said, g.tail()))
        g.stop()
        w.stop()


def bad_settings():
    key = tlog.Key.new("w.example/1", tlog.COSIGNER).text
    log = tlog.Key.new("w.example/1", tlog.LOG).text
    for what, url, k in (("Url must be", "ftp://x", key),
                         ("Key must be", "http://x", key[:-2]),
                         ("the key of a trail", "http://x", log)):
        with Gateway(conf(w=(url, k))) as g:
            try:
                g.start()
                said = "it started"
            except RuntimeError as e:
                said = str(e)
            t.ok(what in said and re.search(r"fixgated.conf:\d+", said),
                 "settings: " + what, said)


def a_new_key_is_asked(tmp):
    """T24: of two keys of one name the newer goes on from what the old one has
    shown, and is the last one that counts."""
    old, new = (tlog.Key.new("log.example/k", tlog.LOG) for _ in range(2))
    folder = os.path.join(tmp, "two")
    w = Ours(folder, *[put(os.path.join(tmp, n), k.text + "\n")
                       for n, k in (("k1.pub", old), ("k2.pub", new))])
    leaves = [tlog.sha(b"k%d" % i) for i in range(20)]

    def ask(by, old, size, data=leaves):
        return w.ask(tlog.request(
            old, tlog.proof(old, data[:size]) if old else [],
            by.note(size, tlog.root(data[:size]))))[:2]

    first = ask(old, 0, 10)[0]
    forged = ask(new, 0, 12, [tlog.sha(b"f%d" % i) for i in range(20)])
    t.ok(first == 200 and forged == (409, "10\n"), "T24: a new key can't show "
         "another history than the old one has", (first, forged))
    got = ask(new, 10, 12)[0], ask(old, 12, 14)[0], ask(new, 12, 14)[0]
    t.ok(got == (200, 403, 200), "T24: it goes on, and then the old one is "
         "refused", got)
    w.stop()


def a_key_changes(tmp):
    """T24: the gateway signs with another key; whoever has the old one can't go
    on, neither in a file nor before a witness."""
    folder = os.path.join(tmp, "keys")
    key = make_key(folder)
    with Gateway(day.CONF) as g:
        data = os.path.join(g.dir, "data")
        own = os.path.join(data, "audit")

        def pub():
            with open(os.path.join(own, "key.pub")) as f:
                return f.read()
        g.start()
        g.stop()
        old = put(os.path.join(tmp, "old.pub"), pub())
        w = Ours(folder, old)
        port = w.port
        with open(g.conf, "w") as f:
            f.write(conf(desk=("http://127.0.0.1:%d" % port, key)))
        g.start()
        c = day.client(g)
        day.trade(c, "A", 10)
        up_to_date(g, "desk")
        nums = before = c.next_out, c.next_in
        c.lost()
        g.stop()
        note = put(os.path.join(tmp, "old.note"), open(
            os.path.join(own, "checkpoint")).read())
        thief = os.path.join(tmp, "thief")
        shutil.copytree(data, thief)

        said = day.audit(g, "rotate").stdout
        mode = os.stat(os.path.join(own, "key.next.pem")).st_mode & 0o777
        t.ok(mode == 0o600 and pub() == open(old).read() and
             day.audit(g, "rotate").stdout == said,
             "T24: a new key is made, once, and the old one still signs", said)
        g.start()
        c = day.client(g, nums)
        day.trade(c, "B", 10)
        got = day.wait_for(lambda: "has not signed" in g.tail())
        new = put(os.path.join(tmp, "new.pub"), pub())
        t.ok(pub().strip() in said and got, "T24: the new one signs from the "
             "start on; a witness that does not know it says no", g.tail())
        w.stop()
        w = Ours(folder, old, new, port=port)
        nums = c.next_out, c.next_in
        c.lost()
        g.stop()
        g.start()
        c = day.client(g, nums)
        n = up_to_date(g, "desk")
        t.ok(n, "T24: one that knows both goes on", (w.said, g.tail()))
        nums = c.next_out, c.next_in
        c.lost()
        g.stop()
        with open(os.path.join(own, "key.old.pub")) as f:
            t.ok(f.read() == open(old).read() and
                 not os.path.exists(os.path.join(own, "key.next.pem")),
                 "T24: the old one's public half is kept, of it no more")
        bad = []
        for args in ((), ("--key", old), ("--key", new),
                     ("--checkpoint", note)):
            p = day.audit(g, "verify", *args, check=False)
            if p.returncode != 0 or "all good" not in p.stdout:
                bad.append((args, p.stderr))
        t.ok(not bad, "T24: the trail verifies by either key, and by what the "
             "old one signed", bad)
        proof = put(os.path.join(tmp, "bundle.json"),
                    day.audit(g, "bundle").stdout)
        p = subprocess.run([sys.executable, os.path.join(
            os.path.dirname(os.path.abspath(__file__)), "verify_bundle.py"),
            proof, new], capture_output=True, text=True)
        t.ok(p.returncode == 0, "T24: and a bundle by the new one", p.stderr)
        # Died between the event and the files.
        shutil.copy(os.path.join(own, "key.pem"),
                    os.path.join(own, "key.next.pem"))
        shutil.copy(os.path.join(thief, "audit", "key.pem"), own)
        os.remove(os.path.join(own, "key.old.pub"))
        g.start()
        c = day.client(g, nums)
        day.trade(c, "C", 10)
        up_to_date(g, "desk")
        c.lost()
        g.stop()
        e = [json.loads(x) for x in day.audit(g, "search", "--json", "--type",
                                              "AUDIT_KEY_ROTATED")
             .stdout.splitlines()]
        p = day.audit(g, "verify", "--key", new, check=False)
        t.ok(len(e) == 1 and e[0]["details"]["old_key"] ==
             open(old).read().strip() and e[0]["details"]["new_key"] ==
             open(new).read().strip() and p.returncode == 0 and
             pub() == open(new).read(),
             "T24: a death on the way is made good, with one event", p.stderr)
        # The thief has all that was there before, and goes on with it.
        nums = before
        os.rename(data, data + ".true")
        shutil.copytree(thief, data)
        g.start()
        for i in range(20):
            c = day.client(g, nums)
            day.trade(c, "X%d-" % i, 30)
            nums = c.next_out, c.next_in
            c.lost()
            if day.status(g)["events"] > n:
                break
        got = day.wait_for(lambda: any("has not signed" in s for s in w.said),
                           20)
        t.ok(got and state(g, "desk").get("state") != "cosigned",
             "T24: the witness takes nothing more of the old key",
             (w.said, g.tail()))
        g.stop()
        for name, start in (("alone", None), ("as one that was changed", old)):
            if start:
                shutil.copy(start, os.path.join(own, "key.old.pub"))
            p = day.audit(g, "verify", "--key", new, check=False)
            t.ok(p.returncode == 1 and "signed by the key" in p.stderr,
                 "T24: nor does verify, " + name, p.stdout + p.stderr)
        w.stop()


with Gateway(day.CONF) as scratch:
    tmp = os.path.join(scratch.dir, "tmp")
    os.mkdir(tmp)
    ours_is_asked(tmp)
    another_is_asked(tmp)
    both_of_ours(tmp)
    a_new_key_is_asked(tmp)
    a_key_changes(tmp)
    bad_settings()
sys.exit(t.done())
