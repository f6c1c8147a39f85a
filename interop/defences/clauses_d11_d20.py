"""D11 to D20, clause by clause: what d11_d21_http.py does not say, above all in HTTP/2."""
import base64, json, struct, time, urllib.parse
import gates, h2raw, seclib
from d11_d21_http import DIRTY_PATHS
from spoken import Cases, MESSAGE, TYPED, h1_request, h2_fields, speak, values

END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20


def run(gate, report):
    frames(gate, report)
    trailers(gate, report)
    fields(gate, report)
    paths(gate, report)
    forwarding(gate, report)
    unread(gate, report)
    claim_values(gate, report)
    answers(gate, report)


def block(connection, gate, canary, **more):
    """A header block of a good request with a mark."""
    given = [("x-canary", canary), *more.pop("fields", [])]
    return connection.encoder.encode(h2_fields(gate, fields=given, **more), huffman=False)


def frames(gate, report):
    """D11 in HTTP/2: frames in an order, or of a form, that two parsers could take differently; and forms that must pass."""
    cases = Cases(gate, report, "D11")
    post = dict(method="POST", path="/other")
    frame = h2raw.frame
    def continued(c, canary):
        data = block(c, gate, canary)
        return [frame(h2raw.HEADERS, END_STREAM, 1, data[:20]), frame(h2raw.CONTINUATION, 0, 1, data[20:60]),
                frame(h2raw.CONTINUATION, END_HEADERS, 1, data[60:])]
    def padded(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\x08" + block(c, gate, canary) + bytes(8))]
    def prioritised(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS | PRIORITY, 1,
                                              struct.pack(">IB", 0, 15) + block(c, gate, canary))]
    def unknown(c, canary): return [frame(0x42, 0xFF, 0, b"x"), frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1, block(c, gate, canary)),
                                    frame(0x42, 0, 1, b"y")]
    def body(c, canary): return [frame(h2raw.HEADERS, END_HEADERS, 1, block(c, gate, canary, **post)),
                                 frame(h2raw.DATA, PADDED, 1, b"\x03{}" + bytes(3)), frame(h2raw.DATA, 0, 1, b""),
                                 frame(h2raw.DATA, END_STREAM, 1, b"[]")]
    for what, make in {"a head in CONTINUATION frames": continued, "a head with padding": padded, "a head with priority": prioritised,
                       "frames of unknown kind": unknown, "a body in padded and empty frames": body}.items():
        for protocol, title in cases.each(f"control: {what}", ("h2",)):
            stream, hits = exchange(gate, make)
            flags = [f for hit in hits for f in hit.get("flags", [])]
            report.check(title, stream.status == 200 and len(hits) == 1 and not flags,
                         f"{stream.status} {stream.reset} {stream.goaway} {len(hits)} {flags}")
    def interleaved(c, canary):
        data = block(c, gate, canary)
        return [frame(h2raw.HEADERS, END_STREAM, 1, data[:20]), frame(h2raw.PING, 0, 0, bytes(8)),
                frame(h2raw.CONTINUATION, END_HEADERS, 1, data[20:])]
    def foreign(c, canary):
        data = block(c, gate, canary)
        return [frame(h2raw.HEADERS, END_STREAM, 1, data[:20]), frame(h2raw.CONTINUATION, END_HEADERS, 3, data[20:])]
    def even(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 2, block(c, gate, canary))]
    def zero(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 0, block(c, gate, canary))]
    def too_much_padding(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS | PADDED, 1,
                                                   b"\xff" + block(c, gate, canary)[:100])]
    def half(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1, block(c, gate, canary)[:-7])]
    def unknown_index(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1, block(c, gate, canary) + b"\xff\x80\x80\x01")]
    def push(c, canary): return [frame(5, END_HEADERS, 1, struct.pack(">I", 2) + block(c, gate, canary))]
    def oversized(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1,
                                            block(c, gate, canary, fields=[("x-pad", "a" * 20000)]))]
    def surplus(c, canary): return [frame(h2raw.HEADERS, END_HEADERS, 1,
                                          block(c, gate, canary, method="POST", fields=[*TYPED, ("content-length", "2")])),
                                    frame(h2raw.DATA, END_STREAM, 1, b"{}" + h1_request(gate))]
    def missing(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1,
                                          block(c, gate, canary, method="POST", fields=[*TYPED, ("content-length", "2")]))]
    def late_head(c, canary): return [frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1,
                                            block(c, gate, seclib.canary(), path="/slow/0.3/x")),
                                      frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1, block(c, gate, canary))]
    def pseudo_trailer(c, canary):
        return [frame(h2raw.HEADERS, END_HEADERS, 1, block(c, gate, seclib.canary(), method="POST", fields=TYPED)),
                frame(h2raw.DATA, 0, 1, MESSAGE.encode()),
                frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1, c.encoder.encode([(":path", "/public"), ("x-canary", canary)]))]
    for what, make in {"a PING within a head": interleaved, "a CONTINUATION of another stream": foreign, "an even stream": even,
                       "stream 0": zero, "more padding than frame": too_much_padding, "a block that ends too early": half,
                       "a field of an index that does not exist": unknown_index, "a PUSH_PROMISE": push, "a frame above 16 KiB": oversized,
                       "a request behind the body": surplus, "a body that does not come": missing, "a second head after the end": late_head,
                       "a pseudo-field in trailers": pseudo_trailer}.items():
        for protocol, title in cases.each(what, ("h2",)):
            stream, hits = exchange(gate, make)
            ended = stream.goaway is not None or stream.closed or stream.reset is not None or 400 <= stream.status < 500
            report.check(title, (ended or what == "a second head after the end") and not hits,
                         f"{stream.status} {stream.reset} {stream.goaway} {stream.closed}, {len(hits)} arrived")
    for what, given in {"host twice": [("host", gate.host), ("host", gate.host)], "a value with a space before it": [("x-a", " b")],
                        "a value with a tab after it": [("x-a", "b\t")], "a value with DEL": [("x-a", "a\x7fb")],
                        "a value with 0x01": [("x-a", "a\x01b")],
                        "CR in a value": [("x-a", "a\rb")], "a name with a space at its end": [(b"x-a ", "b")],
                        "a name with DEL": [(b"x\x7fa", "b")], "a name outside ASCII": [(b"x-\xe9", "b")],
                        "a name with a quote": [(b'x"a', "b")],
                        "two content-lengths that agree": [("content-length", "0"), ("content-length", "0")],
                        "content-length empty": [("content-length", "")], "content-length -0": [("content-length", "-0")],
                        "content-length 0x0": [("content-length", "0x0")],
                        "content-length 0, 0": [("content-length", "0, 0")], "te: trailers, gzip": [("te", "trailers, gzip")],
                        "proxy-connection": [("proxy-connection", "close")], "http2-settings": [("http2-settings", "AAMAAABk")],
                        "expect of another kind": [("expect", "200-ok")]}.items():
        cases.refused(what, statuses=(400, 417), protocols=("h2",), fields=given)
    for host in ("", "a b", "a,b", "a/b", "user@host", "host:99999", "host:80:80", "[::1", "h%2fx", "127.0.0.1:0"):
        cases.refused(f":authority {host!r}", statuses=(400, 421), protocols=("h2",), host=host)
    cases.passes("control: host in place of :authority", protocols=("h2",), host=False, fields=[("host", gate.host)])
    cases.passes("control: what clients send", protocols=("h2",), method="POST", body=MESSAGE,
                 fields=[*TYPED, ("content-length", str(len(MESSAGE))), ("user-agent", "x"), ("accept-encoding", "gzip"),
                         ("x-custom", "caf\u00e9"), ("x-empty", "")])


