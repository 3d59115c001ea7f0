"""A strict stand-in for S3 with object lock, on a free port on loopback.

It knows PUT, HEAD, GET and DELETE of objects in one bucket, checks Signature
Version 4 by the AWS documents alone (every x-amz- header must be signed, the
body must have the signed SHA-256), wants object lock for so many days, as a
bucket's policy can, and a checksum with it, and lets nobody overwrite or delete
what is locked.
"""
import base64
import calendar
import hashlib
import hmac
import http.server
import threading
import time
import urllib.parse

ACCESS, SECRET, REGION = "AKIDFIXGATE", "s3cret/of+the=tests", "eu-test-1"


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    pass


def stamp(text, form="%Y-%m-%dT%H:%M:%SZ"):
    return calendar.timegm(time.strptime(text, form))


def check_signature(method, path, headers, body):
    """By "Create a signed AWS API request"."""
    auth = headers.get("authorization", "")
    scheme, _, rest = auth.partition(" ")
    parts = dict(p.strip().split("=", 1) for p in rest.split(",") if "=" in p)
    if scheme != "AWS4-HMAC-SHA256" or set(parts) != {
            "Credential", "SignedHeaders", "Signature"}:
        raise Refused("no signature of version 4")
    access, day, region, service, last = parts["Credential"].split("/")
    when = headers["x-amz-date"]
    if (access, region, service, last) != (ACCESS, REGION, "s3",
                                           "aws4_request"):
        raise Refused("wrong scope")
    if not when.startswith(day) or \
            abs(stamp(when, "%Y%m%dT%H%M%SZ") - time.time()) > 900:
        raise Refused("too old")
    signed = parts["SignedHeaders"].split(";")
    must = {"host"} | {h for h in headers if h.startswith("x-amz-")}
    if signed != sorted(signed) or not must <= set(signed):
        raise Refused(f"not signed: {must - set(signed)}")
    if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        raise Refused("the body is not what was signed")
    where, _, query = path.partition("?")
    canonical = "\n".join(
        [method, urllib.parse.quote(where, safe="/-_.~"), query] +
        [f"{h}:{' '.join(headers[h].split())}" for h in signed] +
        ["", ";".join(signed), headers["x-amz-content-sha256"]])
    text = "\n".join(["AWS4-HMAC-SHA256", when,
                      f"{day}/{region}/s3/aws4_request",
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = mac(mac(mac(mac(("AWS4" + SECRET).encode(), day), region), "s3"),
              "aws4_request")
    if not hmac.compare_digest(mac(key, text).hex(), parts["Signature"]):
        raise Refused("SignatureDoesNotMatch")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, text="", extra=(), body=b""):
        body = body or text.encode()
        self.send_response(status)
        for name, value in extra:
            self.send_header(name, value)
        if self.command == "HEAD":
            body = b""
        if not any(n == "Content-Length" for n, _ in extra):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        s3 = self.server.s3
        headers = {k.lower(): v for k, v in self.headers.items()}
        try:
            body = self.rfile.read(int(headers.get("content-length", 0)))
        except ConnectionError:
            body = b""
        if len(body) < int(headers.get("content-length", 0)):
            self.close_connection = True  # who sent it was killed
            return None
        s3.requests.append((self.command, self.path))
        if s3.busy > 0:
            s3.busy -= 1
            return self.answer(503, "SlowDown")
        try:
            check_signature(self.command, self.path, headers, body)
            with s3.lock:
                getattr(s3, self.command.lower())(self, headers, body)
        except (Refused, KeyError, ValueError) as e:
            s3.refused.append(str(e))
            self.answer(403, f"AccessDenied: {e}")

    do_PUT = do_GET = do_HEAD = do_DELETE = handle_any


class S3:
    def __init__(self, bucket="copies", port=0, lock_days=30):
        self.lock_days = lock_days
        self.bucket, self.lock = bucket, threading.Lock()
        self.objects = {}    # path -> (body, metadata, locked until)
        self.requests, self.refused = [], []
        self.busy = 0        # answer so many requests with 503
        self.lose = 0        # keep so many PUTs, and break before the answer
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", port), Handler)
        self.server.s3 = self
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.02}, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.port}/{self.bucket}"

    def locked(self, path):
        return path in self.objects and self.objects[path][2] > time.time()

    def put(self, r, headers, body):
        if not r.path.startswith(f"/{self.bucket}/"):
            raise Refused("NoSuchBucket")
        if headers.get("if-none-match") == "*" and r.path in self.objects:
            return r.answer(412, "PreconditionFailed")
        if self.locked(r.path):
            raise Refused("it is locked")
        if headers.get("x-amz-object-lock-mode") != "COMPLIANCE":
            raise Refused("the bucket locks in COMPLIANCE")
        until = stamp(headers["x-amz-object-lock-retain-until-date"])
        if until < time.time() + self.lock_days * 86400 - 600:
            raise Refused(f"object lock of {self.lock_days} days is demanded")
        if "x-amz-checksum-sha256" not in headers:
            raise Refused("object lock needs a checksum")
        want = headers.get("x-amz-checksum-sha256")
        if want and base64.b64decode(want) != hashlib.sha256(body).digest():
            return r.answer(400, "BadDigest")
        meta = [(k, v) for k, v in headers.items()
                if k.startswith("x-amz-meta-")]
        self.objects[r.path] = (body, meta, until)
        if self.lose > 0:
            self.lose -= 1
            r.close_connection = True
            return r.connection.close()
        r.answer(200)

    def head(self, r, headers, body):
        if r.path not in self.objects:
            return r.answer(404)
        data, meta, _ = self.objects[r.path]
        r.answer(200, extra=meta + [("Content-Length", str(len(data)))])

    def get(self, r, headers, body):
        if r.path not in self.objects:
            return r.answer(404, "NoSuchKey")
        r.answer(200, body=self.objects[r.path][0])

    def delete(self, r, headers, body):
        if self.locked(r.path):
            raise Refused("it is locked")
        self.objects.pop(r.path, None)
        r.answer(204)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
