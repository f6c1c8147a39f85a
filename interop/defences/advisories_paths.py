"""Advisories about paths and about second ways in: queries and fragments that count, raw against normalised, shapes that are exempt."""
import os, socket, time
import gates, h2raw, seclib
from spoken import Cases, MESSAGE, TYPED, from_h1, from_h2, h1_request, h2_fields, speak

OPEN = (400, 401, 404)


def run(gate, report):
    queries(gate, report)
    canonical(gate, report)
    user_agents(gate, report)
    every_door(gate, report)
    local_doors(gate, report)
    one_decision(gate, report)


def queries(gate, report):
    """CVE-2025-54576: an exclusion was matched on path and query together. CVE-2026-41059: and on a fragment."""
    cases = Cases(gate, report, "CVE-2025-54576")
    for target in ("/mcp?/public", "/mcp?/public/", "/mcp?x=/public", "/mcp?x=/open/y", "/mcp?/open/*", "/mcp?path=%2Fpublic",
                   "/mcp?%2fpublic", "/mcp?^/public$",
                   "/mcp?a=b&/public", "/mcp??/public", "/mcp?\u002f..\u002fpublic", "/mcp/?/open/", "/mcp/x?/../../public",
                   "/other?/public", "/?/public",
                   "/?x=/open/y", "/.?/public", "/publi?c", "/mcp?x=//public", "/mcp?;/public", "/public2?/public", "/openx?/open/x"):
        cases.refused(target, statuses=OPEN, path=target, token=None)
    for target in ("/public?x=/mcp", "/open/x?/mcp", "/public?", "/public?a=b?c=/../mcp"):
        cases.passes(f"control: {target} is excluded whatever its query", path=target, token=None, judge=lambda hit,
                     t=target: hit["target"] == t)
    for title in rows(report, "CVE-2025-54576 patterns that would have to be matched as expressions do not start"):
        codes = []
        for pattern in ("^/public", "/api/.*", "/api/Public*", "/*.jpg", "/public?x=1", "/public#x", "public", "/a/../b", "/%70ublic",
                        "/a//b"):
            settings = gate.settings()
            settings["globalValidation"]["excludedPaths"] = [pattern]
            codes.append((pattern, gates.check_settings(gate, settings)[0]))
        report.check(title, all(code == 2 for _, code in codes) and gates.check_settings(gate)[0] == 0, f"{codes}")
    cases = Cases(gate, report, "CVE-2026-41059")
    for target in ("/mcp#/public", "/mcp#", "/public#/../mcp", "/public#", "/mcp?x#/public", "/#/public", "/mcp/#/open/x", "/mcp%23/public",
                   "/open/x%23/../../mcp"):
        cases.refused(target, statuses=OPEN, path=target, token=None)
        cases.refused(f"{target} with a token", statuses=(400,), path=target)
    for target in ("/mcp;/public", "/mcp\\public", "/public%5c..%5cmcp", "/open/..%2fmcp", "/open/%2e%2e/mcp", "/open;x/../mcp"):
        cases.refused(f"{target}", statuses=OPEN, path=target, token=None)
    cases.passes("control: a number sign that is escaped in the query", path="/public?x=%23y", token=None)


def rows(report, title): return [title] if report.wants(title) else []


