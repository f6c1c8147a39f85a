"""Gates that are configured otherwise than the one most rows are spoken to."""
import datetime, json, os, ssl, subprocess, time
import seclib
from harness import AUDIENCE, BINARY, Gate


class Lazy:
    """A gate that is started when the first of its rows is spoken, and not at all when none is asked for."""
    def __init__(self, make): self.__dict__.update(make=make, made=None)

    def __getattr__(self, name):
        if self.made is None:
            self.__dict__["made"] = self.make()
        return getattr(self.made, name)

    def stop(self):
        if self.made is not None:
            self.made.stop()


class TrustingGate(Gate):
    """Believes the forwarding fields of its only possible peer, and insists on https: the setting that CVE-2026-40575 was about."""
    def settings(self): return {**super().settings(), "httpSettings": {"requireHttps": True}}
    def yaml(self): return super().yaml() + "trustedProxies: [127.0.0.1]\n"


class HTTPSOnlyGate(Gate):
    """Insists on https and believes a proxy that is not here: whoever speaks to it is a stranger on a plain connection."""
    def settings(self): return {**super().settings(), "httpSettings": {"requireHttps": True}}
    def yaml(self): return super().yaml() + "trustedProxies: [192.0.2.1]\n"


class BrowserGate(Gate):
    """Sends browsers that hold no token to the sign-in page."""
    def settings(self):
        document = super().settings()
        document["globalValidation"]["unauthenticatedClientAction"] = "RedirectToLoginPage"
        registration = document["identityProviders"]["customOpenIdConnectProviders"]["lab"]["registration"]
        registration["clientCredential"] = {"clientSecretSettingName": "LAB_SECRET"}
        return document

    def __init__(self):
        super().__init__(environment={"LAB_SECRET": "s3cret-of-the-lab", "WEBSITE_AUTH_ENCRYPTION_KEY": os.urandom(32).hex()})


class TwoResourcesGate(Gate):
    """Two MCP resources and one that is not MCP, each with an audience, and scopes, of its own."""
    def yaml(self):
        return ("publicURL: https://mcp.example.test\nresources:\n"
                "  - path: /a\n    identifier: https://mcp.example.test/a\n    requiredScopes: [read]\n"
                "  - path: /a/deep\n    identifier: https://mcp.example.test/a/deep\n    requiredScopes: [write]\n"
                "  - path: /b\n    identifier: https://mcp.example.test/b\n    mcp: false\n")


class QuickKeysGate(Gate):
    """Fetches the provider's keys again after a second, so that what D10 says of refreshing can be seen."""
    def yaml(self): return super().yaml() + "keys:\n  refreshInterval: 1s\n"


class KeylessGate(Gate):
    """Is not waited for until it has keys: for providers that have none to give."""
    def ready(self): return 200


class TightGate(Gate):
    """Short time-outs and few connections."""
    def yaml(self):
        return super().yaml() + ("limits:\n  connectionsPerAddress: 12\n  inspectedBodyBytes: 64KiB\n"
                                 "timeouts:\n  head: 2s\n  idle: 2s\n  body: 2s\n  writeStall: 2s\n")


class EncryptedGate(Gate):
    """TLS with a certificate of its own; HTTP/2 by ALPN."""
    def start(self):
        make_certificate(self.folder / "cert.pem", self.folder / "key.pem")
        (self.folder / "gatehouse.yaml").write_text(
            self.yaml() + f"tls:\n  certificate: {self.folder}/cert.pem\n  key: {self.folder}/key.pem\n")
        super().start()

    def context(self, protocol):
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        context.check_hostname = False
        context.set_alpn_protocols(["h2" if protocol == "h2" else "http/1.1"])
        return context


class StubGate(Gate):
    """Providers whose tokens only they can read, and Entra with a policy: all of them are `stubs.Provider`."""
    def __init__(self, stub):
        self.stub = stub
        super().__init__(environment={"STUB_SECRET": stub.secret})

    def settings(self):
        document = super().settings()
        document["identityProviders"].update({
            "gitHub": {"registration": {"clientId": "own-app", "clientSecretSettingName": "STUB_SECRET"}},
            "facebook": {"registration": {"appId": "4711", "appSecretSettingName": "STUB_SECRET"}},
            "twitter": {"registration": {"consumerKey": "own-app", "consumerSecretSettingName": "STUB_SECRET"}},
            "azureActiveDirectory": {
                "registration": {"clientId": self.stub.entra_client, "openIdIssuer": self.stub.entra_issuer},
                "validation": {
                    "allowedAudiences": [AUDIENCE],
                    "jwtClaimChecks": {"allowedGroups": ["group-in"]},
                    "defaultAuthorizationPolicy": {"allowedApplications": ["listed-app"],
                                                   "allowedPrincipals": {"identities": ["user@corp.example", "guid-of-alice"]}}}},
        })
        return document

    def yaml(self):
        return ("publicURL: https://mcp.example.test\nresources:\n"
                f"  - path: /mcp\n    identifier: {AUDIENCE}\n    requiredScopes: [read]\n"
                f"  - path: /admin\n    identifier: {AUDIENCE}\n    requiredScopes: [write]\n"
                f"providers:\n  github:\n    apiBaseURL: {self.stub.url}\n  facebook:\n    apiBaseURL: {self.stub.url}\n"
                f"  twitter:\n    apiBaseURL: {self.stub.url}\n"
                f"  lab:\n    introspection:\n      endpoint: {self.stub.url}/introspect\n      clientId: gate\n"
                "      clientSecretSettingName: STUB_SECRET\n      cache: 60s\n")


def make_certificate(certificate, key):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID
    own = seclib.Key("tls", "p256")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(own.priv.public_key())
             .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
             .not_valid_after(now + datetime.timedelta(days=2))
             .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(own.priv, hashes.SHA256()))
    certificate.write_bytes(built.public_bytes(seclib.ser.Encoding.PEM))
    key.write_bytes(own.priv_pem())


def check_settings(gate, settings=None, yaml=None, environment=None):
    """`gatehouse check` on other documents: exit code (2: would not start) and what it says."""
    (gate.folder / "other.json").write_text(json.dumps(settings or gate.settings()))
    (gate.folder / "other.yaml").write_text(yaml or gate.yaml())
    done = subprocess.run([BINARY, "check", "--config", gate.folder / "other.yaml", "--auth-settings", gate.folder / "other.json",
                           "--upstream", gate.upstream_url], capture_output=True, text=True, timeout=20,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout + done.stderr


def wait_for_fetch(gate, seconds=5):
    """Waits until the provider has been asked for its keys again, and the answer has been put to use."""
    asked = lambda: sum("/jwks" in entry["path"] for entry in gate.provider_log())
    before, end = asked(), time.time() + seconds
    while asked() == before and time.time() < end:
        time.sleep(0.1)
    time.sleep(0.3)


def resident(gate):
    """KiB that the gate holds in memory."""
    for line in open(f"/proc/{gate.process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def processor_time(gate):
    """Seconds of processor time that the gate has used."""
    parts = open(f"/proc/{gate.process.pid}/stat").read().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
