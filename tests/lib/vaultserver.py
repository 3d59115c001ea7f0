"""A stand-in for HashiCorp Vault, written from its HTTP API documentation:
KV version 2, tokens with a life, AppRole, Kubernetes, sealed and standby.
Strict: what the documentation does not allow is answered as Vault would, or
noted in .wrong, which a test asserts to be empty.

    with Vault() as v:
        v.put("trading/exchanges/binance", api_key="k")
        v.address, v.root
"""
import http.server
import json
import secrets
import socket
import ssl
import threading
import time


class Vault:
    def __init__(self, tls=None, namespace=None):
        """tls: (certificate file, key file)"""
        self.tls, self.namespace = tls, namespace
        self.lock = threading.Lock()
        self.secrets = {}     # path: list of dicts, None for a deleted version
        self.tokens = {}      # token: [ttl, renewable, end]
        self.roles = {}       # role_id: secret_id
        self.jwts = {}        # role: jwt
        self.ttl, self.renewable = 3600, True  # of what a login gives
        self.mode = None      # sealed, standby, redirect, garbage, huge, deny
        self.asked = []       # (method, path, token or None)
        self.wrong = []
        self.root = self.token(0, False)
        self.server = None
        self.lines = set()    # connections that are open
        self.port = 0
        self.start()

    def token(self, ttl, renewable):
        name = "hvs." + secrets.token_urlsafe(18)
        self.tokens[name] = [ttl, renewable,
                             time.monotonic() + ttl if ttl else None]
        return name

    def start(self):
        vault = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                vault.lines.add(self.connection)

            def do_GET(self):
                vault.handle(self, None)

            def do_POST(self):
                n = int(self.headers.get("Content-Length") or 0)
                vault.handle(self, self.rfile.read(n))
            do_PUT = do_POST

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *args: None
        self.port = self.server.server_address[1]
        if self.tls:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(*self.tls)
            self.server.socket = ctx.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.address = f"{'https' if self.tls else 'http'}://" \
            f"{'localhost' if self.tls else '127.0.0.1'}:{self.port}"
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self):
        """Away: connections are refused."""
        if self.server:
            self.server.shutdown()
            for line in self.lines:
                try:
                    line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.lines.clear()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def put(self, path, **fields):
        with self.lock:
            self.secrets.setdefault(path, []).append(fields)

    def delete(self, path):
        """Its newest version, as `vault kv delete` does."""
        with self.lock:
            self.secrets[path][-1] = None

    def count(self, suffix):
        with self.lock:
            return sum(path.endswith(suffix) for _, path, _ in self.asked)

    def handle(self, h, body):
        with self.lock:
            token = h.headers.get("X-Vault-Token")
            self.asked.append((h.command, h.path, token))
            status, answer, more = self.answer(h, token, body)
        data = answer if isinstance(answer, bytes) else \
            json.dumps(answer).encode()
        try:
            h.send_response(status)
            h.send_header("Content-Type", "application/json")
            h.send_header("Content-Length", str(len(data)))
            for name, value in more:
                h.send_header(name, value)
            h.end_headers()
            h.wfile.write(data)
        except OSError:
            pass

    def answer(self, h, token, body):
        """@return (status, JSON or bytes, further headers)"""
        if self.mode == "sealed":
            return 503, {"errors": ["Vault is sealed"]}, []
        if self.mode == "standby":
            return 429, {"errors": []}, []
        if self.mode == "redirect":
            return 307, b"", [("Location",
                               f"http://127.0.0.2:{self.port}{h.path}")]
        if self.mode == "garbage":
            return 200, b'{"data": {"data": {"password": "cut', []
        if self.mode == "huge":
            return 200, b'{"data": "' + b"x" * (3 << 20) + b'"}', []
        if not h.path.startswith("/v1/"):
            return 404, {"errors": []}, []
        if h.headers.get("X-Vault-Request") != "true":
            self.wrong.append(f"{h.path}: no X-Vault-Request")
        if (h.headers.get("X-Vault-Namespace") or None) != self.namespace:
            return 404, {"errors": ["no handler for route"]}, []
        data = None
        if body is not None:
            if h.headers.get("Content-Type") != "application/json":
                self.wrong.append(f"{h.path}: a body that is no JSON")
            try:
                data = json.loads(body)
            except ValueError:
                return 400, {"errors": ["failed to parse JSON input"]}, []
        return self.route(h.command, h.path[4:], token, data)

    def route(self, method, path, token, data):
        if path == "auth/approle/login" and method in ("POST", "PUT"):
            if token:
                self.wrong.append("a login with a token")
            if self.roles.get(data.get("role_id"), "") != \
                    data.get("secret_id", ""):
                return 400, {"errors": ["invalid role or secret ID"]}, []
            return self.logged_in(["default", "trading"])
        if path == "auth/kubernetes/login" and method in ("POST", "PUT"):
            if self.jwts.get(data.get("role")) != data.get("jwt"):
                return 403, {"errors": ["permission denied"]}, []
            return self.logged_in(["trading"])
        if token is None:
            return 400, {"errors": ["missing client token"]}, []
        mine = self.tokens.get(token)
        if mine is None or (mine[2] and mine[2] < time.monotonic()):
            return 403, {"errors": ["permission denied"]}, []
        if path == "auth/token/lookup-self" and method == "GET":
            d = {"id": token, "policies": ["root"], "type": "service",
                 "ttl": max(0, int(mine[2] - time.monotonic()))
                 if mine[2] else 0}
            if mine[2]:
                d["renewable"] = mine[1]
            return 200, self.form(data=d), []
        if path == "auth/token/renew-self" and method in ("POST", "PUT"):
            if not mine[1]:
                return 400, {"errors": ["lease is not renewable"]}, []
            mine[2] = time.monotonic() + mine[0]
            return 200, self.form(auth=self.auth(token, mine)), []
        if self.mode == "deny":
            return 403, {"errors": ["1 error occurred: permission denied"]}, []
        if path.startswith("secret/data/") and method == "GET":
            return self.read(path[len("secret/data/"):])
        if path.startswith("secret/"):
            self.wrong.append(f"{path}: KV version 2 reads secret/data/PATH")
        return 404, {"errors": []}, []

    def read(self, path):
        versions = self.secrets.get(path)
        if not versions:
            return 404, {"errors": []}, []
        gone = versions[-1] is None
        meta = {"created_time": "2026-11-26T10:00:00.000000000Z",
                "custom_metadata": None, "destroyed": False,
                "deletion_time": "2026-11-26T11:00:00.0Z" if gone else "",
                "version": len(versions)}
        return (404 if gone else 200,
                self.form(data={"data": versions[-1], "metadata": meta}), [])

    def logged_in(self, policies):
        token = self.token(self.ttl, self.renewable)
        auth = self.auth(token, self.tokens[token])
        auth["policies"] = policies
        return 200, self.form(auth=auth), []

    def auth(self, token, mine):
        return {"client_token": token, "accessor": "acc", "policies": [],
                "metadata": None, "lease_duration": mine[0],
                "renewable": mine[1], "entity_id": "", "token_type": "service",
                "orphan": True}

    def form(self, data=None, auth=None):
        return {"request_id": "a-request", "lease_id": "", "renewable": False,
                "lease_duration": 0, "data": data, "wrap_info": None,
                "warnings": None, "auth": auth}
