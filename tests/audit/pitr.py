"""The trail's database by pgBackRest: archived while a gateway ships into it,
restored to a moment, and what is refused; with the files of deploy/backup."""
import glob
import os
import shutil
import subprocess
import time

from copies import Load, conf, order
from gateway import FULL, TOP, Gateway
from pgserver import Denied, Postgres, bindir
from tap import Tap

t = Tap()
if bindir() is None or shutil.which("pgbackrest") is None:
    t.skip("point-in-time recovery", "PostgreSQL or pgbackrest is not "
           "installed: nothing of deploy/backup was tried")
    t.done()
DEPLOY = os.path.abspath(os.path.join(TOP, "deploy", "backup"))


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Archived(Postgres):
    """A server that archives, with a repository of its own."""

    def __init__(self):
        super().__init__()
        self.sh = os.path.join(self.dir, "deploy")
        shutil.copytree(DEPLOY, self.sh)
        places = {n: os.path.join(self.dir, n)
                  for n in ("repo", "logs", "locks", "spool")}
        self.repo = places["repo"]
        for p in places.values():
            os.mkdir(p)
            if self.user:
                shutil.chown(p, "nobody", "nogroup")
        # The deployed file with this test's places.
        self.env = dict(
            os.environ, LC_ALL="C",
            PGBACKREST_CONFIG=os.path.join(self.sh, "pgbackrest.conf"),
            PGBACKREST_CONFIG_INCLUDE_PATH=places["spool"],
            PGBACKREST_PG1_PATH=self.data, PGBACKREST_PG1_PORT=str(self.port),
            PGBACKREST_PG1_SOCKET_PATH=self.dir,
            PGBACKREST_REPO1_PATH=self.repo,
            PGBACKREST_REPO1_CIPHER_PASS="of the tests",
            PGBACKREST_LOG_PATH=places["logs"],
            PGBACKREST_LOCK_PATH=places["locks"],
            PGBACKREST_SPOOL_PATH=places["spool"])
        os.environ.update({k: v for k, v in self.env.items()
                           if k.startswith("PGBACKREST")})
        with open(os.path.join(DEPLOY, "postgresql-archive.conf")) as f, \
                open(os.path.join(self.data, "postgresql.conf"), "a") as out:
            out.write(f.read())

    def script(self, name, *args):
        p = subprocess.run([*self.user, "sh", os.path.join(self.sh, name),
                            *args], env=self.env, capture_output=True,
                           text=True, cwd="/", timeout=300)
        return p.returncode, p.stdout + p.stderr


class Restored(Postgres):
    """What restore.sh made, beside the server that it came from."""

    def __init__(self, of, name):
        self.__dict__.update(of.__dict__)
        self.data = os.path.join(of.dir, name)
        self.log = os.path.join(of.dir, name + ".log")
        self.port = of.port + 1 if of.port < 65000 else of.port - 1

    def close(self):
        self.stop("immediate")


def asked(db, at):
    """Q2: live orders and positions at a moment, replayed."""
    return [db.rows(f"SELECT * FROM report.{q}('audit.example/demo', 'DEMO', "
                    f"'{at}')") for q in ("book_at", "positions_at")]


def rows(db):
    return db.rows("SELECT chain, seq, event_hash FROM "
                   "audit.audit_events ORDER BY 1, 2")


with Archived() as db:
    db.start().trail()
    rc, said = db.script("backup.sh", "full")
    t.ok(rc == 0, "a full backup, checked", said)
    section = f"Database={db.url('audit_writer')}\n"
    with Gateway(conf(section)) as g:
        g.start()

        def trade(name, client=None):
            load = Load(g, name, 20, client)
            load.join()
            load.done()
            return load.client

        def settled():
            """All that the trail has is in the database."""
            n, same = -1, 0
            while same < 10:
                now = int(db.sql("SELECT count(*) FROM audit.audit_events"))
                same = same + 1 if now == n and now > 0 else 0
                n = now
                time.sleep(0.05)

        c = trade("L")
        settled()
        rc, said = db.script("backup.sh", "diff")
        t.ok(rc == 0, "a difference while the trail comes in", said)
        c = trade("M", c)
        c.connect(g.port)
        c.send(*order("Q", 7, "180.00"))  # stays in the book
        c.wait(lambda m: m.get(11) == "Q" and m.get(150) == "0")
        c.lost()
        settled()
        at_moment = rows(db)
        moment = db.sql("SELECT clock_timestamp()")
        time.sleep(0.05)
        trade("N", c)
        settled()
        g.stop()
        whole, answers = rows(db), asked(db, moment)
        t.ok(len(whole) > len(at_moment) > 0, "events came after the moment")

        # What nobody may do, and a superuser does.
        db.sql("SET session_replication_role = replica; "
               "DELETE FROM audit.audit_events")
        last = db.sql("SELECT pg_walfile_name(pg_switch_wal())")
        t.ok(until(lambda: db.sql("SELECT last_archived_wal FROM "
                                  "pg_stat_archiver") >= last),
             "what came after is archived")

        back = Restored(db, "back")
        rc, said = db.script("restore.sh", db.data, moment)
        t.ok(rc == 1 and "not empty" in said,
             "nothing is written over a database", said)
        rc, said = db.script("restore.sh", back.data, moment)
        t.ok(rc == 0, "restored to the moment before", said)
        back.start()
        until(lambda: back.sql("SELECT pg_is_in_recovery()") == "f")
        t.ok(rows(back) == at_moment,
             "every event of that moment, and none after it",
             f"{len(rows(back))} of {len(at_moment)}")
        got = asked(back, moment)
        t.ok(got == answers and len(got[0]) == len(got[1]) == 1 and
             got[0][0][1] == "Q", "T29: live orders and positions of that moment "
             "are the same there", (got, answers))
        try:
            back.sql("SELECT count(*) FROM report.audit_events",
                     user="audit_reader")
            back.sql("DELETE FROM audit.audit_events", user="audit_writer")
            t.ok(False, "its rights are back, too")
        except Denied as e:
            t.ok("permission denied" in str(e), "its rights are back, too", e)
        # The gateway brings the rest: its journal is the first copy.
        with open(g.conf) as f:
            text = f.read()
        with open(g.conf, "w") as f:
            f.write(text.replace(f":{db.port}/", f":{back.port}/"))
        g.start()
        n = len(whole)
        t.ok(until(lambda: rows(back)[:n] == whole),
             "and the gateway brings what came after",
             f"{len(rows(back))} of {n}")
        g.stop()
        back.close()

    # A damaged repository.
    found = max(glob.glob(os.path.join(db.repo, "backup", "fixgate", "*F",
                                       "bundle", "*")),
                key=os.path.getsize)
    with open(found, "r+b") as f:
        f.seek(os.path.getsize(found) // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 1]))
    rc, said = db.script("backup.sh", "incr")
    t.ok(rc == 1 and "damaged" in said, "a flipped bit in the repository is "
         "told by the next backup", said)
    if FULL:  # pgBackRest tries for 20 seconds
        rc, said = db.script("restore.sh", os.path.join(db.dir, "bad"))
        t.ok(rc != 0, "and not restored", said)
t.done()
