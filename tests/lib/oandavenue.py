"""The simulated OANDA as a test's own process."""
import http.client
import json
import os
import subprocess
import sys

TOP = os.environ.get("TOP_SRCDIR", ".")
ACCOUNT = "101-001-1234567-001"


class Oanda:
    def __init__(self, seed=1, token="T-of-the-test", port=0, **more):
        args = [x for k, v in more.items() for x in (f"--{k}", str(v))]
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "tests", "venues",
                                          "oanda_sim.py"),
             "--seed", str(seed), "--token", token, "--port", str(port),
             *args], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.token, self.account = token, ACCOUNT

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        c.request(method, path, body)
        answer = json.loads(c.getresponse().read())
        c.close()
        return answer

    def control(self, **what):
        return self.ask("POST", "/control", json.dumps(what))

    def book(self):
        return self.ask("GET", "/control/book")

    def settings(self):
        return ["Type=oanda", f"RestUrl=http://127.0.0.1:{self.port}",
                f"StreamUrl=http://127.0.0.1:{self.port}",
                f"ApiKey={self.token}", f"AccountId={self.account}"]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
