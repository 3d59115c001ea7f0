"""Test Anything Protocol for tests in Python: one line a case.

    from tap import Tap
    t = Tap()
    t.ok(got == want, "the name says the behaviour", f"got {got}")
    t.skip("needs ../shared", "not there")
    t.done()            # prints the plan, exits 0 or 1
"""
import sys


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = 0

    def ok(self, good, name, detail=""):
        self.n += 1
        if not good:
            self.failed += 1
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}", flush=True)
        if detail and not good:
            for line in str(detail).splitlines():
                print(f"# {line}", flush=True)
        return good

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}", flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}", flush=True)

    def done(self):
        print(f"1..{self.n}", flush=True)
        sys.exit(1 if self.failed else 0)
