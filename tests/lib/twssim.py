"""Starts tests/venues/tws_sim.py for a test, and talks to its control port."""
import json
import os
import socket
import subprocess
import sys

TOP = os.environ.get("TOP_SRCDIR", ".")


class TwsSim:
    def __init__(self, *args):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(TOP, "tests", "venues",
                                          "tws_sim.py"), *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if len(words) != 3 or words[0] != "ready":
            raise RuntimeError("the TWS of the test did not start")
        self.port = int(words[1])
        self.line = socket.create_connection(("127.0.0.1", int(words[2])))
        self.lines = self.line.makefile("r")

    def say(self, *words):
        """A command. @return the state behind it"""
        self.line.sendall((" ".join(map(str, words)) + "\n").encode())
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    # As the simulators of the other venues.
    def settings(self):
        return ["Type=tws", f"Port={self.port}", "ClientId=7"]

    def control(self, lie):
        for symbol in ("AAPL", "MSFT", "SPY"):
            self.say("by-hand", symbol, lie.get(symbol, 0))

    def book(self):
        return self.state()

    def state(self):
        return self.say("state")

    def close(self):
        self.line.close()
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