def canonical(gate, report):
    """CVE-2026-26205, CVE-2026-42274, CVE-2026-33186, FastMCP#3963, CVE-2021-39206: another path was judged than the one that was served."""
    cases = Cases(gate, report, "CVE-2026-26205")
    for target in ("//public", "//public/../mcp", "//mcp", "//evil.example/public", "///public", "//open/x", "/public//", "//",
                   "//127.0.0.1/public", "//user@host/public",
                   "http://public/mcp", "http:///public", "//public?x", "/%2fpublic", "/%2Fpublic", "/\\public", "\\\\public"):
        cases.refused(target, statuses=(400, 401, 404, 421), path=target, token=None)
        cases.refused(f"{target} with a token", statuses=(400, 404, 421), path=target)
    cases = Cases(gate, report, "CVE-2026-42274")
    for target in ("/public/../mcp", "/public/%2e%2e/mcp", "/public/.%2E/mcp", "/public%2f..%2fmcp", "/public%2Fx",
                   "/public%252f..%252fmcp", "/public/%2e%2e%2fmcp",
                   "/open/%2e%2e/%2e%2e/mcp", "/open/x/../../mcp", "/open/%c0%ae%c0%ae/mcp", "/open/%e0%80%af/mcp",
                   "/open/%ef%bc%8f..%ef%bc%8fmcp", "/open/.%00./mcp",
                   "/%u002e%u002e/public", "/open/..%c0%afmcp", "/open/%2e./mcp", "/open/x/%2e%2e/%2e%2e/mcp", "/public%20/../mcp",
                   "/public%09", "/PUBLIC", "/%50UBLIC"):
        cases.refused(target, statuses=OPEN, path=target, token=None)
    for sent, served in (("/%70ublic", "/public"), ("/p%75blic?a=%2f", "/public?a=%2f"), ("/open/%7Euser", "/open/~user"),
                         ("/open/a%20b", "/open/a%20b"),
                         ("/open/caf%c3%a9", "/open/caf%C3%A9"), ("/open/a%3ab", "/open/a%3Ab")):
        cases.passes(f"control: {sent} is judged and served as {served}", path=sent, token=None, judge=lambda hit,
                     t=served: hit["target"] == t)
    cases.passes("control: /%6dcp is the protected /mcp", path="/%6dcp", judge=lambda hit: hit["target"] == "/mcp")
    cases.refused("/%6dcp without a token", statuses=(401,), challenged=True, path="/%6dcp", token=None)
    cases = Cases(gate, report, "CVE-2026-33186")
    for target in ("mcp", "public", "public/../mcp", "./public", "../public", "*", "", "?x=/public", "%2fpublic", "public/", ".",
                   "http:/public", "mcp/public", ":/public"):
        if target:
            cases.refused(f"target {target!r} without its slash", statuses=(400, 404, 421), path=target, protocols=("h1",))
        cases.refused(f":path {target!r} without its slash", statuses=(400, 404), path=target, protocols=("h2",))
    cases.passes("control: a path with its slash", path="/mcp/x")
    cases = Cases(gate, report, "FastMCP#3963")
    for target in ("/mcp/..", "/mcp/.", "/mcp/./x", "/mcp/../mcp", "/mcp/x/../../public", "/mcp/%2e%2e/public", "/mcp/.%2e/public",
                   "/mcp/%2e", "/./mcp", "/../mcp", "/mcp/..;/public",
                   "/mcp/%252e%252e/public", "/.well-known/oauth-protected-resource/../../mcp", "/.auth/../mcp", "/.auth/%2e%2e/mcp"):
        cases.refused(f"{target}", statuses=(400, 401, 404), path=target, token=None)
        cases.refused(f"{target} with a token", statuses=(400,), path=target)
    cases.passes("control: dots within a segment", path="/mcp/a..b/.c/d...")
    cases = Cases(gate, report, "CVE-2021-39206")
    for target in ("/public#/mcp", "/mcp#/public", "/public/..%2Fmcp", "/public%2f%2e%2e%2fmcp", "/open/%2E%2E%2fmcp", "/open/..%5Cmcp"):
        cases.refused(target, statuses=OPEN, path=target, token=None)
    cases.refused("a field with several values", statuses=(400,), fields=[("Mcp-Session-Id", "a"), ("Mcp-Session-Id", "b")])
    cases.passes("control: the plain path", path="/public", token=None)


def user_agents(gate, report):
    """GHSA-5hvv-m4w4-gf6v: whoever called itself a health checker was let in."""
    cases = Cases(gate, report, "GHSA-5hvv-m4w4-gf6v")
    for agent in ("GoogleHC/1.0", "kube-probe/1.31", "ELB-HealthChecker/2.0", "Envoy/HC", "Amazon-Route53-Health-Check-Service", "AlwaysOn",
                  "HealthCheck/1.0", "ReadyForRequest/1.0 (AppInit)", "Edge Health Probe", "SiteWarmup", "Consul Health Check", "",
                  "gatehouse"):
        for path in ("/mcp", "/", "/ping", "/healthz"):
            cases.refused(f"{agent or 'empty'} at {path}", statuses=(401,), challenged=True, path=path, token=None,
                          fields=[("User-Agent", agent)])
    cases.passes("control: the same agent where nobody needs a token", path="/public", token=None, fields=[("User-Agent", "GoogleHC/1.0")])
    cases.passes("control: the same agent with a token", fields=[("User-Agent", "GoogleHC/1.0")])


