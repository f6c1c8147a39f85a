"""One request, spoken in HTTP/1.1 and in HTTP/2, and one line for what became of it: what was answered, and what the upstream recorded."""
import json, re
import h2raw, seclib

PROTOCOLS = ("h1", "h2")


class Answer:
    """What came back, whichever protocol it came in; `broken` says that the stream or the connection was ended instead."""
    def __init__(self, status, fields, body, broken=False, statuses=()):
        self.status, self.fields, self.body, self.broken, self.statuses = status, fields, body, broken, list(statuses)

    def all(self, name): return [v for n, v in self.fields if n.lower() == name]

    def first(self, name): return (self.all(name) or [""])[0]

    @property
    def text(self): return str(self.fields) + self.body.decode("latin-1")

    def __str__(self): return f"{self.status}{' broken' if self.broken else ''} {self.first('www-authenticate')!r} {self.body[:160]!r}"


def octets(value): return value if isinstance(value, bytes) else value.encode("latin-1")


def h1_request(g, path="/mcp", method="GET", fields=(), body=None, token=True, host=None, version="HTTP/1.1", trailers=None):
    """The octets of one HTTP/1.1 request; a body gets a length unless the fields frame it, trailers make it chunked."""
    lines = [octets(method) + b" " + octets(path) + b" " + octets(version)]
    if host is not False:
        lines.append(b"Host: " + octets(g.host if host is None else host))
    lines += [octets(n) + b": " + octets(v) for n, v in fields]
    if token:
        lines.append(b"Authorization: Bearer " + octets(g.token() if token is True else token))
    names = {octets(n).lower() for n, _ in fields}
    body = None if body is None else octets(body)
    if trailers is not None:
        lines.append(b"Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n" % (len(body), body) + b"".join(octets(n) + b": " + octets(v) + b"\r\n" for n, v in trailers) + b"\r\n"
    elif body is not None and not names & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def h2_fields(g, path="/mcp", method="GET", fields=(), token=True, host=None, scheme="http"):
    pseudo = [(":method", method), (":scheme", scheme), (":path", path)]
    if host is not False:
        pseudo.insert(2, (":authority", g.host if host is None else host))
    fields = [(n if isinstance(n, bytes) else n.lower(), v) for n, v in fields]
    if token:
        fields.append(("authorization", "Bearer " + (g.token() if token is True else token)))
    return pseudo + fields


def from_h1(response):
    return Answer(response.status, response.headers, response.body, response.closed and not response.status, response.statuses)


def from_h2(stream):
    broken = stream.reset not in (None, 0) or stream.goaway not in (None, 0) or (stream.closed and not stream.status)
    return Answer(stream.status, stream.headers, stream.body, broken, [stream.status] if stream.status else [])


def speak(g, protocol, timeout=5.0, want=None, **request):
    if protocol == "h1":
        request.pop("scheme", None)
        is_head = request.get("method") == "HEAD"
        done = want or (lambda b: b"\r\n\r\n" in b if is_head else seclib.complete(b))
        return from_h1(seclib.raw_http(g.address, h1_request(g, **request), timeout=timeout, want=done))
    body, trailers = request.pop("body", None), request.pop("trailers", None)
    request.pop("version", None)
    return from_h2(h2raw.exchange(g.address, h2_fields(g, **request), None if body is None else octets(body), trailers, timeout))


MESSAGE = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
TYPED = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]


class Cases:
    """The rows of one advisory (`CVE-… h1 what`) or of one defence (`D8 what [h1]`)."""
    def __init__(self, gate, report, name):
        self.gate, self.report, self.name = gate, report, name
        self.is_defence = re.fullmatch(r"D\d+", name) is not None

    def title(self, what, protocol): return f"{self.name} {what} [{protocol}]" if self.is_defence else f"{self.name} {protocol} {what}"

    def each(self, what, protocols=PROTOCOLS):
        """The protocols that are asked for, each with its row's title."""
        for protocol in protocols:
            title = self.title(what, protocol)
            if self.report.wants(title):
                yield protocol, title

    def refused(self, what, statuses=(400,), protocols=PROTOCOLS, challenged=False, judge=None, **request):
        """Answered with one of `statuses`, or the stream ended; nothing arrives. With `challenged`, a 401 must say what is asked for."""
        for protocol, title in self.each(what, protocols):
            answer, hits = self.send(protocol, **request)
            ended = answer.status in statuses or (protocol == "h2" and answer.broken and answer.status in (0, *statuses))
            challenge = answer.first("www-authenticate")
            asked = not challenged or answer.status != 401 or (challenge.startswith("Bearer ") and "resource_metadata=" in challenge)
            good = ended and asked and not hits and (judge is None or judge(answer))
            self.report.check(title, good, f"{answer}, {len(hits)} arrived")

    def passes(self, what, judge=None, protocols=PROTOCOLS, status=200, **request):
        """A control: answered, arrived exactly once and unambiguous; `judge(hit)` looks at what arrived."""
        for protocol, title in self.each(what, protocols):
            answer, hits = self.send(protocol, **request)
            flags = [f for hit in hits for f in hit.get("flags", [])]
            good = answer.status == status and len(hits) == 1 and not flags and (judge is None or judge(hits[0]))
            self.report.check(title, good, f"{answer}, {len(hits)} arrived, {flags} {[h.get('headers') for h in hits]}")

    def dropped(self, what, statuses=(200, 400), protocols=PROTOCOLS, **request):
        """Whatever is answered, the value written as `{m}` in fields or trailers does not arrive; a refused request does not at all."""
        for protocol, title in self.each(what, protocols):
            marker = seclib.canary()
            fill = lambda pairs: [(n, v.replace("{m}", marker) if isinstance(v, str) else v) for n, v in pairs]
            marked = {**request, "fields": fill(request.get("fields", ()))}
            if request.get("trailers"):
                marked["trailers"] = fill(request["trailers"])
            answer, hits = self.send(protocol, **marked)
            arrived = self.gate.arrived(marker)
            # A stream that turns out malformed after its head went on is reset: what arrived of it is then not whole.
            whole = [hit for hit in hits if hit.get("done")]
            good = (answer.status in statuses or (protocol == "h2"
                                                  and answer.broken)) and not arrived and len(whole) == (answer.status == 200)
            self.report.check(title, good, f"{answer}, {len(whole)} arrived, {len(arrived)} with the marker")

    def send(self, protocol, **request):
        """Sends a request with a mark of its own; returns the answer and every request that arrived with the mark."""
        canary = seclib.canary()
        request["fields"] = [("X-Canary", canary), *request.get("fields", ())]
        answer = speak(self.gate, protocol, **request)
        return answer, self.gate.arrived(canary)


def values(hit, name): return [v for n, v in hit.get("headers", []) if n.lower() == name]


def message(method="tools/list", identity=1, **parameters):
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, **({"params": parameters} if parameters else {})})
