"""The simulated Binance as a test's own process."""
import http.client
import json
import os
import subprocess
import sys

TOP = os.environ.get("TOP_SRCDIR", ".")


class Binance:
    def __init__(self, seed=1, key="K", secret="S", port=0):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "tests", "venues",
                                          "binance_sim.py"),
             "--seed", str(seed), "--key", key, "--secret", secret,
             "--port", str(port)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.key, self.secret = key, secret

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
        return ["Type=binance", f"RestUrl=http://127.0.0.1:{self.port}",
                f"StreamUrl=ws://127.0.0.1:{self.port}/ws-api/v3",
                f"MarketUrl=ws://127.0.0.1:{self.port}",
                f"ApiKey={self.key}", f"ApiSecret={self.secret}"]

    def close(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