def every_door(gate, report):
    """Obot (to 0.21): the page hid a server, the address that connects to it asked nobody. Kong 3.13: what was not MCP was exempt."""
    cases = Cases(gate, report, "Obot-0.21")
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
               ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    for method, path, extra in (("GET", "/mcp", {}), ("POST", "/mcp", dict(body=MESSAGE)), ("DELETE", "/mcp", {}), ("HEAD", "/mcp", {}),
                                ("OPTIONS", "/mcp", {}),
                                ("GET", "/mcp/", {}), ("GET", "/mcp/sse", {}), ("POST", "/mcp/messages?sessionId=1", dict(body=MESSAGE)),
                                ("GET", "/mcp-connect/x", {}),
                                ("POST", "/sse", dict(body=MESSAGE)), ("GET", "/api/mcp", {}), ("PUT", "/mcp", dict(body="{}")),
                                ("PATCH", "/elsewhere", dict(body="{}")),
                                ("QUERY", "/mcp", dict(body=MESSAGE)), ("GET", "/.well-known/mcp", {}), ("GET", "/mcp/.well-known/x", {})):
        for what, token in (("no token", None), ("a token for somebody else", gate.token(aud="https://other.example")),
                            ("a forged token", gate.token(key="evil", header={"kid": "rsa-1"}))):
            cases.refused(f"{method} {path} with {what}", statuses=(401, 404), method=method, path=path, token=token, fields=TYPED
                          if extra else (), **extra)
    cases.refused("a WebSocket without a token", statuses=(401,), challenged=True, protocols=("h1",), token=None, fields=upgrade)
    cases.refused("HTTP/1.0 without a token", statuses=(401,), protocols=("h1",), token=None, version="HTTP/1.0")
    cases.refused("absolute-form without a token", statuses=(401,), protocols=("h1",), token=None, path=f"http://{gate.host}/mcp")
    cases.refused("extended CONNECT without a token", statuses=(400, 405, 501), protocols=("h2",), token=None, method="CONNECT", fields=[])
    for title in rows(report, "Obot-0.21 h1 an upgrade that the server does not take up opens no tunnel"):
        canary = seclib.canary()
        inner = h1_request(gate, fields=[("X-Canary", canary)], token=None)
        response = seclib.raw_http(gate.address, h1_request(gate, path="/public", token=None, fields=upgrade) + inner, timeout=3)
        report.check(title, response.statuses[:1] == [200] and 200 not in response.statuses[1:] and not gate.arrived(canary),
                     f"{response.statuses}")
    for title in rows(report, "Obot-0.21 h1 an upgrade to h2c opens no tunnel"):
        canary = seclib.canary()
        fields = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")]
        inner = h2raw.PREFACE + h2raw.frame(h2raw.SETTINGS, 0, 0) + h2raw.frame(h2raw.HEADERS, 0x5, 3, h2raw.Encoder().encode(
            h2_fields(gate, fields=[("x-canary", canary)], token=None)))
        response = seclib.raw_http(gate.address, h1_request(gate, path="/public", token=None, fields=fields) + inner, timeout=3)
        report.check(title, 101 not in response.statuses and not gate.arrived(canary), f"{response.statuses}")
    cases.passes("control: the same door with the right token", method="POST", fields=TYPED, body=MESSAGE)

    cases = Cases(gate, report, "Kong-3.13")
    for what, request in {
        "plain GET": {}, "a form": dict(method="POST", fields=[("Content-Type", "application/x-www-form-urlencoded")], body="a=b"),
        "text": dict(method="POST", fields=[("Content-Type", "text/plain")], body=MESSAGE), "no type": dict(method="POST", body=MESSAGE),
        "an empty POST": dict(method="POST"), "an image": dict(path="/logo.png"), "a script": dict(path="/assets/app.js"),
        "server-sent events": dict(fields=[("Accept", "text/event-stream")]), "a page": dict(path="/", fields=[("Accept", "text/html")]),
        "a preflight of a stranger": dict(method="OPTIONS", path="/elsewhere",
                                          fields=[("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")]),
        "GraphQL": dict(method="POST", path="/graphql", fields=TYPED, body='{"query":"{x}"}'),
    }.items():
        cases.refused(f"{what} without a token", statuses=(401, 403), token=None, **request)
    cases.passes("control: what is not MCP passes with a token, outside of MCP", path="/logo.png")


