"""Advisories about header fields: spoofed identities, forwarding fields that are believed, several values, in-band trust, foreign hosts."""
import gates
from spoken import Cases, MESSAGE, TYPED, message, values

INJECTED = ("X-MS-CLIENT-PRINCIPAL", "X-MS-CLIENT-PRINCIPAL-ID", "X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-CLIENT-PRINCIPAL-IDP",
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id")


def run(gate, report):
    spellings(gate, report)
    several_values(gate, report)
    in_band_trust(gate, report)
    hosts_and_origins(gate, report)
    scrubbing(gate, report)
    trusting = gates.Lazy(gates.TrustingGate)
    forwarded_paths(gate, trusting, report)
    trusting.stop()


def spelled(name):
    """Every way of writing a field name that some server behind the gate may read as that name (CGI folds `-`, `_` and the like)."""
    yield from (name, name.lower(), name.upper(), name.swapcase(), name.replace("-", "_"), name.lower().replace("-", "_"))
    for i, octet in enumerate(name):
        if octet == "-":
            yield name[:i] + "_" + name[i + 1:]
    for other in (".", "~", "!", "'", "|", "^", "`", "+", "*", "&", "$", "#"):
        yield name.replace("-", other)
    if name.startswith("X-MS"):
        yield from (name.replace("-", "--"), name.replace("-", "__"), "HTTP_" + name.replace("-", "_"), "HTTP-" + name, "-" + name,
                    "_" + name)


def spellings(gate, report):
    """CVE-2025-64484: only the canonical spelling was removed, and the server behind folded the others into it."""
    cases = Cases(gate, report, "CVE-2025-64484")
    for name in INJECTED:
        for spelling in dict.fromkeys(spelled(name)):
            cases.dropped(f"{spelling}", fields=[(spelling, "{m}")])
            if name.startswith("X-MS") and "_" not in spelling and spelling.isupper():
                cases.dropped(f"{spelling} twice, without a token, on an excluded path", path="/public", token=None,
                              fields=[(spelling, "{m}"), (spelling, "{m}")])
    for name in ("X_MS_CLIENT_PRINCIPAL", "X-MS_CLIENT-PRINCIPAL-ID", "x_forwarded_for", "X_Custom"):
        cases.refused(f"{name} on an excluded path", path="/public", token=None, fields=[(name, "root")])

    def own(hit):
        return (values(hit, "x-ms-client-principal-id") == ["alice"] and len(values(hit, "x-ms-client-principal")) == 1
                and values(hit, "x-ms-client-principal-idp") == ["lab"] and values(hit, "x-forwarded-for") == ["127.0.0.1"]
                and values(hit, "x-forwarded-proto") == ["https"] and values(hit, "x-forwarded-host") == ["mcp.example.test"]
                and len(values(hit, "x-request-id")) == 1 and len(values(hit, "traceparent")) == 1)
    cases.passes("control: the gate's own fields, once each", judge=own, fields=[(n, "root") for n in INJECTED])
    innocent = [("X-Msg-Id", "1"), ("X-MSX", "2"), ("X-Message", "3"), ("XMS-Client", "4"), ("X-Forward", "5"), ("My-X-MS-Client", "6")]
    cases.passes("control: fields that only resemble them", fields=innocent,
                 judge=lambda hit: all(values(hit, n.lower()) == [v] for n, v in innocent))
    cases.passes("control: no identity without a token", path="/public", token=None,
                 judge=lambda hit: not [n for n, _ in hit["headers"] if n.lower().startswith("x-ms-")])


PATH_FIELDS = ("X-Forwarded-Uri", "X-Forwarded-Path", "X-Forwarded-Method", "X-Forwarded-Prefix", "X-Original-URL", "X-Original-Uri",
               "X-Original-Path", "X-Original-Method", "X-Rewrite-URL", "X-Envoy-Original-Path", "X-HTTP-Method-Override",
               "X-Method-Override",
               "X-HTTP-Method", "X-Accel-Redirect")
USER_FIELDS = ("X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Auth-Request-User", "X-Remote-User", "Remote-User",
               "X-Forwarded-Access-Token", "X-Forwarded-Authorization", "X-Envoy-Internal", "X-Forwarded-Client-Cert",
               "X-SSL-Client-Verify")


def forwarded_paths(gate, trusting, report):
    """CVE-2026-40575 and the open #3506: a path was believed that a client had written into a field, and by default from anybody."""
    cases = Cases(gate, report, "CVE-2026-40575")
    for name in PATH_FIELDS + USER_FIELDS:
        value = "OPTIONS" if "Method" in name else "alice" if name in USER_FIELDS else "/public"
        cases.refused(f"{name} admits nobody", statuses=(401,), challenged=True, fields=[(name, value)], token=None)
    for name in PATH_FIELDS:
        cases.dropped(f"{name} does not arrive with a token", statuses=(200,), fields=[(name, "/{m}")])
    cases.passes("control: the path itself decides", path="/public", token=None, fields=[("X-Forwarded-Uri", "/mcp")],
                 judge=lambda hit: hit["target"] == "/public")
    cases.dropped("a stranger's X-Forwarded-For is not believed", statuses=(200,), fields=[("X-Forwarded-For", "{m}")])
    listed = Cases(trusting, report, "CVE-2026-40575")
    secure = [("X-Forwarded-Proto", "https")]
    for name in PATH_FIELDS:
        listed.refused(f"{name} of a trusted proxy admits nobody", statuses=(401,), fields=[*secure, (name, "/public")], token=None)
    listed.passes("control: a trusted proxy's X-Forwarded-For is passed on", fields=[*secure, ("X-Forwarded-For", "198.51.100.7")],
                  judge=lambda hit: values(hit, "x-forwarded-for") == ["198.51.100.7"])
    listed.passes("control: of a list only what the trusted proxy itself saw",
                  fields=[*secure, ("X-Forwarded-For", "6.6.6.6, 198.51.100.7")],
                  judge=lambda hit: values(hit, "x-forwarded-for") == ["198.51.100.7"])
    listed.refused("a trusted proxy's X-Forwarded-Host is not the metadata's", statuses=(401,), token=None,
                   fields=[*secure, ("X-Forwarded-Host", "evil.example")], judge=lambda answer: "evil" not in answer.text)
    multi = Cases(trusting, report, "CVE-2026-26308")
    for what, fields in {"http, then https": ["http", "https"], "https, then http": ["https", "http"]}.items():
        multi.refused(f"X-Forwarded-Proto {what}", statuses=(400, 403), fields=[("X-Forwarded-Proto", v) for v in fields])
    for protocol, title in multi.each("X-Forwarded-Proto with several values in one field is not https"):
        sent = [multi.send(protocol, fields=[("X-Forwarded-Proto", v)]) for v in ("https, http", "http, https", "httpsx", "http")]
        report.check(title, all(answer.status in (400, 403) and not hits for answer, hits in sent),
                     f"{[(a.status, len(h)) for a, h in sent]}")
    multi.passes("control: X-Forwarded-Proto once", fields=[("X-Forwarded-Proto", "https")])


def several_values(gate, report):
    """CVE-2026-26308 (Envoy) and CVE-2026-31838 (Istio): of several values of a field only the first was held against the rule."""
    cases = Cases(gate, report, "CVE-2026-26308")
    good = gate.token()
    bearer = lambda *tokens: [("Authorization", "Bearer " + t) for t in tokens]
    for what, fields in {
        "a good and a bad token": bearer(good, "x"), "a bad and a good token": bearer("x", good),
        "one good token twice": bearer(good, good),
        "good and bad token in one field": bearer(good + ", Bearer x"), "bad and good token in one field": bearer("x, Bearer " + good),
        "Basic before the token": [("Authorization", "Basic eDp5"), *bearer(good)],
        "Basic after the token": [*bearer(good), ("Authorization", "Basic eDp5")],
    }.items():
        cases.refused(what, statuses=(400, 401), fields=fields, token=None)
    call = message("tools/call", name="add")
    post = dict(method="POST", body=call)
    for name, first, second in (("Mcp-Session-Id", "s-1", "s-2"), ("MCP-Protocol-Version", "2025-06-18", "2025-03-26"),
                                ("Mcp-Method", "tools/call", "tools/list"), ("Mcp-Name", "add", "drop"),
                                ("Content-Type", "application/json", "text/plain"),
                                ("Origin", "https://mcp.example.test", "https://evil.example"), ("Last-Event-ID", "1", "2")):
        others = [f for f in TYPED if f[0] != name] if name == "Content-Type" else TYPED
        for a, b in ((first, second), (second, first), (first, first)):
            cases.refused(f"{name}: {a}, then {b}", statuses=(400, 403, 415), fields=[*others, (name, a), (name, b)], **post)
        cases.refused(f"{name}: {first}, {second} in one field", statuses=(400, 403, 404, 415),
                      fields=[*others, (name, f"{first}, {second}")],
                      **(dict(post, body=f"[{call}]") if name == "MCP-Protocol-Version" else post)) if name != "Last-Event-ID" else None
    cases.refused("Content-Encoding twice", statuses=(400, 415),
                  fields=[*TYPED, ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")], **post)
    cases.refused("two hosts", statuses=(400, 421), fields=[("Host", "evil.example")])
    twice = [("Accept-Language", "de"), ("Accept-Language", "en"), ("X-Custom", "1"), ("X-Custom", "2")]
    cases.passes("control: fields that are lists arrive with all values", fields=twice,
                 judge=lambda hit: values(hit, "accept-language") == ["de", "en"] and values(hit, "x-custom") == ["1", "2"])
    cases.passes("control: one of each", fields=[*TYPED, ("MCP-Protocol-Version", "2025-06-18"), ("Mcp-Method", "tools/call"),
                                                 ("Mcp-Name", "add"),
                                                 ("Origin", "https://mcp.example.test")], **post)
    istio = Cases(gate, report, "CVE-2026-31838")
    istio.refused("aud of two tokens in one", statuses=(401,), token=gate.token(aud=["https://other.example", "https://another.example"]))
    istio.refused("iss as a list", statuses=(401,), token=gate.token(iss=[gate.issuer, "https://evil.example"]))
    istio.passes("control: aud as a list that names us", token=gate.token(aud=["https://other.example", "https://mcp.example.test/mcp"]))


def in_band_trust(gate, report):
    """GHSA-g53w-w6mj-hrpp: a field with a well-known secret led round the token check and named the host to go to."""
    cases = Cases(gate, report, "GHSA-g53w-w6mj-hrpp")
    hairpin = [("mcp-init-host", "evil.example"), ("router-key", "secret-api-key")]
    begin = message("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "x", "version": "1"})
    for what, fields in {"mcp-init-host and router-key": hairpin, "x-mcp-authorized": [("x-mcp-authorized", "eyJhbGciOiJub25lIn0.e30.")],
                         "x-gatehouse-*": [("x-gatehouse-internal", "1"), ("gatehouse-control", "1"), ("x-gatehouse-principal", "alice")],
                         "x-envoy-internal": [("x-envoy-internal", "true"), ("x-internal-request", "1")],
                         "platform fields": [("x-arr-ssl", "1"), ("disguised-host", "localhost"), ("x-ms-request-id", "1"),
                                             ("x-functions-key", "k")],
                         "X-ZUMO-AUTH": [("X-ZUMO-AUTH", gate.token())],
                         "Proxy-Authorization": [("Proxy-Authorization", "Bearer " + gate.token())],
                         "X-API-Key": [("X-API-Key", "secret-api-key"), ("Api-Key", "secret-api-key")]}.items():
        cases.refused(f"{what} in place of a token", statuses=(401,), challenged=True, method="POST", fields=[*TYPED, *fields], body=begin,
                      token=None)
    upstream = gate.upstream_url.split("//")[1]
    cases.passes("control: with a token the request still goes where it is configured to go", method="POST", fields=[*TYPED, *hairpin],
                 body=begin,
                 judge=lambda hit: values(hit, "host") == [upstream])


def hosts_and_origins(gate, report):
    """CVE-2025-64443: a page of somebody else's, its name rebound to this address, reached the gate with the user's reach."""
    cases = Cases(gate, report, "CVE-2025-64443")
    port = gate.port
    foreign = ("evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}", f"127.0.0.1.evil.example:{port}",
               "mcp.example.test.evil.example",
               "evilmcp.example.test", "sub.mcp.example.test", "mcp.example.tes", "example.test", f"10.0.0.1:{port}", f"[fd00::1]:{port}",
               f"0x7f000001:{port}",
               f"2130706433:{port}", f"127.1:{port}", f"localhost.:{port}", "xn--mcp-.example.test")
    for host in foreign:
        cases.refused(f"Host {host}", statuses=(400, 421), host=host)
    cases.refused("foreign Host on an excluded path", statuses=(400, 421), host="evil.example", path="/public", token=None)
    cases.refused("foreign Host asks for the metadata", statuses=(400, 421), host="evil.example",
                  path="/.well-known/oauth-protected-resource/mcp",
                  token=None, judge=lambda answer: "evil" not in answer.text)
    for origin in ("https://evil.example", "http://mcp.example.test", "https://mcp.example.test:8443",
                   "https://mcp.example.test.evil.example", "null",
                   "https://sub.mcp.example.test", f"http://localhost:{port}", f"http://{gate.host}", "http://127.0.0.1",
                   "https://mcp.example.test/", "file://",
                   "https://mcp.example.test, https://evil.example", "HTTPS://MCP.EXAMPLE.TEST@evil.example", "*",
                   "chrome-extension://abcdef"):
        for method, extra in (("POST", dict(body=MESSAGE)), ("GET", {}), ("DELETE", {})):
            cases.refused(f"Origin {origin} by {method}", statuses=(403, 400), method=method, fields=[*TYPED, ("Origin", origin)], **extra,
                          judge=lambda answer: not answer.all("access-control-allow-origin"))
        cases.refused(f"Origin {origin} asks by preflight", statuses=(403, 400), method="OPTIONS", token=None,
                      fields=[("Origin", origin), ("Access-Control-Request-Method", "POST")],
                      judge=lambda answer: not answer.all("access-control-allow-origin"))
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "mcp.example.test", "MCP.example.test", "mcp.example.test:443"):
        cases.passes(f"control: Host {host}", host=host)
    cases.passes("control: no Origin", method="POST", fields=TYPED, body=MESSAGE)
    cases.passes("control: the public URL's own Origin", method="POST", fields=[*TYPED, ("Origin", "https://mcp.example.test")],
                 body=MESSAGE)


def scrubbing(gate, report):
    """mod_auth_openidc 2026: claim fields were not scrubbed where no token was asked for; a suffix of a host matched; CR went through."""
    cases = Cases(gate, report, "mod_auth_openidc-2026")
    spoof = [("X-MS-CLIENT-PRINCIPAL-ID", "{m}"), ("X-MS-CLIENT-PRINCIPAL", "{m}"), ("x-ms-token-aad-access-token", "{m}")]
    for method, path, token in (("OPTIONS", "/mcp", True), ("OPTIONS", "/public", None), ("HEAD", "/public", None),
                                ("DELETE", "/mcp", True),
                                ("GET", "/elsewhere", True), ("GET", "/open/x", None), ("HEAD", "/mcp", True), ("PUT", "/elsewhere", True)):
        cases.dropped(f"claim fields on {method} {path}", statuses=(200,), method=method, path=path, token=token, fields=spoof)
    for what, fields in {"a preflight": [("Access-Control-Request-Method", "POST"), ("Origin", "https://mcp.example.test")],
                         "OPTIONS without a token": []}.items():
        cases.refused(f"{what} does not reach the server", statuses=(204, 401), method="OPTIONS", token=None,
                      fields=[("X-MS-CLIENT-PRINCIPAL-ID", "root"), *fields])
    cases.refused("the gate's own endpoints answer by themselves", statuses=(401,), path="/.auth/me", token=None,
                  fields=[("X-MS-CLIENT-PRINCIPAL-ID", "root")], judge=lambda answer: "root" not in answer.text)
    hosts = Cases(gate, report, "mod_auth_openidc-2026")
    for issuer in (gate.issuer + ".evil.example", gate.issuer + "@evil.example", gate.issuer[:-1], gate.issuer + "0", "evil" + gate.issuer):
        hosts.refused(f"an issuer that only begins or ends like ours, {issuer.replace(str(gate.op_port), 'PORT')}", statuses=(401,),
                      token=gate.token(iss=issuer))
    for what, request in {
        "CR in a path": dict(path="/mcp%0d%0aSet-Cookie:%20a=b"), "CR in a query": dict(path="/mcp?x=\rSet-Cookie: a=b"),
        "CR in Origin": dict(fields=[("Origin", "https://mcp.example.test\rSet-Cookie: a=b")]),
        "CR in Host": dict(host="mcp.example.test\rSet-Cookie: a=b"),
        "CR LF in what a preflight asks for": dict(method="OPTIONS", fields=[
            ("Origin", "https://mcp.example.test"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "mcp-param-a\r, Set-Cookie: a=b")]),
        "CR in Last-Event-ID": dict(fields=[("Last-Event-ID", "1\rSet-Cookie: a=b")]),
    }.items():
        cases.refused(what, statuses=(400, 421), token=None, judge=lambda answer: not answer.all("set-cookie"), **request)
    for protocol, title in cases.each("escaped CR LF in the query is passed on, not taken for a field"):
        answer, hits = cases.send(protocol, path="/mcp?x=%0d%0aSet-Cookie:%20a=b")
        report.check(title, answer.status == 200 and len(hits) == 1 and hits[0]["target"].endswith("%0d%0aSet-Cookie:%20a=b")
                     and not answer.all("set-cookie"), str(answer))
    for protocol, title in cases.each("names that a preflight asks for are repeated only if they are names"):
        answer, _ = cases.send(protocol, method="OPTIONS", token=None, fields=[
            ("Origin", "https://mcp.example.test"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "Mcp-Param-Region, x-evil, mcp-param-<script>, mcp-param-\u00e9")])
        allowed = answer.first("access-control-allow-headers").lower()
        report.check(title, answer.status == 204 and "mcp-param-region" in allowed and "evil" not in allowed and "<" not in allowed,
                     str(answer))
