"""What every driver here shares: the counterparts (recording upstream, identity provider under our control), the gate in front of
them, tokens, and one line per case. Counterparts and attack vectors come from the lab beside the repository (../shared/lab)."""
import atexit, json, os, pathlib, re, signal, socket, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = pathlib.Path(os.environ.get("GATEHOUSE_LAB_SOURCES", ROOT.parent / "shared" / "lab"))
BINARY = os.environ.get("GATEHOUSE", str(ROOT / ".build" / "release" / "gatehouse"))
STATE = pathlib.Path(os.environ.get("GATEHOUSE_LAB", os.path.expanduser("~/.cache/gatehouse-lab")))
sys.path.insert(0, str(LAB / "attacks"))
import seclib  # noqa: E402  (the lab's signing keys, raw client and upstream control)

AUDIENCE = "https://mcp.example.test/mcp"
PYTHON = sys.executable


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A child process whose output goes to a file; ended by its own pid when the driver ends."""
    def __init__(self, arguments, log, environment=None, cwd=None):
        self.log = pathlib.Path(log)
        self.arguments = [str(a) for a in arguments]
        self.file = open(self.log, "ab")
        self.child = subprocess.Popen(self.arguments, stdout=self.file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                      env={**os.environ, **(environment or {})}, cwd=cwd)
        atexit.register(self.stop)

    @property
    def pid(self): return self.child.pid

    def stop(self, number=signal.SIGTERM, wait=10):
        if self.child.poll() is None:
            self.child.send_signal(number)
            try:
                self.child.wait(wait)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(5)
        self.file.close()
        return self.child.returncode


def wait_for(port, seconds=20, process=None):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process and process.child.poll() is not None:
                break
            time.sleep(0.05)
    tail = process.log.read_text(errors="replace")[-3000:] if process else ""
    raise SystemExit(f"nothing answers on port {port}\n{tail}")


class Gate:
    """Gatehouse with a recording upstream behind it and an identity provider beside it."""
    def __init__(self, folder=None, settings=None, yaml="", arguments=(), environment=None, upstream=None, start=True):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="gatehouse-defences-"))
        self.port, self.operations = free_port(), free_port()
        self.op_port, self.up_port, self.control = free_port(), free_port(), free_port()
        self.issuer = f"http://127.0.0.1:{self.op_port}"
        self.keys = seclib.load_keys(seclib.default_keys())
        self.upstream_url = upstream or f"http://127.0.0.1:{self.up_port}"
        (self.folder / "auth.json").write_text(json.dumps(settings or self.settings(), indent=2))
        (self.folder / "gatehouse.yaml").write_text(yaml or self.yaml())
        self.extra, self.environment, self.process = list(arguments), environment, None
        self.start_upstream()
        self.start_provider()
        self.up = seclib.Upstream(self.control)
        if start:
            self.start()

    def settings(self):
        return {
            "platform": {"enabled": True},
            "globalValidation": {"requireAuthentication": True, "unauthenticatedClientAction": "Return401",
                                 "excludedPaths": ["/public", "/open/*"]},
            "httpSettings": {"requireHttps": False},
            "identityProviders": {"customOpenIdConnectProviders": {"lab": {"enabled": True, "registration": {
                "clientId": "cli",
                "openIdConnectConfiguration": {"wellKnownOpenIdConfiguration": self.issuer + "/.well-known/openid-configuration"}}}}},
        }

    def yaml(self):
        return (f"publicURL: https://mcp.example.test\n"
                f"resources:\n  - path: /mcp\n    mcp: true\n    identifier: {AUDIENCE}\n")

    def start_upstream(self):
        self.upstream = Process([PYTHON, LAB / "attacks/echo_upstream.py", "--port", self.up_port, "--control", self.control],
                                self.folder / "upstream.log")
        wait_for(self.up_port, process=self.upstream)
        wait_for(self.control, process=self.upstream)

    def start_provider(self):
        self.provider = Process([PYTHON, LAB / "attacks/hostile_op.py", "--port", self.op_port, "--keys", seclib.default_keys(),
                                 "--issuer", self.issuer], self.folder / "provider.log", cwd=LAB / "attacks")
        wait_for(self.op_port, process=self.provider)

    def start(self):
        self.process = Process([BINARY, "serve", "--config", self.folder / "gatehouse.yaml", "--auth-settings",
                                self.folder / "auth.json", "--listen", f"127.0.0.1:{self.port}", "--upstream", self.upstream_url,
                                "--operations-listen", f"127.0.0.1:{self.operations}", *self.extra],
                               self.folder / "gatehouse.log", self.environment)
        wait_for(self.port, process=self.process)
        end = time.time() + 10
        while time.time() < end and self.ready() != 200:
            time.sleep(0.05)

    def ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.operations}/readyz", timeout=2).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def provider_set(self, **modes):
        request = urllib.request.Request(self.issuer + "/ctl/set", data=json.dumps(modes).encode(), method="POST")
        urllib.request.urlopen(request, timeout=5).read()

    def provider_reset(self):
        urllib.request.urlopen(urllib.request.Request(self.issuer + "/ctl/reset", data=b"", method="POST"), timeout=5).read()

    def provider_log(self):
        return json.load(urllib.request.urlopen(self.issuer + "/ctl/log", timeout=5))

    # -- tokens
    def claims(self, **changes):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": "alice", "client_id": "cli", "scope": "mcp:tools", "name": "Alice",
                  "iat": now, "nbf": now - 5, "exp": now + 600, "jti": os.urandom(8).hex()}
        claims.update(changes)
        return {k: v for k, v in claims.items() if v is not None}

    def token(self, header=None, key="rsa-1", algorithm="RS256", **changes):
        signer = self.keys[key]
        head = {"alg": algorithm, "kid": key, "typ": "at+jwt", **(header or {})}
        head = {k: v for k, v in head.items() if v is not None}
        return seclib.compact(head, self.claims(**changes), lambda m: signer.sign(algorithm, m))

    # -- requests
    @property
    def address(self): return ("127.0.0.1", self.port)

    @property
    def host(self): return f"127.0.0.1:{self.port}"

    def send(self, data, **options):
        return seclib.raw_http(self.address, data if isinstance(data, bytes) else data.encode("latin-1"), **options)

    def get(self, path="/mcp", token=None, headers=(), **options):
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}", *headers]
        if token:
            lines.append("Authorization: Bearer " + token)
        return self.send("\r\n".join(lines) + "\r\n\r\n", **options)

    def arrived(self, canary):
        return self.up.find(canary)["hits"]

    def stop(self):
        for process in (self.process, self.upstream, self.provider):
            if process:
                process.stop()


class Report:
    """One line per case; `close` prints the closing line and returns the exit code."""
    def __init__(self, title, only=None, verbose=False):
        self.title, self.only, self.verbose = title, only and re.compile(only), verbose
        self.passed, self.failed = 0, 0

    def wants(self, name): return not self.only or self.only.search(name)

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
            if self.verbose:
                print(f"pass  {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}  {detail}", flush=True)
        return good

    def close(self):
        print(f"{self.title}: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
