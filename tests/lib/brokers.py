"""Real brokers for tests, each in a folder and on ports of its own, stopped
with all that it started: Redis, RabbitMQ (with its epmd), librdkafka's mock
Kafka cluster."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from gateway import BUILD, free_port

RABBIT = "/usr/lib/rabbitmq/bin"
PEER = os.path.join(BUILD, "tests", "bus", "peer")


def wait_port(port, process, timeout=120):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args[0]} ended")
            time.sleep(0.05)
    raise TimeoutError(process.args[0])


class Redis:
    def __init__(self, password):
        self.dir = tempfile.mkdtemp(prefix="fixgate-redis-")
        self.port, self.password, self.process = free_port(), password, None
        with open(os.path.join(self.dir, "redis.conf"), "w") as f:
            f.write(f"port {self.port}\nbind 127.0.0.1\ndir {self.dir}\n"
                    f"requirepass {password}\nappendonly yes\n"
                    "appendfsync always\nsave \"\"\n")

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", os.path.join(self.dir, "redis.conf")],
            stdout=subprocess.DEVNULL)
        wait_port(self.port, self.process)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def call(self, *words):
        """One command. @return its answer: str, int or lists of them"""
        with socket.create_connection(("127.0.0.1", self.port), 30) as s:
            f = s.makefile("rb")
            for w in (("AUTH", self.password), words):
                s.sendall(b"*%d\r\n" % len(w) + b"".join(
                    b"$%d\r\n%s\r\n" % (len(x.encode()), x.encode())
                    for x in w))
                answer = self.read(f)
            return answer

    def read(self, f):
        line = f.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return f.read(int(rest) + 2)[:-2].decode() if rest != b"-1" \
                else None
        if kind == b"*":
            return [self.read(f) for _ in range(int(rest))]
        if kind == b":":
            return int(rest)
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return rest.decode()

    def messages(self, stream):
        """@return [(key, type, about, body)] in order"""
        out = []
        for _, f in self.call("XRANGE", stream, "-", "+"):
            d = dict(zip(f[::2], f[1::2]))
            out.append((d["key"], d["type"], "", d["event"]))
        return out

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class RabbitMQ:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="fixgate-rabbit-")
        self.port, self.epmd, self.process = free_port(), free_port(), None
        plugins = os.path.join(self.dir, "enabled_plugins")
        with open(plugins, "w") as f:
            f.write("[].\n")
        self.env = {
            "PATH": os.environ["PATH"], "HOME": self.dir, "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"fixgate{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": str(self.epmd), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": os.path.join(self.dir, "mnesia"),
            "RABBITMQ_LOG_BASE": os.path.join(self.dir, "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": plugins,
            "RABBITMQ_CONFIG_FILE": os.path.join(self.dir, "none"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_GENERATED_CONFIG_DIR": os.path.join(self.dir, "config"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(RABBIT, "rabbitmq-server")], env=self.env,
            cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        wait_port(self.port, self.process)
        return self

    def kill(self):
        """The whole of it, at once; epmd stays."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def messages(self, queue):
        p = subprocess.run([PEER, "rabbitmq", "127.0.0.1", str(self.port),
                            queue], capture_output=True, timeout=120)
        assert p.returncode == 0, p.stderr
        return [tuple(x.split("\t", 3))
                for x in p.stdout.decode().splitlines()]

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        end = time.monotonic() + 30
        while self.process and time.monotonic() < end:
            p = subprocess.run(["epmd", "-port", str(self.epmd), "-kill"],
                               env=self.env, capture_output=True)
            try:
                socket.create_connection(("127.0.0.1", self.epmd), 1).close()
            except OSError:
                break
            time.sleep(0.1)
        shutil.rmtree(self.dir, ignore_errors=True)


class Kafka:
    def __init__(self):
        self.process = subprocess.Popen([PEER, "mock"], text=True,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.brokers = self.process.stdout.readline().strip()

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def down(self):
        for n in (1, 2, 3):
            self.say(f"down {n}")

    def up(self):
        for n in (1, 2, 3):
            self.say(f"up {n}")

    def messages(self, topic):
        p = subprocess.run([PEER, "kafka", self.brokers, topic],
                           capture_output=True, timeout=120)
        assert p.returncode == 0, p.stderr
        return [tuple(x.split("\t", 3))
                for x in p.stdout.decode().splitlines()]

    def close(self):
        self.process.kill()
        self.process.wait()