def local_doors(gate, report):
    """GHSA-qg2g-g9w3-m5h8: the management interface, and proxies, stood open to whoever was on the network."""
    name = "GHSA-qg2g-g9w3-m5h8"
    for title in rows(report, f"{name} the process listens on loopback only, at the two addresses it was given"):
        listening = listeners(gate.process.pid)
        report.check(title, listening == {("127.0.0.1", gate.port), ("127.0.0.1", gate.operations)}, f"{listening}")
    for title in rows(report, f"{name} without a word about addresses, nothing but loopback is listened on"):
        code, said = gates.check_settings(gate)
        report.check(title, code == 0 and "127.0.0.1:8080" in said and "127.0.0.1:9464" in said and "0.0.0.0" not in said, said[:300])
    for title in rows(report, f"{name} h1 the operators' port shows health and metrics, and leads nowhere"):
        canary, seen = seclib.canary(), {}
        for path in ("/healthz", "/readyz", "/metrics", "/mcp", "/public", "/", "/config", "/debug/pprof/", "/.auth/me", "/admin",
                     "/../mcp"):
            data = h1_request(gate, path=path, fields=[("X-Canary", canary), ("Connection", "close")])
            seen[path] = seclib.raw_http(("127.0.0.1", gate.operations), data, timeout=3).status
        allowed = all(s == 200 for p, s in seen.items() if p in ("/healthz", "/readyz", "/metrics"))
        report.check(title, allowed and all(s in (400, 404) for p, s in seen.items() if p not in ("/healthz", "/readyz", "/metrics"))
                     and not gate.arrived(canary), f"{seen}")
    cases = Cases(gate, report, name)
    for path in ("/metrics", "/healthz", "/readyz", "/config", "/reload", "/debug", "/.auth/refresh", "/.auth/config"):
        control = path.startswith("/.auth")
        cases.refused(f"{path} on the clients' port without a token", statuses=(401, 404) if control else (401,), path=path, token=None,
                      judge=lambda answer: "gatehouse_" not in answer.text)
        cases.refused(f"POST {path} on the clients' port without a token", statuses=(401, 404, 405) if control else (401,), method="POST",
                      body="{}", path=path, token=None)


