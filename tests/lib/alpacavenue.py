"""The simulated Alpaca as a test's own process."""
import os
import subprocess
import sys

from binancevenue import TOP, Binance


class Alpaca(Binance):
    def __init__(self, seed=1, key="K", secret="S", port=0, limit=200000):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "tests", "venues",
                                          "alpaca_sim.py"),
             "--seed", str(seed), "--key", key, "--secret", secret,
             "--port", str(port), "--limit", str(limit)],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.key, self.secret = key, secret

    def settings(self):
        return ["Type=alpaca", f"RestUrl=http://127.0.0.1:{self.port}",
                f"StreamUrl=ws://127.0.0.1:{self.port}/stream",
                f"MarketUrl=ws://127.0.0.1:{self.port}/v2/iex",
                f"ApiKey={self.key}", f"ApiSecret={self.secret}"]
