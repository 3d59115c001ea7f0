"""The password of the trail's database comes from Vault and is changed there
while orders run: the shipper logs in with the new one, nothing is started anew
by hand, and no event is missing."""
import os

from day import CONF, audit, client, shipped, status, trade, wait_for
from gateway import Gateway
from pgserver import Postgres, bindir
from tap import Tap
from vaultserver import Vault

t = Tap()
PATH = "trading/database"


def only_with_password(pg):
    """Whoever writes the trail."""
    path = os.path.join(pg.data, "pg_hba.conf")
    with open(path) as f:
        rest = f.read()
    with open(path, "w") as f:
        f.write("host all audit_writer 127.0.0.1/32 scram-sha-256\n" + rest)
    pg.sql("SELECT pg_reload_conf()")


def password(pg, v, word):
    """From now on, and whoever is logged in by another is thrown out."""
    pg.sql(f"ALTER ROLE audit_writer PASSWORD '{word}'")
    pg.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
           "WHERE usename = 'audit_writer'")
    if v is not None:
        v.put(PATH, url=pg.url("audit_writer").replace("@", f":{word}@"))


def main():
    if bindir() is None:
        t.skip("a new password", "no PostgreSQL server is installed")
        t.done()
        return
    with Postgres() as pg, Vault() as v:
        pg.start()
        pg.trail()
        only_with_password(pg)
        password(pg, v, "word-one")
        with Gateway(CONF + f"Database=vault:{PATH}#url\n[VAULT]\n"
                     f"Address={v.address}\nToken=file:token.secret\n"
                     "RefreshInterval=1\nTimeout=20\n") as g:
            path = os.path.join(g.dir, "token.secret")
            with open(path, "w") as f:
                f.write(v.root + "\n")
            os.chmod(path, 0o600)
            g.start()
            c = client(g)
            trade(c, "A", 5)
            t.ok(shipped(g), "the trail goes where Vault says", g.tail())
            password(pg, None, "word-two")
            trade(c, "B", 5)
            t.ok(wait_for(lambda: status(g)["postgresql"]["state"] == "away"),
                 "a password that is no good any more: told, orders run",
                 g.tail())
            password(pg, v, "word-two")
            t.ok(shipped(g), "Vault has the new one, and it is used at once",
                 g.tail())
            trade(c, "C", 5)
            s = shipped(g)
            p = audit(g, "verify", "--database=" + pg.url("audit_inspector"))
            t.ok(s and f"{s['events']} events in PostgreSQL: the same" in
                 p.stdout, "and nothing is missing", p.stdout + p.stderr)
            c.lost()
            t.ok(g.stop() == 0 and "word-" not in g.tail(10000),
                 "no password in the log", g.tail())
    t.done()


main()
