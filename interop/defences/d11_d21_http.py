"""D11 to D21: HTTP framing, fields, paths, answers and limits, over raw sockets in HTTP/1.1 and HTTP/2."""
import base64, concurrent.futures, json, socket, struct, time
import h2raw, seclib

SMUGGLED = "GET /public/smuggled HTTP/1.1\r\nHost: x\r\nX-Canary: {c}\r\n\r\n"


def request(g, lines, path="/mcp", method="POST", version="HTTP/1.1", host=True, token=True, eol="\r\n"):
    head = [f"{method} {path} {version}"]
    if host:
        head.append(f"Host: {g.host}")
    if token:
        head.append("Authorization: Bearer " + g.token())
    return eol.join(head + lines) + eol + eol


def run(g, report):
    framing(g, report)
    controls(g, report)
    trailers(g, report)
    identity_fields(g, report)
    connection_fields(g, report)
    paths(g, report)
    forwarding_fields(g, report)
    unread_bodies(g, report)
    every_request(g, report)
    claim_values(g, report)
    answers(g, report)
    limits(g, report)
    http2(g, report)


def refused(g, report, name, data, statuses=(400,), smuggled=None):
    if not report.wants(name):
        return
    canary = seclib.canary()
    data = data.replace("{c}", canary) if isinstance(data, str) else data.replace(b"{c}", canary.encode())
    response = g.send(data, timeout=3)
    hits = g.arrived(canary)
    closed = response.closed or response.h("connection") == "close"
    report.check(name, response.status in statuses and not hits and closed and len(response.statuses) <= 1,
                 f"statuses {response.statuses}, {len(hits)} arrived, closed {response.closed}")