def exchange(gate, make):
    """Sends the frames that `make(connection, canary)` gives; returns what became of stream 1, and what arrived with the canary."""
    canary = seclib.canary()
    connection = h2raw.Connection(gate.address, 2)
    stream = connection.streams[1] = h2raw.Stream()
    for piece in make(connection, canary):
        connection.send(piece)
    connection.read(lambda c: c.streams[1].ended, 1.5)
    time.sleep(0.05)
    stream.goaway, stream.closed = connection.goaway, connection.closed
    connection.close()
    return stream, gate.arrived(canary)


def trailers(gate, report):
    """D12: trailers are dropped, whatever they are called, also where the body is read first."""
    cases = Cases(gate, report, "D12")
    for what, given in {"an identity": [("x-ms-client-principal-id", "{m}")], "a credential": [("authorization", "Bearer {m}")],
                        "a length": [("content-length", "0"), ("x-a", "{m}")], "a host": [("host", "{m}.example")],
                        "a coding": [("transfer-encoding", "chunked"), ("x-a", "{m}")],
                        "a session": [("mcp-session-id", "{m}")], "a cookie": [("cookie", "a={m}")],
                        "a forwarding field": [("x-forwarded-for", "{m}")], "ten of them": [(f"x-{i}", "{m}") for i in range(10)]}.items():
        for path in ("/mcp", "/other"):
            cases.dropped(f"{what} at {path}", statuses=(200, 400), method="POST", path=path, fields=TYPED, body=MESSAGE, trailers=given)
    for protocol, title in cases.each("control: a body whose trailers are dropped arrives whole, without trailers"):
        answer, hits = cases.send(protocol, method="POST", path="/other", fields=TYPED, body=MESSAGE, trailers=[("x-checksum", "1")])
        report.check(title, answer.status == 200 and len(hits) == 1 and base64.b64decode(hits[0]["body_b64"]) == MESSAGE.encode()
                     and not hits[0]["trailers"] and not hits[0]["flags"], f"{answer} {hits}")


