"""TLS in front of a simulator's port: what comes is carried on as it is."""
import socket
import ssl
import threading


def carry(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    except (OSError, ValueError):
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class TlsFront:
    def __init__(self, to, cert, key):
        self.to = to
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.refused = 0        # handshakes that the client broke off
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        try:
            s = self.context.wrap_socket(s, server_side=True)
        except OSError:
            self.refused += 1
            s.close()
            return
        with s, socket.create_connection(("127.0.0.1", self.to)) as t:
            up = threading.Thread(target=carry, args=(s, t), daemon=True)
            up.start()
            carry(t, s)
            up.join(5)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