def framing(g, report):
    """D11: whatever two parsers could read differently is 400, the connection ends, nothing arrives."""
    tail = SMUGGLED
    json_type = "Content-Type: application/json"
    cases = {
        "CL and TE": (["X-Canary: {c}", "Content-Length: 6", "Transfer-Encoding: chunked"], "0\r\n\r\n" + tail),
        "TE and CL": (["X-Canary: {c}", "Transfer-Encoding: chunked", "Content-Length: 4"], "5c\r\n" + tail + "\r\n0\r\n\r\n"),
        "two Content-Length": (["X-Canary: {c}", "Content-Length: 0", "Content-Length: 44"], tail),
        "two equal Content-Length": (["X-Canary: {c}", "Content-Length: 2", "Content-Length: 2"], "{}"),
        "Content-Length list": (["X-Canary: {c}", "Content-Length: 2, 2"], "{}"),
        "Content-Length +2": (["X-Canary: {c}", "Content-Length: +2"], "{}"),
        "Content-Length -1": (["X-Canary: {c}", "Content-Length: -1"], tail),
        "Content-Length 0x2": (["X-Canary: {c}", "Content-Length: 0x2"], "{}"),
        "Content-Length 2 2": (["X-Canary: {c}", "Content-Length: 2 2"], "{}"),
        "Content-Length empty": (["X-Canary: {c}", "Content-Length:"], tail),
        "Content-Length huge": (["X-Canary: {c}", "Content-Length: 99999999999999999999999"], "{}"),
        "Content-Length 2.0": (["X-Canary: {c}", "Content-Length: 2.0"], "{}"),
        "TE xchunked": (["X-Canary: {c}", "Transfer-Encoding: xchunked"], "0\r\n\r\n"),
        "TE identity": (["X-Canary: {c}", "Transfer-Encoding: identity"], ""),
        "TE gzip, chunked": (["X-Canary: {c}", "Transfer-Encoding: gzip, chunked"], "0\r\n\r\n"),
        "TE chunked, chunked": (["X-Canary: {c}", "Transfer-Encoding: chunked, chunked"], "0\r\n\r\n"),
        "TE chunked, identity": (["X-Canary: {c}", "Transfer-Encoding: chunked, identity"], "0\r\n\r\n"),
        "two TE": (["X-Canary: {c}", "Transfer-Encoding: chunked", "Transfer-Encoding: identity"], "0\r\n\r\n"),
        "TE quoted": (["X-Canary: {c}", 'Transfer-Encoding: "chunked"'], "0\r\n\r\n"),
        "TE with vertical tab": (["X-Canary: {c}", "Transfer-Encoding: \x0bchunked"], "0\r\n\r\n"),
        "TE with parameter": (["X-Canary: {c}", "Transfer-Encoding: chunked;q=1"], "0\r\n\r\n"),
        "TE empty": (["X-Canary: {c}", "Transfer-Encoding:"], "0\r\n\r\n"),
        "Transfer_Encoding": (["X-Canary: {c}", "Transfer_Encoding: chunked"], ""),
        "space before colon": (["X-Canary: {c}", "Transfer-Encoding : chunked"], "0\r\n\r\n"),
        "tab before colon": (["X-Canary: {c}", "Content-Length\t: 0"], ""),
        "obs-fold": (["X-Canary: {c}", "X-Fold: a", " b"], ""),
        "fold on first line": ([" X-Canary: {c}"], ""),
        "NUL in value": (["X-Canary: {c}", "X-A: a\x00b"], ""),
        "NUL in name": (["X-Canary: {c}", "X\x00A: b"], ""),
        "control in value": (["X-Canary: {c}", "X-A: a\x01b"], ""),
        "DEL in value": (["X-Canary: {c}", "X-A: a\x7fb"], ""),
        "bare CR in value": (["X-Canary: {c}", "X-A: a\rX-B: c"], ""),
        "bare LF in value": (["X-Canary: {c}", "X-A: a\nX-B: c"], ""),
        "no colon": (["X-Canary: {c}", "NoColonHere"], ""),
        "empty name": (["X-Canary: {c}", ": empty"], ""),
        "name with space": (["X-Canary: {c}", "X A: b"], ""),
        "name with non-ASCII": (["X-Canary: {c}", "X-\xe9: b"], ""),
        "name with bracket": (["X-Canary: {c}", "X[A]: b"], ""),
        "name with underscore": (["X-Canary: {c}", "X_A: b"], ""),
        "two Host": (["X-Canary: {c}", "Host: evil.example"], ""),
        "two equal Host": (["X-Canary: {c}", f"Host: {g.host}"], ""),
    }
    for name, (lines, body) in cases.items():
        refused(g, report, f"D11 {name}", request(g, lines) + body)
    refused(g, report, "D11 no Host", request(g, ["X-Canary: {c}"], host=False))
    for value in ("", "a b", "a,b", "a/b", "user@host", "host:99999", "host:-1", "host:80:80", "[::1", "ho\x00st", "h%2fx"):
        refused(g, report, f"D11 Host {value!r}", request(g, [f"Host: {value}", "X-Canary: {c}"], host=False), statuses=(400, 421))
    refused(g, report, "D11 bare LF line ends", request(g, ["X-Canary: {c}"], eol="\n"))
    refused(g, report, "D11 TE in HTTP/1.0", request(g, ["X-Canary: {c}", "Transfer-Encoding: chunked"], version="HTTP/1.0") + "0\r\n\r\n")
    for version in ("HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "HTTP/1", "HTTP/11", "ICY/1.1"):
        refused(g, report, f"D11 version {version!r}", request(g, ["X-Canary: {c}"], version=version), statuses=(400, 505))
    refused(g, report, "D11 no version", f"GET /mcp\r\nX-Canary: {{c}}\r\nHost: {g.host}\r\n\r\n")
    refused(g, report, "D11 two spaces in the request line", request(g, ["X-Canary: {c}"], path=" /mcp"))
    refused(g, report, "D11 tab in the request line", request(g, ["X-Canary: {c}"]).replace("POST /mcp ", "POST\t/mcp\t", 1))
    refused(g, report, "D11 method with a bracket", request(g, ["X-Canary: {c}"], method="PO(ST"))
    refused(g, report, "D11 CONNECT", request(g, ["X-Canary: {c}"], method="CONNECT", path="evil.example:443"), statuses=(400, 405, 501))
    refused(g, report, "D11 TRACE", request(g, ["X-Canary: {c}"], method="TRACE"), statuses=(400, 405, 501))
    refused(g, report, "D11 absolute target of another host", request(g, ["X-Canary: {c}"], path="http://evil.example/mcp"),
            statuses=(400, 421))
    chunked = ["X-Canary: {c}", json_type, "Transfer-Encoding: chunked"]
    for name, body in {
        "chunk size 0x2": "0x2\r\n{}\r\n0\r\n\r\n", "chunk size +2": "+2\r\n{}\r\n0\r\n\r\n", "chunk size -2": "-2\r\n{}\r\n0\r\n\r\n",
        "chunk size with space": " 2\r\n{}\r\n0\r\n\r\n", "chunk size empty": "\r\n{}\r\n0\r\n\r\n", "chunk size g": "g\r\n{}\r\n0\r\n\r\n",
        "chunk size overflow": "fffffffffffffffff\r\n{}\r\n0\r\n\r\n", "bare LF after size": "2\n{}\r\n0\r\n\r\n",
        "bare LF after data": "2\r\n{}\n0\r\n\r\n", "CR only after size": "2\r{}\r\n0\r\n\r\n", "data longer than size": "2\r\n{}xx\r\n0\r\n\r\n",
        "bare LF in extension": "2;a=b\nc\r\n{}\r\n0\r\n\r\n", "CR in extension": "2;a=\rb\r\n{}\r\n0\r\n\r\n",
        "long extension": "2;" + "a" * 20000 + "\r\n{}\r\n0\r\n\r\n", "underscore size": "1_0\r\n{}\r\n0\r\n\r\n",
        "last chunk 00 with LF": "2\r\n{}\r\n0\n\n", "bad trailer": "2\r\n{}\r\n0\r\nbad trailer\r\n\r\n",
    }.items():
        refused(g, report, f"D11 {name}", request(g, chunked) + body)


def controls(g, report):
    """What every client sends must pass: no rule above is allowed to refuse it."""
    body = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    typed = ["Content-Type: application/json", "Accept: application/json, text/event-stream"]
    for name, lines, payload, method in (
            ("POST with a length", typed + [f"Content-Length: {len(body)}"], body, "POST"),
            ("POST chunked", typed + ["Transfer-Encoding: chunked"], f"{len(body):x}\r\n{body}\r\n0\r\n\r\n", "POST"),
            ("POST in two chunks", typed + ["transfer-encoding: Chunked"],
             f"5\r\n{body[:5]}\r\n{len(body) - 5:X}\r\n{body[5:]}\r\n0\r\n\r\n", "POST"),
            ("GET", ["Accept: text/event-stream"], "", "GET"), ("DELETE", [], "", "DELETE"),
            ("values with high octets", ["X-Name: caf\xe9"], "", "GET"), ("empty value", ["X-Empty:"], "", "GET"),
            ("field names in odd case", ["aCCept: */*", "X-CuStOm: 1"], "", "GET"),
            ("MCP fields", ["MCP-Protocol-Version: 2025-06-18", "Last-Event-ID: 7"], "", "GET")):
        case = f"D11 control {name}"
        if not report.wants(case):
            continue
        canary = seclib.canary()
        response = g.send(request(g, [f"X-Canary: {canary}", *lines], method=method) + payload)
        hits = g.arrived(canary)
        flagged = [f for h in hits for f in h.get("flags", [])] if isinstance(hits, list) else []
        report.check(case, response.status == 200 and len(hits) >= 1 and not flagged, f"status {response.status}, {hits}")


def trailers(g, report):
    """D12: request trailers do not arrive, whatever they are called."""
    case = "D12 request trailers are dropped"
    if report.wants(case):
        canary, marker = seclib.canary(), seclib.canary()
        body = "2\r\n{}\r\n0\r\n" + f"X-Trailer: {marker}\r\nX-MS-CLIENT-PRINCIPAL-ID: {marker}\r\n\r\n"
        response = g.send(request(g, [f"X-Canary: {canary}", "Transfer-Encoding: chunked", "Trailer: X-Trailer"], path="/other") + body)
        report.check(case, response.status == 200 and g.arrived(canary) and not g.arrived(marker), f"status {response.status}")


SPOOFED = ("X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal-id", "X-Ms-Client-Principal-Name", "X-MS-CLIENT-PRINCIPAL-IDP", "X-MS-TOKEN-AAD-ID-TOKEN",
           "x-ms-token-google-access-token", "X-MS-", "X-MS-ANYTHING", "X--MS--CLIENT-PRINCIPAL-ID", "X.MS.CLIENT.PRINCIPAL.ID",
           "x-ms.client-principal-id", "HTTP-X-MS-CLIENT-PRINCIPAL-ID", "http-x-ms-client-principal", "X!MS!CLIENT-PRINCIPAL-ID",
           "X-MS~CLIENT-PRINCIPAL-NAME", "x|ms|client-principal", "X'MS'CLIENT-PRINCIPAL-ID", "X-MS-CLIENT-PRINCIPAL-ID-")


def identity_fields(g, report):
    """D13: no spelling of an identity field that a client sends arrives; the gate's own does, once."""
    for name in SPOOFED:
        for path, token in (("/mcp", True), ("/public", False)):
            case = f"D13 {name} on {path}"
            if not report.wants(case):
                continue
            canary, marker = seclib.canary(), seclib.canary()
            response = g.send(request(g, [f"X-Canary: {canary}", f"{name}: {marker}", f"{name}: {marker}"], path=path, method="GET", token=token))
            report.check(case, response.status in (200, 400) and not g.arrived(marker), f"status {response.status}")
    for name in ("X_MS_CLIENT_PRINCIPAL_ID", "x_ms-client-principal", "X-MS_CLIENT-PRINCIPAL", "HTTP_X_MS_CLIENT_PRINCIPAL_ID"):
        refused(g, report, f"D13 {name} is refused", request(g, ["X-Canary: {c}", f"{name}: root"]))
    case = "D13 the gate's own identity arrives exactly once"
    if report.wants(case):
        canary = seclib.canary()
        g.send(request(g, [f"X-Canary: {canary}", "X-MS-CLIENT-PRINCIPAL-ID: root"], method="GET"))
        hits = g.arrived(canary)
        values = [v for h in hits for n, v in h.get("headers", []) if n.lower() == "x-ms-client-principal-id"]
        report.check(case, values == ["alice"], f"{values}")
    case = "D13 the bearer token does not arrive"
    if report.wants(case):
        canary, token = seclib.canary(), g.token()
        g.send(f"GET /mcp HTTP/1.1\r\nHost: {g.host}\r\nX-Canary: {canary}\r\nAuthorization: Bearer {token}\r\n\r\n")
        report.check(case, g.arrived(canary) and not g.arrived(token[:60]) and not g.arrived(token[-60:]))


def connection_fields(g, report):
    """D14: fields that Connection lists go, the gate's own stay; hop-by-hop fields never arrive."""
    case = "D14 Connection cannot remove the identity fields"
    if report.wants(case):
        canary = seclib.canary()
        g.send(request(g, [f"X-Canary: {canary}", "Connection: close, X-MS-CLIENT-PRINCIPAL-ID, X-Canary2", "X-Canary2: listed"], method="GET"))
        names = [n.lower() for h in g.arrived(canary) for n, _ in h.get("headers", [])]
        report.check(case, "x-ms-client-principal-id" in names and "x-canary2" not in names, f"{names}")
    for field in ("Keep-Alive: timeout=5", "TE: trailers", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5",
                  "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Proxy-Foo: bar"):
        name = field.split(":")[0]
        case = f"D14 {name} does not arrive"
        if report.wants(case):
            canary = seclib.canary()
            extra = ["Connection: Upgrade, HTTP2-Settings"] if name in ("Upgrade", "HTTP2-Settings") else []
            response = g.send(request(g, [f"X-Canary: {canary}", field, *extra], method="GET"))
            names = [n.lower() for h in g.arrived(canary) for n, _ in h.get("headers", [])]
            report.check(case, response.status == 200 and name.lower() not in names and "connection" not in names, f"{response.status} {names}")
    case = "D14 Connection cannot hide the credential"
    if report.wants(case):
        canary = seclib.canary()
        response = g.send(request(g, [f"X-Canary: {canary}", "Connection: Authorization, Host"], method="GET"))
        hosts = [n.lower() for h in g.arrived(canary) for n, _ in h.get("headers", [])].count("host")
        report.check(case, response.status in (200, 400) and hosts == (1 if response.status == 200 else 0), f"{response.status} {hosts}")


DIRTY_PATHS = ("/mcp%2f..%2fpublic", "/public/..%2fmcp", "/public%2f..%2fmcp", "/public/../mcp", "/public/./../mcp", "/public/%2e%2e/mcp",
               "/public/%2E%2e/mcp", "/public/.%2e/mcp", "/public/%252e%252e/mcp", "/public%5c..%5cmcp", "/public\\..\\mcp", "/public;/../mcp",
               "/public;x=1/mcp", "/public%3b/../mcp", "/public%00", "/public%00/mcp", "//public", "/public//mcp", "///mcp", "/public/%c0%ae%c0%ae/mcp",
               "/public/%ef%bc%8e%ef%bc%8e/mcp", "/public/%u002e%u002e/mcp", "/public%", "/public%2", "/public%zz", "/public%0d%0aX-A:b",
               "/public%0a", "/public/..", "/open/..%2f..%2fmcp", "/open/../mcp", "/open/..;/mcp", "/open/%2e%2e%2fmcp", "/public#/mcp", "/mcp#")


def paths(g, report):
    """D15: one canonical path is judged and forwarded; exclusions match it exactly or on a segment boundary, never the query."""
    for path in DIRTY_PATHS:
        refused_or_challenged(g, report, f"D15 {path}", path)
    for path in ("/Public", "/PUBLIC", "/publicx", "/public/x", "/openx", "/opensesame/x", "/mcp?/public", "/mcp?x=/open/y", "/mcp?path=/public",
                 "/mcp/open/", "/x/public", "/public.json", "/public%20", "/publi", "/open%2fx", "/mcp?excluded=/public#/public"):
        refused_or_challenged(g, report, f"D15 {path} is not excluded", path)
    for path in ("/public", "/public?x=1", "/open/x", "/open/x/y?z=1", "/%70ublic"):
        case = f"D15 control {path} is excluded"
        if report.wants(case):
            canary = seclib.canary()
            response = g.send(request(g, [f"X-Canary: {canary}"], path=path, method="GET", token=False))
            targets = [h.get("target") for h in g.arrived(canary)]
            clean = all(t and "%70" not in t for t in targets)
            report.check(case, response.status == 200 and targets and clean, f"status {response.status} {targets}")
    for lines in (["X-Forwarded-Uri: /public"], ["X-Original-URL: /public"], ["X-Rewrite-URL: /public"], ["User-Agent: GoogleHC/1.0"],
                  ["User-Agent: kube-probe/1.29"], ["X-Original-Uri: /public"], ["X-Envoy-Original-Path: /public"], ["X-HTTP-Method-Override: OPTIONS"],
                  ["X-Forwarded-Path: /public"], ["X-Forwarded-Prefix: /public"]):
        case = f"D15 {lines[0]} makes no exception"
        if report.wants(case):
            canary = seclib.canary()
            response = g.send(request(g, [f"X-Canary: {canary}", *lines], method="GET", token=False))
            report.check(case, response.status == 401 and not g.arrived(canary), f"status {response.status}")
    for method in ("OPTIONS", "HEAD", "PUT", "PATCH", "PROPFIND", "get", "Get"):
        case = f"D15 method {method} makes no exception"
        if report.wants(case):
            canary = seclib.canary()
            response = g.send(request(g, [f"X-Canary: {canary}"], method=method, token=False))
            report.check(case, response.status in (401, 405, 204) and not g.arrived(canary), f"status {response.status}")


def refused_or_challenged(g, report, case, path):
    if not report.wants(case):
        return
    canary = seclib.canary()
    response = g.send(request(g, [f"X-Canary: {canary}"], path=path, method="GET", token=False))
    hits = g.arrived(canary)
    report.check(case, response.status in (400, 401, 404) and not hits, f"status {response.status}, {len(hits)} arrived")


def forwarding_fields(g, report):
    """D16: no forwarding field of an unlisted peer is believed or passed on."""
    case = "D16 forwarding fields of a stranger"
    if report.wants(case):
        canary = seclib.canary()
        response = g.send(request(g, [f"X-Canary: {canary}", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: gopher",
                                      "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6;host=evil.example", "X-Forwarded-Port: 666",
                                      "X-Client-IP: 6.6.6.6", "True-Client-IP: 6.6.6.6", "X-Forwarded-Server: evil.example"], method="GET"))
        sent = json.dumps([h.get("headers") for h in g.arrived(canary)])
        report.check(case, response.status == 200 and "evil.example" not in sent and "6.6.6.6" not in sent and "gopher" not in sent, sent)


def unread_bodies(g, report):
    """D17: a refused request with an unread body closes the connection; its body is never taken for a request."""
    case = "D17 body of a refused request is not a request"
    if report.wants(case):
        canary = seclib.canary()
        inner = request(g, [f"X-Canary: {canary}"], method="GET")
        response = g.send(f"POST /mcp HTTP/1.1\r\nHost: {g.host}\r\nContent-Length: {len(inner)}\r\n\r\n{inner}")
        report.check(case, response.statuses == [401] and not g.arrived(canary), f"{response.statuses}")
    case = "D17 refused upload ends at once"
    if report.wants(case):
        started = time.time()
        response = g.send(f"POST /mcp HTTP/1.1\r\nHost: {g.host}\r\nContent-Length: 100000000\r\n\r\n" + "x" * 1000, timeout=6)
        report.check(case, response.status == 401 and time.time() - started < 6, f"{response.status} {time.time() - started:.1f} s")


def every_request(g, report):
    """D18: one good request does not admit the next on the same connection, nor on the same HTTP/2 connection."""
    case = "D18 kept-alive connection"
    if report.wants(case):
        canary = seclib.canary()
        data = request(g, [], method="GET") + request(g, [f"X-Canary: {canary}"], method="GET", token=False)
        response = g.send(data, want=lambda b: b.count(b"HTTP/1.1 ") >= 2, timeout=4)
        report.check(case, response.statuses == [200, 401] and not g.arrived(canary), f"{response.statuses}")
    case = "D18 pipelined requests are answered in order"
    if report.wants(case):
        data = request(g, [], path="/slow/0.5/a", method="GET") + request(g, [], method="GET", token=False) + request(g, [], path="/status/204/x", method="GET")
        response = g.send(data, want=lambda b: b.count(b"HTTP/1.1 ") >= 3, timeout=5)
        report.check(case, response.statuses == [200, 401, 204], f"{response.statuses}")
    case = "D18 streams of one HTTP/2 connection"
    if report.wants(case):
        canary = seclib.canary()
        c = h2raw.Connection(g.address)
        pseudo = [(":method", "GET"), (":scheme", "http"), (":authority", g.host), (":path", "/mcp")]
        one = c.request(pseudo + [("authorization", "Bearer " + g.token())])
        two = c.request(pseudo + [("x-canary", canary)])
        c.read(lambda c: c.streams[one].ended and c.streams[two].ended)
        report.check(case, (c.streams[one].status, c.streams[two].status) == (200, 401) and not g.arrived(canary),
                     f"{c.streams[one].status} {c.streams[two].status}")
        c.close()


def claim_values(g, report):
    """D19: claims reach fields as visible ASCII only, and only so long."""
    for name, value in (("CRLF", "a\r\nX-Injected: 1"), ("NUL", "a\0b"), ("non-ASCII", "Zo\u00eb \u2603"), ("bidi", "\u202eevil"), ("long", "x" * 9000),
                        ("DEL", "a\x7f"), ("leading space", "  a  ")):
        case = f"D19 sub and name with {name}"
        if report.wants(case):
            canary = seclib.canary()
            response = g.get("/mcp", g.token(sub=value, name=value, preferred_username=value), [f"X-Canary: {canary}"])
            hits = g.arrived(canary)
            fields = [(n, v) for h in hits for n, v in h.get("headers", []) if n.lower().startswith("x-ms-")]
            bad = [n for n, v in fields if not all(0x20 <= ord(c) < 0x7F for c in v)]
            injected = [n for h in hits for n, _ in h.get("headers", []) if n.lower() == "x-injected"]
            report.check(case, response.status in (200, 401, 403, 431) and not bad and not injected, f"{response.status} {bad} {injected}")


def answers(g, report):
    """D20: a hostile upstream's answer becomes 502 or is cleaned; nothing it smuggles reaches the client."""
    for kind in ("clte", "dupcl", "lf", "obsfold", "nul", "cr", "badstatus", "garbage", "hugehdr", "manyhdr", "continue", "switch", "badchunk"):
        case = f"D20 upstream answer {kind}"
        if report.wants(case):
            response = g.get(f"/evil/{kind}/x", g.token(), timeout=5)
            body_broken = kind == "badchunk" and response.status == 200 and response.closed and b"ZZ" not in response.raw
            report.check(case, (response.status == 502 or body_broken) and b"SMUGGLED" not in response.raw and b"evil=1" not in response.raw
                         and b"raw-tunnel" not in response.raw, f"{response.status} {response.raw[:120]!r}")
    case = "D20 surplus octets after an answer are not an answer"
    if report.wants(case):
        statuses = []
        for _ in range(4):
            statuses.append(g.get("/evil/extra/x", g.token()).status)
            statuses.append(g.get("/mcp", g.token()).status)
        report.check(case, 299 not in statuses and set(statuses[1::2]) == {200}, f"{statuses}")
    case = "D20 truncated answer is not completed"
    if report.wants(case):
        response = g.get("/evil/short/x", g.token(), timeout=5)
        report.check(case, response.status in (502, 200) and (response.status == 502 or response.closed) and
                     len(response.body) < 5000, f"{response.status} {len(response.body)}")
    case = "D20 upstream may not set the gate's cookies"
    if report.wants(case):
        response = g.get("/evil/setcookie/x", g.token())
        report.check(case, response.status == 200 and not any("AppServiceAuthSession" in c for c in response.all("set-cookie")),
                     f"{response.status} {response.all('set-cookie')}")
    case = "D20 hop-by-hop fields of an answer"
    if report.wants(case):
        response = g.get("/evil/hophop/x", g.token())
        names = [n for n, _ in response.headers]
        report.check(case, response.status == 200 and "x-secret" not in names and "proxy-authenticate" not in names and
                     "timeout=9999" not in str(response.headers), f"{names}")
    case = "D20 upstream's challenge does not name another metadata address"
    if report.wants(case):
        response = g.get("/evil/wwwauth/x", g.token())
        report.check(case, "evil.example" not in str(response.headers), f"{response.status} {response.headers}")


def limits(g, report):
    """D21: heads, fields, lines, slow heads and connections are bounded."""
    refused(g, report, "D21 head above 32 KiB", request(g, ["X-Canary: {c}"] + [f"X-{i}: " + "a" * 900 for i in range(40)]), statuses=(431,))
    refused(g, report, "D21 more than 100 fields", request(g, ["X-Canary: {c}"] + [f"X-{i}: a" for i in range(110)]), statuses=(431,))
    refused(g, report, "D21 line above 8 KiB", request(g, ["X-Canary: {c}", "X-Long: " + "a" * 9000]), statuses=(431,))
    refused(g, report, "D21 target above 8 KiB", request(g, ["X-Canary: {c}"], path="/mcp?" + "a" * 9000), statuses=(414, 431))
    case = "D21 control 60 fields and a 6 KiB line pass"
    if report.wants(case):
        response = g.send(request(g, [f"X-{i}: a" for i in range(60)] + ["X-Long: " + "a" * 6000], method="GET"))
        report.check(case, response.status == 200, f"{response.status}")
    case = "D21 a head that drips is ended within 15 s"
    if report.wants(case):
        started = time.time()
        with socket.create_connection(g.address) as s:
            s.sendall(b"GET /mcp HTTP/1.1\r\nHost: ")
            s.settimeout(1)
            ended = False
            while time.time() - started < 15 and not ended:
                try:
                    s.sendall(b"a")
                    ended = s.recv(4096) == b""
                except socket.timeout:
                    pass
                except OSError:
                    ended = True
        report.check(case, ended and time.time() - started > 5, f"{time.time() - started:.1f} s")


def http2(g, report):
    """The same requirements over HTTP/2 (RFC 9113 §8.2, §8.3): malformed streams end, nothing arrives."""
    pseudo = [(":method", "GET"), (":scheme", "http"), (":authority", g.host), (":path", "/mcp")]
    def without(name): return [p for p in pseudo if p[0] != name]
    def replaced(name, value): return [(n, value if n == name else v) for n, v in pseudo]
    post = replaced(":method", "POST")
    cases = {
        "D11 connection field": (pseudo + [("connection", "close")], None), "D11 transfer-encoding": (post + [("transfer-encoding", "chunked")], b"0\r\n\r\n"),
        "D11 upper-case name": (pseudo + [("X-Upper", "a")], None), "D11 CRLF in value": (pseudo + [("x-a", "a\r\nx-b: c")], None),
        "D11 LF in value": (pseudo + [("x-a", "a\nb")], None), "D11 NUL in value": (pseudo + [("x-a", "a\0b")], None),
        "D11 CR in name": (pseudo + [("x\r\ny", "a")], None), "D11 colon in name": (pseudo + [("x:y", "a")], None),
        "D11 space in name": (pseudo + [("x y", "a")], None), "D11 underscore in name": (pseudo + [("x_y", "a")], None),
        "D11 empty name": (pseudo + [("", "a")], None), "D11 no :path": (without(":path"), None), "D11 no :method": (without(":method"), None),
        "D11 no :scheme": (without(":scheme"), None), "D11 two :path": (pseudo + [(":path", "/public")], None),
        "D11 :path after fields": ([(":method", "GET"), (":scheme", "http"), (":authority", g.host), ("x-a", "b"), (":path", "/mcp")], None),
        "D11 unknown pseudo-field": (pseudo + [(":evil", "x")], None), "D11 empty :path": (replaced(":path", ""), None),
        "D11 :path without slash": (replaced(":path", "mcp"), None), "D11 :path with CRLF": (replaced(":path", "/mcp HTTP/1.1\r\nX-A: b"), None),
        "D11 :path with a space": (replaced(":path", "/mcp x"), None), "D11 :method with a space": (replaced(":method", "GET /public"), None),
        "D11 :authority with CRLF": (replaced(":authority", "x\r\nX-A: b"), None), "D11 host disagrees with :authority": (pseudo + [("host", "evil.example")], None),
        "D11 CONNECT": ([(":method", "CONNECT"), (":authority", "evil.example:443")], None), "D11 :path absolute": (replaced(":path", "http://evil.example/mcp"), None),
        "D11 content-length too small": (post + [("content-length", "1")], b"{}{}"), "D11 content-length too large": (post + [("content-length", "10")], b"{}"),
        "D11 content-length twice": (post + [("content-length", "2"), ("content-length", "3")], b"{}"), "D11 content-length +2": (post + [("content-length", "+2")], b"{}"),
        "D14 te gzip": (pseudo + [("te", "gzip")], None), "D14 upgrade": (pseudo + [("upgrade", "websocket")], None),
        "D14 keep-alive": (pseudo + [("keep-alive", "timeout=5")], None), "D14 proxy-connection": (pseudo + [("proxy-connection", "x")], None),
    }
    for path in ("/public/../mcp", "/public%2f..%2fmcp", "/public//mcp", "/public%00", "/public;/../mcp", "/public\\..\\mcp", "/mcp#x"):
        cases[f"D15 {path}"] = (replaced(":path", path), None)
    for name, (headers, body) in cases.items():
        case = f"{name} [h2]"
        if not report.wants(case):
            continue
        canary = seclib.canary()
        stream = h2raw.exchange(g.address, headers + [("x-canary", canary), ("authorization", "Bearer " + g.token())], body, timeout=4)
        hits = g.arrived(canary)
        ended = stream.reset is not None or stream.goaway is not None or stream.closed or 400 <= stream.status < 500
        report.check(case, ended and not hits, f"status {stream.status} reset {stream.reset} goaway {stream.goaway}, {len(hits)} arrived")
    for name in SPOOFED:
        case = f"D13 {name.lower()} [h2]"
        if report.wants(case):
            canary, marker = seclib.canary(), seclib.canary()
            stream = h2raw.exchange(g.address, pseudo + [("x-canary", canary), (name.lower(), marker), ("authorization", "Bearer " + g.token())])
            report.check(case, (stream.status in (200, 400) or stream.reset is not None) and not g.arrived(marker), f"{stream.status}")
    case = "D12 request trailers are dropped [h2]"
    if report.wants(case):
        canary, marker = seclib.canary(), seclib.canary()
        stream = h2raw.exchange(g.address, [(n, "/other" if n == ":path" else "POST" if n == ":method" else v) for n, v in pseudo] +
                                [("x-canary", canary), ("authorization", "Bearer " + g.token())], b"{}", [("x-trailer", marker)])
        report.check(case, stream.status == 200 and g.arrived(canary) and not g.arrived(marker), f"{stream.status}")
    case = "D14 te: trailers does not arrive [h2]"
    if report.wants(case):
        canary = seclib.canary()
        stream = h2raw.exchange(g.address, pseudo + [("te", "trailers"), ("x-canary", canary), ("authorization", "Bearer " + g.token())])
        names = [n.lower() for h in g.arrived(canary) for n, _ in h.get("headers", [])]
        report.check(case, stream.status == 200 and "te" not in names, f"{stream.status} {names}")
    case = "D11 control POST with a body [h2]"
    if report.wants(case):
        canary = seclib.canary()
        stream = h2raw.exchange(g.address, post + [("content-type", "application/json"), ("content-length", "40"), ("x-canary", canary),
                                                   ("cookie", "a=b"), ("cookie", "c=d"), ("authorization", "Bearer " + g.token())],
                                b'{"jsonrpc":"2.0","id":1,"method":"ping"}')
        hits = g.arrived(canary)
        cookies = [v for h in hits for n, v in h.get("headers", []) if n.lower() == "cookie"]
        flags = [f for h in hits for f in h.get("flags", [])]
        report.check(case, stream.status == 200 and cookies == ["a=b; c=d"] and not flags, f"{stream.status} {cookies} {flags}")
    for name, attack in {"rapid reset": rapid_reset, "continuation flood": continuation_flood, "settings flood": settings_flood,
                         "ping flood": ping_flood, "header list above the limit": header_list}.items():
        case = f"D21 {name} [h2]"
        if report.wants(case):
            attack(g)
            report.check(case, g.get("/mcp", g.token(), timeout=5).status == 200, "the gate no longer answers")


def rapid_reset(g):
    c = h2raw.Connection(g.address)
    for i in range(2000):
        if c.closed:
            break
        n = c.request([(":method", "GET"), (":scheme", "http"), (":authority", g.host), (":path", "/mcp")])
        c.send(h2raw.frame(h2raw.RST, 0, n, struct.pack(">I", 8)))
    c.close()


def continuation_flood(g):
    c = h2raw.Connection(g.address)
    c.send(h2raw.frame(h2raw.HEADERS, 0, 1, c.encoder.encode([(":method", "GET")])))
    for _ in range(2000):
        if c.closed:
            break
        c.send(h2raw.frame(h2raw.CONTINUATION, 0, 1, c.encoder.encode([("x-a", "b" * 1000)], huffman=False)))
    c.close()


def settings_flood(g):
    c = h2raw.Connection(g.address)
    for _ in range(5000):
        if c.closed:
            break
        c.send(h2raw.frame(h2raw.SETTINGS, 0, 0))
    c.close()


def ping_flood(g):
    c = h2raw.Connection(g.address)
    for _ in range(5000):
        if c.closed:
            break
        c.send(h2raw.frame(h2raw.PING, 0, 0, b"12345678"))
    c.close()


def header_list(g):
    h2raw.exchange(g.address, [(":method", "GET"), (":scheme", "http"), (":authority", g.host), (":path", "/mcp")] +
                   [(f"x-{i}", "a" * 1000) for i in range(100)], timeout=3)