def fields(gate, report):
    """D13 and D14 in HTTP/2, and clauses of theirs: underscores, what Connection names, upgrades."""
    cases = Cases(gate, report, "D13")
    for name in ("x_ms_client_principal_id", "x_ms-client-principal", "x-ms_client-principal", "http_x_ms_client_principal_id", "x_custom",
                 "content_length", "transfer_encoding", "_", "a_b"):
        cases.refused(f"{name} is refused", fields=[(name, "root")])
        cases.refused(f"{name} is refused on an excluded path", path="/public", token=None, fields=[(name, "root")])
    cases.passes("the gate's own identity arrives exactly once", protocols=("h2",), fields=[("x-ms-client-principal-id", "root")],
                 judge=lambda hit: values(hit, "x-ms-client-principal-id") == ["alice"])
    for protocol, title in cases.each("the bearer token does not arrive", ("h2",)):
        token = gate.token()
        answer, hits = cases.send(protocol, token=token)
        report.check(title, answer.status == 200 and len(hits) == 1 and not gate.arrived(token[:60]) and not gate.arrived(token[-60:]),
                     f"{answer}")
    cases = Cases(gate, report, "D14")
    for named in ("X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal-id, x-forwarded-for", "X-Forwarded-Proto", "traceparent, X-Request-Id",
                  "Host", "close, Host, X-MS-CLIENT-PRINCIPAL-ID"):
        cases.passes(f"Connection: {named} takes nothing of the gate's away", protocols=("h1",), fields=[("Connection", named)],
                     judge=lambda hit: values(hit, "x-ms-client-principal-id") == ["alice"]
                     and values(hit, "x-forwarded-for") == ["127.0.0.1"] and len(values(hit, "host")) == 1
                     and len(values(hit, "traceparent")) == 1 and "connection" not in [n.lower() for n, _ in hit["headers"]])
    for named in ("Content-Length", "Content-Type", "Transfer-Encoding, Content-Length", "keep-alive, content-length"):
        cases.passes(f"Connection: {named} does not change where the body ends", protocols=("h1",), method="POST", path="/other", body="{}",
                     fields=[*TYPED, ("Connection", named)],
                     judge=lambda hit: base64.b64decode(hit["body_b64"]) == b"{}")
    cases.dropped("fields that several Connection lines name", protocols=("h1",),
                  fields=[("Connection", "X-One"), ("X-One", "{m}"), ("Connection", "x-two, X-THREE"), ("X-Two", "{m}"),
                          ("x-three", "{m}")])
    cases.refused("a Connection with a thousand names", statuses=(400, 431), protocols=("h1",),
                  fields=[("Connection", ", ".join(f"x-{i}" for i in range(1000)))])
    for name in ("Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "Proxy-Foo", "HTTP2-Settings", "Trailer",
                 "TE"):
        cases.dropped(f"{name} does not arrive", fields=[(name, "{m}")])
    upgrade = [("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    for protocols in ("h2c", "TLS/1.0", "h2c, websocket", "websocket, h2c", "connect-ip"):
        cases.passes(f"Upgrade: {protocols} does not arrive", protocols=("h1",), fields=[*upgrade, ("Upgrade", protocols)],
                     judge=lambda hit: not values(hit, "upgrade") and not values(hit, "connection"))
    cases.passes("control: Upgrade: websocket arrives, once", protocols=("h1",), fields=[*upgrade, ("Upgrade", "websocket")],
                 judge=lambda hit: [v.lower() for v in values(hit, "upgrade")] == ["websocket"] and len(values(hit, "connection")) == 1)


def paths(gate, report):
    """D15 in HTTP/2: the same paths, exclusions, override fields and methods."""
    cases = Cases(gate, report, "D15")
    for path in DIRTY_PATHS:
        cases.refused(path, statuses=(400, 401, 404), protocols=("h2",), path=path, token=None)
    for path in ("/Public", "/PUBLIC", "/publicx", "/public/x", "/openx", "/opensesame/x", "/mcp?/public", "/mcp?x=/open/y", "/mcp/open/",
                 "/x/public", "/public.json", "/public%20", "/publi", "/open%2fx", "/mcp?excluded=/public"):
        cases.refused(f"{path} is not excluded", statuses=(400, 401, 404), protocols=("h2",), path=path, token=None)
    for path in ("/public", "/public?x=1", "/open/x", "/open/x/y?z=1", "/%70ublic", "/open", "/open/"):
        cases.passes(f"control: {path} is excluded", protocols=("h2",) if not path.startswith("/open") or "x" in path else ("h1", "h2"),
                     path=path, token=None, judge=lambda hit: "%70" not in hit["target"])
    for name, value in (("X-Forwarded-Uri", "/public"), ("X-Original-URL", "/public"), ("X-Rewrite-URL", "/public"),
                        ("User-Agent", "GoogleHC/1.0"), ("User-Agent", "kube-probe/1.29"), ("X-Original-Uri", "/public"),
                        ("X-Envoy-Original-Path", "/public"),
                        ("X-HTTP-Method-Override", "OPTIONS"), ("X-Forwarded-Path", "/public"), ("X-Forwarded-Prefix", "/public")):
        cases.refused(f"{name}: {value} makes no exception", statuses=(401,), protocols=("h2",), token=None, fields=[(name, value)])
    for method in ("OPTIONS", "HEAD", "PUT", "PATCH", "PROPFIND", "get", "Get", "TRACE"):
        cases.refused(f"method {method} makes no exception", statuses=(401, 405, 501, 400), protocols=("h2",), method=method, token=None)
    for path in ("/mcp/caf%C3%A9", "/mcp/a%20b", "/mcp/a:b@c!$&'()*+,=", "/mcp/~user", "/mcp/a.b-c_d", "/mcp/%25",
                 "/mcp?q=a/b?c%2F..//;#".replace("#", "")):
        cases.passes(f"control: {path} passes as it stands", path=path, judge=lambda hit, p=path: hit["target"] == p)


def forwarding(gate, report):
    """D16: no forwarding field is believed, or passed on, unless the peer is listed; nobody is listed by default."""
    cases = Cases(gate, report, "D16")
    names = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server",
             "X-Forwarded-Ssl", "X-Forwarded-Scheme", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP",
             "X-Cluster-Client-IP", "X-Envoy-External-Address", "Forwarded")
    for name in names:
        cases.dropped(f"a stranger's {name} does not arrive", statuses=(200,), fields=[(name, "{m}")])
    cases.passes("control: the upstream learns the peer and the public URL", fields=[(n, "evil.example") for n in names],
                 judge=lambda hit: values(hit, "x-forwarded-for") == ["127.0.0.1"] and values(hit, "x-forwarded-proto") == ["https"]
                 and values(hit, "x-forwarded-host") == ["mcp.example.test"] and "evil" not in str(hit["headers"]))
    trusting, strict = gates.Lazy(gates.TrustingGate), gates.Lazy(gates.HTTPSOnlyGate)
    listed = Cases(trusting, report, "D16")
    secure = ("X-Forwarded-Proto", "https")
    listed.passes("a listed proxy's X-Forwarded-For is believed", fields=[secure, ("X-Forwarded-For", "198.51.100.7")],
                  judge=lambda hit: values(hit, "x-forwarded-for") == ["198.51.100.7"])
    listed.passes("what stands before the last foreign address is not",
                  fields=[secure, ("X-Forwarded-For", "6.6.6.6, 198.51.100.7, 127.0.0.1")],
                  judge=lambda hit: values(hit, "x-forwarded-for") == ["198.51.100.7"])
    for value in ("evil.example", "6.6.6.6:80", "unknown", "'", "6.6.6.6, x"):
        listed.passes(f"a list with {value!r} is not", fields=[secure, ("X-Forwarded-For", value)],
                      judge=lambda hit: values(hit, "x-forwarded-for") == ["127.0.0.1"])
    listed.passes("X-Real-IP and Forwarded are not, from anybody", fields=[secure, ("X-Real-IP", "6.6.6.6"), ("Forwarded", "for=6.6.6.6")],
                  judge=lambda hit: "6.6.6.6" not in str(hit["headers"]))
    listed.refused("plain http that a listed proxy owns up to is refused under requireHttps", statuses=(308, 403),
                   fields=[("X-Forwarded-Proto", "http")])
    strangers = Cases(strict, report, "D16")
    for what, given in {"whatever a stranger says": [secure], "with nothing said": [], "with Forwarded": [("Forwarded", "proto=https")],
                        "with X-Forwarded-Ssl": [("X-Forwarded-Ssl", "on"), ("X-Forwarded-Scheme", "https"), ("Front-End-Https", "on")]}.items():
        strangers.refused(f"plain http is refused under requireHttps, {what}", statuses=(308, 403), fields=given)
    strangers.refused("and an HTTP/2 :scheme says nothing", statuses=(308, 403), protocols=("h2",), scheme="https")
    trusting.stop()
    strict.stop()


def unread(gate, report):
    """D17: the body of a refused request is never taken for a request; what is not read ends the connection, or the stream."""
    cases = Cases(gate, report, "D17")
    inner_canary = seclib.canary()
    inner = h1_request(gate, path="/public", token=None, fields=[("X-Canary", inner_canary)])
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner)
    for what, head, body in (("401, with a length", h1_request(gate, method="POST", token=None,
                                                               fields=[*TYPED, ("Content-Length", str(len(inner)))]), inner),
                             ("401, in chunks", h1_request(gate, method="POST", token=None,
                                                           fields=[*TYPED, ("Transfer-Encoding", "chunked")]), chunks),
                             ("401, body later", h1_request(gate, method="POST", token=None,
                                                            fields=[*TYPED, ("Content-Length", str(len(inner) + 50000))]), inner),
                             ("415", h1_request(gate, method="POST", fields=[("Content-Length", str(len(inner)))]), inner),
                             ("400, GET with a body", h1_request(gate, fields=[("Content-Length", str(len(inner)))]), inner),
                             ("404", h1_request(gate, method="POST", path="/.well-known/openid-configuration", token=None,
                                                fields=[("Content-Length", str(len(inner)))]), inner),
                             ("421", h1_request(gate, method="POST", host="evil.example", fields=[("Content-Length", str(len(inner)))]),
                              inner),
                             ("metadata", h1_request(gate, path="/.well-known/oauth-protected-resource/mcp", token=None,
                                                     fields=[("Content-Length", str(len(inner)))]), inner),
                             ("400, a JSON body that is refused",
                              h1_request(gate, method="POST", fields=[*TYPED, ("Content-Length", str(len(inner)))]), inner),
                             ("413", h1_request(gate, method="POST", fields=[*TYPED, ("Content-Length", str(8 << 20))]), inner),
                             ("the upstream's own answer before the body",
                              h1_request(gate, method="POST", path="/.auth/x", token=None, fields=[("Content-Length", str(len(inner)))]),
                              inner)):
        title = cases.title(what, "h1")
        if report.wants(title):
            response = seclib.raw_http(gate.address, None, parts=[head, body], idle=0.02, timeout=2)
            report.check(title, len(response.statuses) == 1 and not gate.arrived(inner_canary),
                         f"{response.statuses}, {len(gate.arrived(inner_canary))} arrived")
    for protocol, title in cases.each("a refused request is not told to go on", ("h1",)):
        response = seclib.raw_http(gate.address, h1_request(gate, method="POST", token=None,
                                                            fields=[*TYPED, ("Expect", "100-continue"), ("Content-Length", "10")]),
                                   timeout=2)
        report.check(title, response.statuses == [401] and b"100 Continue" not in response.raw, f"{response.statuses}")
    for protocol, title in cases.each("control: a small body that is here already does not end the connection", ("h1",)):
        data = h1_request(gate, method="POST", token=None, fields=TYPED, body=MESSAGE) + h1_request(gate)
        response = seclib.raw_http(gate.address, data, timeout=2, want=lambda b: b.count(b"HTTP/1.1 ") >= 2)
        report.check(title, response.statuses == [401, 200] or (response.statuses == [401] and response.closed), f"{response.statuses}")
    for what, fields_, expected in (("401", dict(token=None), 401), ("415", dict(fields=[]), 415),
                                    ("401 for a forged token", dict(token=gate.token(key="evil", header={"kid": "rsa-1"})), 401),
                                    ("421", dict(host="evil.example"), 421)):
        for protocol, title in cases.each(f"{what}: the stream ends, its body arrives nowhere, the connection goes on", ("h2",)):
            canary = seclib.canary()
            connection = h2raw.Connection(gate.address, 3)
            refused = connection.request(h2_fields(gate, method="POST", **fields_), b"", end=False)
            for _ in range(4):
                connection.send(h2raw.frame(h2raw.DATA, 0, refused, canary.encode() + b"x" * 2000))
            connection.read(lambda c: c.streams[refused].ended, 2)
            good = connection.request(h2_fields(gate))
            connection.read(lambda c: c.streams[good].ended, 2)
            report.check(title, connection.streams[refused].status == expected and connection.streams[refused].ended
                         and not gate.arrived(canary)
                         and (connection.streams[good].status == 200 or connection.goaway is not None or connection.closed),
                         f"{connection.streams[refused].status} {connection.streams[good].status}")
            connection.close()
    for protocol, title in Cases(gate, report, "D18").each("twenty streams at once, every other one without a token", ("h2",)):
        canary = seclib.canary()
        connection = h2raw.Connection(gate.address, 4)
        numbers = [connection.request(h2_fields(gate, token=i % 2 == 0, fields=[("x-canary", canary)] if i % 2 else [])) for i in range(20)]
        connection.read(lambda c: all(c.streams[n].ended for n in numbers), 4)
        statuses = [connection.streams[n].status for n in numbers]
        report.check(title, statuses == [200, 401] * 10 and not gate.arrived(canary), f"{statuses}")
        connection.close()