def listeners(pid):
    """The addresses that a process listens on, from /proc."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for family in ("tcp", "tcp6"):
        for line in open(f"/proc/{pid}/net/{family}").read().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in inodes:
                address, port = parts[1].split(":")
                text = socket.inet_ntoa(bytes.fromhex(address)[::-1]) if family == "tcp" else address
                found.add((text, int(port, 16)))
    return found


def transports(gate, encrypted, request):
    """The same request along every path through the code: (name, gate that it goes to, function that gets an answer to it)."""
    h1 = lambda g, **more: h1_request(g, **{**request(g), **more})
    once = lambda g, data, **more: from_h1(seclib.raw_http(g.address, data, timeout=4, want=seclib.complete, **more))

    def last(g, first, data):
        """The answer to the second request of a connection."""
        with socket.create_connection(g.address, timeout=4) as s:
            s.sendall(first)
            seen, end = b"", time.time() + 4
            while not seclib.complete(seen) and time.time() < end:
                seen += s.recv(65536)
            s.sendall(data)
            seen = b""
            while not seclib.complete(seen) and time.time() < end:
                piece = s.recv(65536)
                if not piece:
                    break
                seen += piece
        return from_h1(seclib.Resp(seen, False, 0))

    def encrypted_h1(g, data):
        with socket.create_connection(g.address, timeout=4) as plain, g.context("h1").wrap_socket(plain, server_hostname="127.0.0.1") as s:
            s.sendall(data)
            seen, end = b"", time.time() + 4
            while not seclib.complete(seen) and time.time() < end:
                piece = s.recv(65536)
                if not piece:
                    break
                seen += piece
        return from_h1(seclib.Resp(seen, False, 0))

    def h2(g, tls=None, split=0):
        r = request(g)
        body = r.pop("body", None)
        connection = h2raw.Connection(g.address, 4, tls=tls)
        number = connection.request(h2_fields(g, **r), None, end=body is None)
        if body is not None:
            octets = body.encode()
            size = split or max(1, len(octets))
            for i in range(0, len(octets), size):
                connection.send(h2raw.frame(h2raw.DATA, 0x1 if i + size >= len(octets) else 0, number, octets[i:i + size]))
        connection.read(lambda c: c.streams[number].ended, 4)
        stream = connection.streams[number]
        stream.goaway, stream.closed = connection.goaway, connection.closed
        connection.close()
        return from_h2(stream)

    control = h1_request(gate, path="/public", token=None)
    yield "kept-alive connection", gate, lambda g: last(g, control, h1(g))
    yield "in pieces of seven octets", gate, lambda g: once(g, None, parts=pieces(h1(g), 7), idle=0.0005)
    yield "absolute-form", gate, lambda g: once(g, h1(g, path=f"http://{g.host}{request(g)['path']}"))
    if "body" in request(gate):
        yield "in chunks", gate, lambda g: once(g, h1(g, trailers=[]))
        yield "asking before sending", gate, lambda g: once_expecting(g,
                                                                      h1(g,
                                                                         fields=[*request(g).get("fields", ()),
                                                                                 ("Expect", "100-continue")]))
    else:
        yield "HTTP/1.0", gate, lambda g: once(g, h1(g, version="HTTP/1.0"))
    yield "h2 in one frame", gate, lambda g: h2(g)
    yield "h2 in frames of three octets", gate, lambda g: h2(g, split=3)
    if encrypted:
        yield "h1 over TLS", encrypted, lambda g: encrypted_h1(g, h1(g))
        yield "h2 over TLS", encrypted, lambda g: h2(g, g.context("h2"))


def pieces(data, size): return [data[i:i + size] for i in range(0, len(data), size)]


def once_expecting(g, data):
    response = seclib.raw_http(g.address, data, timeout=4, want=lambda b: seclib.complete(b.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"",
                                                                                                    1))
                               and not b.endswith(b"100 Continue\r\n\r\n"))
    raw = response.raw.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"", 1)
    return from_h1(seclib.Resp(raw, response.closed, response.dt))


def one_decision(gate, report):
    """ContextForge#3892 and its Rust twin: the second implementation of a path lacked the first one's check."""
    name = "ContextForge#3892"
    encrypted = gates.Lazy(gates.EncryptedGate)
    post = lambda body, **more: dict(path="/mcp", method="POST", fields=[*TYPED, *more.pop("extra", [])], body=body, **more)
    requests = {
        "control: a good call": lambda g: post(MESSAGE), "no token": lambda g: post(MESSAGE, token=None),
        "forged token": lambda g: post(MESSAGE, token=g.token(key="evil", header={"kid": "rsa-1"})),
        "another's audience": lambda g: post(MESSAGE, token=g.token(aud="https://other.example")),
        "expired": lambda g: post(MESSAGE, token=g.token(exp=int(time.time()) - 90)),
        "duplicate member": lambda g: post('{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}'),
        "batch in a revision without": lambda g: post(f"[{MESSAGE}]", extra=[("MCP-Protocol-Version", "2025-06-18")]),
        "foreign Origin": lambda g: post(MESSAGE, extra=[("Origin", "https://evil.example")]), "not JSON": lambda g: post("{"),
        "control: GET": lambda g: dict(path="/mcp"), "GET without a token": lambda g: dict(path="/mcp", token=None),
        "dot segment": lambda g: dict(path="/public/../mcp", token=None),
        "foreign Host": lambda g: dict(path="/mcp", host="evil.example"),
        "spoofed identity": lambda g: dict(path="/public", token=None, fields=[("X_MS_CLIENT_PRINCIPAL_ID", "root")]),
        "control: excluded path": lambda g: dict(path="/public", token=None),
    }
    for what, request in requests.items():
        expected = None
        good = 200 if what.startswith("control") else None
        for way, target, ask in transports(gate, encrypted, request):
            if "absolute" in way and what == "foreign Host":
                continue
            title = f"{name} {'h2' if way.startswith('h2') else 'h1'} {what}, {way}"
            if not report.wants(title):
                continue
            expected = expected or speak(gate, "h1", **request(gate)).status
            before = target.up.count()["reqs"]
            answer = ask(target)
            arrived = target.up.count()["reqs"] - before
            same = answer.status == expected or (answer.broken and expected >= 400)
            report.check(title, same and (expected == 200) == (good == 200)
                         and arrived == (expected == 200) + (way.startswith("kept-alive")),
                         f"{answer.status}, {expected} in one plain request; {arrived} arrived")
    encrypted.stop()
