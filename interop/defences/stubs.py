"""Identity providers in this process, as far as a resource server asks them: introspection, GitHub, Facebook, X, Entra's metadata."""
import base64, contextlib, json, socket, threading, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import seclib

TENANT = "11111111-2222-3333-4444-555555555555"


class Provider:
    """What is said of each token stands in `introspected`, `github`, `facebook`, `x`; every question is in `log`."""
    secret = "stub-secret-5b1d2c"
    entra_client = "99999999-8888-7777-6666-555555555555"

    def __init__(self):
        self.introspected, self.github, self.facebook, self.x, self.log = {}, {}, {}, {}, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.entra_issuer = f"{self.url}/{TENANT}/v2.0"
        self.keys = seclib.load_keys(seclib.default_keys())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self): self.server.shutdown()

    def answer(self, method, path, body, authorization):
        """(status, document) for one question."""
        place = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(place.query))
        basic = base64.b64decode(authorization[6:]).decode() if authorization.startswith("Basic ") else ""
        if place.path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            return 200, {"issuer": self.entra_issuer, "jwks_uri": self.url + "/keys"}
        if place.path == "/keys":
            return 200, {"keys": [self.keys["rsa-1"].jwk()]}
        if place.path == "/introspect":
            token = dict(urllib.parse.parse_qsl(body)).get("token", "")
            return (200, self.introspected.get(token, {"active": False})) if basic == f"gate:{self.secret}" else (401, {})
        if place.path == "/applications/own-app/token":
            # GitHub knows only tokens of the app that asks; what it says of another's is here to be believed by nobody.
            known = self.github.get(json.loads(body).get("access_token"))
            return (200, known) if known else (404, {"message": "Not Found"})
        if place.path.endswith("/debug_token"):
            return 200, {"data": self.facebook.get(query.get("input_token"), {"is_valid": False})}
        if place.path in ("/2/users/me", "/user"):
            return (200, self.x) if self.x else (401, {})
        return 404, {}

    def handler(provider):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_): pass

            def reply(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                provider.log.append((self.command, self.path, body))
                status, document = provider.answer(self.command, self.path, body, self.headers.get("Authorization") or "")
                data = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = reply
        return Handler


@contextlib.contextmanager
def trap():
    """A listener that nobody should connect to; yields its port and the list of who did."""
    caught, listener = [], socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                peer, address = listener.accept()
                caught.append((address, peer.recv(200)))
                peer.close()
    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1], caught
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