def claim_values(gate, report):
    """D19: claims reach fields as visible ASCII, encoded so that they can be read again, and only so long."""
    cases = Cases(gate, report, "D19")
    for what, value in {"CR LF": "a\r\nX-Injected: 1", "NUL": "a\0b", "non-ASCII": "Zo\u00eb \u2603", "bidi": "\u202eevil", "DEL": "a\x7f",
                        "spaces around": "  a  ", "a percent sign": "100%41", "a tab": "a\tb", "an astral character": "\U0001f600",
                        "quotes": 'a"b\\c', "comma": "a, b"}.items():
        def judge(hit, value=value):
            own = [(n.lower(), v) for n, v in hit["headers"] if n.lower().startswith("x-ms-")]
            document = json.loads(base64.b64decode(dict(own).get("x-ms-client-principal", "")) or b"{}")
            claims = {c["typ"]: c["val"] for c in document.get("claims", [])}
            return (all(0x20 <= ord(c) < 0x7F for _, v in own for c in v) and value in claims.values()
                    and "x-injected" not in [n.lower() for n, _ in hit["headers"]]
                    and urllib.parse.unquote(dict(own)["x-ms-client-principal-id"]) == value
                    and urllib.parse.unquote(dict(own)["x-ms-client-principal-name"]) == value)
        cases.passes(f"{what}: percent-encoded in short fields, whole in the claims", token=gate.token(sub=value, name=value), judge=judge)
    for what, claims in {"sub of 3,000": dict(sub="x" * 3000), "name of 3,000": dict(name="n" * 3000),
                         "a claim of 3,500": dict(other="y" * 3500)}.items():
        cases.passes(f"{what} characters: no field above its limit, none cut", token=gate.token(**claims),
                     judge=lambda hit, claims=claims: all(len(v) <= (16384 if n.lower() == "x-ms-client-principal" else 1024) for n,
                                                          v in hit["headers"] if n.lower().startswith("x-ms-"))
                     and not any(v in (text[:len(v)] for text in claims.values()) and v not in claims.values() and len(v) > 100 for n,
                                 v in hit["headers"]))


EVIL = ("clte", "dupcl", "lf", "obsfold", "nul", "cr", "badstatus", "garbage", "hugehdr", "manyhdr", "continue", "switch", "badchunk")


def answers(gate, report):
    """D20 in HTTP/2: a hostile upstream's answer is 502, or ends the stream, or is cleaned."""
    cases = Cases(gate, report, "D20")
    for kind in EVIL:
        for protocol, title in cases.each(f"upstream answer {kind}", ("h2",)):
            answer = speak(gate, protocol, path=f"/evil/{kind}/x")
            text = answer.text
            whole = answer.status == 502 or (kind == "badchunk" and answer.broken
                                             and "ZZ" not in text) or (answer.broken and not answer.status)
            report.check(title, whole and "SMUGGLED" not in text and "evil=1" not in text and "raw-tunnel" not in text, f"{answer}")
    for protocol, title in cases.each("surplus octets after an answer are not an answer", ("h2",)):
        statuses = [speak(gate, protocol, path=path).status for path in ("/evil/extra/x", "/mcp") * 3]
        report.check(title, 299 not in statuses and set(statuses[1::2]) == {200}, f"{statuses}")
    for protocol, title in cases.each("truncated answer is not completed", ("h2",)):
        answer = speak(gate, protocol, path="/evil/short/x")
        report.check(title, answer.status == 502 or answer.broken, f"{answer}")
    for what, path, judge in (("upstream may not set the gate's cookies", "/evil/setcookie/x", lambda a: a.status == 200
                               and not any("AppServiceAuthSession" in c for c in a.all("set-cookie"))),
                              ("hop-by-hop fields of an answer", "/evil/hophop/x", lambda a: a.status == 200
                               and not (a.all("x-secret") or a.all("proxy-authenticate") or a.all("keep-alive") or a.all("connection"))),
                              ("upstream's challenge does not name another metadata address", "/evil/wwwauth/x", lambda a: a.status == 401
                               and "evil.example" not in a.text)):
        for protocol, title in cases.each(what, ("h2",)):
            answer = speak(gate, protocol, path=path)
            report.check(title, judge(answer), f"{answer} {answer.fields}")
    for status in (200, 204, 304, 400, 404, 500, 503):
        for protocol, title in cases.each(f"control: {status} passes as it is"):
            answer, hits = cases.send(protocol, path=f"/status/{status}/x")
            report.check(title, answer.status == status and len(hits) == 1 and answer.first("x-upstream") == "echo", f"{answer}")
    for protocol, title in cases.each("control: the answer to HEAD has no body"):
        answer, hits = cases.send(protocol, method="HEAD")
        report.check(title, answer.status == 200 and len(hits) == 1 and not answer.body, f"{answer}")
