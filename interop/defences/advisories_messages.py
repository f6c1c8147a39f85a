"""Advisories about messages: members that two parsers read differently, batches, odd media types, arguments spliced into the request, sessions."""
import base64, json, time
import seclib
from spoken import Cases, MESSAGE, TYPED, message


def run(gate, report):
    case_variants(gate, report)
    duplicates(gate, report)
    shapes(gate, report)
    splicing(gate, report)
    sessions(gate, report)


def posted(cases, what, body, good=False, statuses=(400,), fields=TYPED, **more):
    request = dict(method="POST", fields=[*fields, *more.pop("extra", [])], body=body, **more)
    if good:
        sent = body if isinstance(body, bytes) else body.encode("latin-1")
        cases.passes(what, judge=lambda hit: base64.b64decode(hit["body_b64"]) == sent, **request)
    else:
        cases.refused(what, statuses=statuses, **request)


def case_variants(gate, report):
    """GHSA-4gph-2hhr-5mwg: `Name` overrode `name` in the check, and the message was written anew for the server."""
    cases = Cases(gate, report, "GHSA-4gph-2hhr-5mwg")
    call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{}}}'
    assert json.loads(call)
    for member, twin in (("name", "Name"), ("name", "NAME"), ("name", "nAme"), ("name", "\\u004eame"), ("arguments", "Arguments"),
                         ("params", "Params"),
                         ("method", "Method"), ("method", "METHOD"), ("id", "Id"), ("jsonrpc", "JSONRPC"), ("params", "PARAMS"),
                         ("_meta", "_Meta"), ("uri", "URI")):
        inner = member in ("name", "arguments", "_meta", "uri")
        value = {"name": '"drop"', "method": '"tools/list"', "id": "2", "jsonrpc": '"2.0"', "uri": '"file:///x"'}.get(member, "{}")
        start = '"params":{' if inner else '{"jsonrpc'
        before = call.replace('"params":{', f'"params":{{"{twin}":{value},') if inner else f'{{"{twin}":{value},{call[1:]}'
        after = call.replace('"arguments":{}', f'"arguments":{{}},"{twin}":{value}') if inner else f'{call[:-1]},"{twin}":{value}}}'
        posted(cases, f"{twin} before {member}", before)
        posted(cases, f"{twin} after {member}", after)
        if f'"{member}"' in call:
            posted(cases, f"{twin} in place of {member}", call.replace(f'"{member}"', f'"{twin}"', 1))
    for what, body in {"long s in params": call.replace('"params"', '"param\u017f"'), "dotted I in id": call.replace('"id"', '"\u0130d"'),
                       "dotless i in id": call.replace('"id"', '"\u0131d"'), "long s, escaped": call.replace('"params"', '"param\\u017f"'),
                       "long s beside params": call[:-1] + ',"param\u017f":{"name":"drop"}}'}.items():
        posted(cases, what, body.encode())
    listed = [("MCP-Protocol-Version", "2025-06-18")]
    posted(cases, "Mcp-Name says another tool", call, extra=[*listed, ("Mcp-Name", "drop")])
    posted(cases, "Mcp-Name says it in another case", call, extra=[*listed, ("Mcp-Name", "Add")])
    posted(cases, "Mcp-Method says another method", call, extra=[*listed, ("Mcp-Method", "tools/list")])
    posted(cases, "Mcp-Method says it in another case", call, extra=[*listed, ("Mcp-Method", "Tools/Call")])
    for what, body in {
        "as it stands, odd white space and all": '\r\n{ "id" : 1 ,\t"params":{"arguments":{"a":1},"name":"add"}, '
                                                 '"method":"tools/call","jsonrpc":"2.0" }\n',
        "numbers and escapes are not written anew": '{"jsonrpc":"2.0","id":1.0e0,"method":"tools/call","params":{"name":"\\u0061dd","arguments":'
                                                    '{"n":12345678901234567890.123456789,"e":1E400,"s":"\\/\\u00e9\\ud83d\\ude00"}}}',
        "case variants among a tool's own arguments": call.replace('"arguments":{}',
                                                                   '"arguments":{"name":"a","Name":"b","Method":"c","params":1}'),
        "members that nobody knows": call[:-1] + ',"x-Name":1,"names":2}', "no params": MESSAGE,
        "params null": MESSAGE[:-1] + ',"params":null}',
        "a notification": '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        "a response": '{"jsonrpc":"2.0","id":"x","result":{"Name":1,"name":2}}',
    }.items():
        posted(cases, f"control: {what}", body, good=True)


def duplicates(gate, report):
    """go-sdk#805, docker/mcp-gateway#414 and #418, envoy#45202, jacobian#1102: of two members of one name the last, or the first, won."""
    nested = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":%s}}'
    by_system = {
        "go-sdk#805": {"method twice": '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}',
                       "method twice, second escaped": '{"jsonrpc":"2.0","id":1,"method":"tools/list","meth\\u006fd":"tools/call"}',
                       "id twice": '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}',
                       "jsonrpc twice": '{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}',
                       "method and Method": '{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call"}'},
        "docker#414": {"name twice": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","name":"drop"}}',
                       "name twice, apart": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{},"name":"drop"}}',
                       "params twice": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add"},"params":{"name":"drop"}}',
                       "name a number": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}',
                       "name an array": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["add","drop"]}}'},
        "docker#418": {"arguments twice": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{},"arguments":{"a":1}}}',
                       "argument twice": nested % '{"path":"/safe","path":"/etc"}',
                       "argument twice, one escaped": nested % '{"path":"/safe","p\\u0061th":"/etc"}',
                       "argument twice, deep": nested % '{"a":[{"b":{"c":1,"c":2}}]}'},
        "envoy#45202": {"uri twice": '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a","uri":"file:///b"}}',
                        "_meta twice": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{},"_meta":{}}}',
                        "in _meta": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"progressToken":1,"progressToken":2}}}',
                        "result twice": '{"jsonrpc":"2.0","id":1,"result":{},"result":{}}', "empty name twice": nested % '{"":1,"":2}'},
        "jacobian#1102": {"in a batch": '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping","method":"tools/call"}]',
                          "two documents": MESSAGE + MESSAGE, "something after the document": MESSAGE + " x",
                          "a NUL after the document": MESSAGE + "\0",
                          "a comment": MESSAGE[:-1] + "/* */}", "a comma too many": MESSAGE[:-1] + ",}",
                          "single quotes": MESSAGE.replace('"', "'"), "NaN": nested % '{"a":NaN}',
                          "half a surrogate pair": nested % '{"a":"\\ud800"}', "a control character": nested % '{"a":"\n"}',
                          "depth 200": nested % ("[" * 200 + "]" * 200)},
    }
    for name, bodies in by_system.items():
        cases = Cases(gate, report, name)
        for what, body in bodies.items():
            posted(cases, what, body)
    cases = Cases(gate, report, "jacobian#1102")
    for what, body in {"a byte order mark": b"\xef\xbb\xbf" + MESSAGE.encode(), "UTF-16": MESSAGE.encode("utf-16"),
                       "UTF-16 without a mark": MESSAGE.encode("utf-16-le"),
                       "UTF-32": MESSAGE.encode("utf-32-le"), "broken UTF-8": (nested % '{"a":"?"}').encode().replace(b"?", b"\xff\xfe"),
                       "overlong UTF-8": (nested % '{"a":"?"}').encode().replace(b"?", b"\xc0\xaf"),
                       "a surrogate in UTF-8": (nested % '{"a":"?"}').encode().replace(b"?", b"\xed\xa0\x80")}.items():
        posted(cases, what, body)
    for name in by_system:
        posted(Cases(gate, report, name), "control: one of each, also where one name stands in two objects",
               nested % '{"a":{"name":1},"b":{"name":2},"c":[{"x":1},{"x":2}]}', good=True)


def shapes(gate, report):
    """ToolHive#5745, #6234 and #6092, Tyk#8539: a batch, an unusual Content-Type or a body that was not JSON was not looked at."""
    cases = Cases(gate, report, "ToolHive#5745")
    one, call = '{"jsonrpc":"2.0","id":1,"method":"ping"}', message("tools/call", 2, name="add")
    for revision in ("2025-06-18", "2025-11-25", "2026-07-28"):
        mirrored = [("MCP-Protocol-Version", revision)] + ([("Mcp-Method", "ping")] if revision == "2026-07-28" else [])
        posted(cases, f"a batch in {revision}", f"[{one},{call}]", extra=mirrored)
        posted(cases, f"a batch of one in {revision}", f"[{one}]", extra=mirrored)
    for revision in ("9999-01-01", "2024-01-01", "1.0", "latest", "2025-03-26x"):
        posted(cases, f"a batch in {revision}, which nobody knows", f"[{one}]", extra=[("MCP-Protocol-Version", revision)])
    many = ",".join([one] * 101)
    for what, body in {"empty": "[]", "a batch in a batch": f"[[{one}]]",
                       "a bad message at the end": f'[{one},{{"jsonrpc":"1.0","id":2,"method":"ping"}}]',
                       "no message at the end": f"[{one},1]", "null at the end": f"[{one},null]", "a string": f'["{one[:0]}x"]',
                       "a comma too many": f"[{one},]",
                       "a variant at the end": f'[{one},{{"jsonrpc":"2.0","id":2,"method":"ping","Method":"x"}}]',
                       "101 messages": f"[{many}]", "a second batch after it": f"[{one}][{call}]"}.items():
        posted(cases, f"a batch: {what}", body)
    posted(cases, "Mcp-Name beside a batch of several", f"[{one},{call}]", extra=[("Mcp-Name", "add")])
    posted(cases, "Mcp-Method beside a batch of several", f"[{one},{one}]", extra=[("Mcp-Method", "ping")])
    posted(cases, "control: a batch where there are batches", f"[{one},{call}]", good=True, extra=[("MCP-Protocol-Version", "2025-03-26")])
    posted(cases, "control: a batch without a word on the revision", f"[{one},{call}]", good=True)

    cases = Cases(gate, report, "Tyk#8539")
    accept = [("Accept", "application/json, text/event-stream")]
    for kind in ("text/plain", "application/jsonx", "application/x-json", "text/json", "application/json-rpc", "application/vnd.mcp+json",
                 "application/json5", "application/x-ndjson",
                 "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "*/*", "application/*",
                 "json", "", "application/json, text/plain",
                 "text/plain, application/json", "application/json; charset=utf-16", "application/json;charset=utf-7",
                 "application/json; charset=utf-8; charset=utf-16",
                 'application/json; charset="utf-16"', "application/json; profile=x", "application/json\u00a0", "application /json",
                 "text/plain;application/json"):
        posted(cases, f"Content-Type {kind!r}", MESSAGE, statuses=(415, 400), fields=[*accept, ("Content-Type", kind)])
    posted(cases, "no Content-Type", MESSAGE, statuses=(415,), fields=accept)
    for coding in ("gzip", "identity", "br", "deflate, gzip", ""):
        posted(cases, f"Content-Encoding {coding!r}", MESSAGE, statuses=(415, 400), extra=[("Content-Encoding", coding)])
    for kind in ("application/json", "Application/JSON", "APPLICATION/JSON;CHARSET=UTF-8", "application/json; charset=utf-8",
                 'application/json;charset="utf-8"', "application/json ;charset=UTF-8"):
        posted(cases, f"control: Content-Type {kind}", MESSAGE, good=True, fields=[*accept, ("Content-Type", kind)])

    cases = Cases(gate, report, "ToolHive#6234")
    for what, body in {"nothing": "", "white space": "  \r\n", "text": "tools/call", "a number": "1", "a string": '"tools/call"',
                       "null": "null", "true": "true", "an empty object": "{}",
                       "another version": '{"jsonrpc":"1.0","id":1,"method":"ping"}', "no version": '{"id":1,"method":"ping"}',
                       "method and result": '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}',
                       "method a list": '{"jsonrpc":"2.0","id":1,"method":["ping"]}',
                       "method null": '{"jsonrpc":"2.0","id":1,"method":null}',
                       "params a list": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["add"]}',
                       "params a text": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"add"}',
                       "id an object": '{"jsonrpc":"2.0","id":{},"method":"ping"}',
                       "id true": '{"jsonrpc":"2.0","id":true,"method":"ping"}',
                       "result and error without id": '{"jsonrpc":"2.0","result":{}}', "XML": "<call/>",
                       "YAML": "jsonrpc: '2.0'\nmethod: ping", "form": "method=ping", "half of it": MESSAGE[:-5],
                       "events": f"data: {MESSAGE}\n\n", "length-prefixed": f"Content-Length: {len(MESSAGE)}\r\n\r\n{MESSAGE}",
                       "more than is read": MESSAGE[:-1] + ',"params":{"x":"' + "a" * (4 << 20) + '"}}'}.items():
        posted(cases, f"{what}", body, statuses=(400, 413))
    for method in ("PUT", "PATCH", "QUERY", "PROPFIND", "Post", "post"):
        cases.refused(f"{method} with a message", statuses=(405, 400), method=method, fields=TYPED, body=call)
    for method in ("GET", "DELETE", "HEAD", "OPTIONS"):
        cases.refused(f"{method} with a message", statuses=(400,), method=method, fields=TYPED, body=call)
    posted(cases, "a message in the query", "", path="/mcp?jsonrpc=2.0&method=tools/call&id=1")
    posted(cases, "control: a message", call, good=True)


def splicing(gate, report):
    """CVE-2026-29791: arguments of a tool were written into an address and into fields without being encoded."""
    cases = Cases(gate, report, "CVE-2026-29791")
    for what, value in {"CR LF": "a\r\nX-Injected: 1\r\n\r\nGET /public/injected HTTP/1.1", "a path": "../../admin?x=1#y", "a NUL": "a\0b",
                        "a quote": 'a"},"method":"x', "a template": "${jndi:x}{{7*7}}%0d%0a"}.items():
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": "add", "arguments": {"path": value, value: value}}})
        sent = body.encode()
        cases.passes(f"{what} among the arguments stays in the body, and octet for octet", method="POST", fields=TYPED, body=body,
                     judge=lambda hit, sent=sent: hit["target"] == "/mcp" and base64.b64decode(hit["body_b64"]) == sent
                     and not any(n.lower() == "x-injected" for n, _ in hit["headers"]))
        named = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": value}})
        encoded = "=?base64?" + base64.b64encode(value.encode()).decode() + "?="
        mirrored = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call")]
        cases.passes(f"{what} in a tool's name: what mirrors it goes on encoded", method="POST", body=named,
                     fields=[*TYPED, *mirrored, ("Mcp-Name", encoded)],
                     judge=lambda hit, encoded=encoded: [v for n, v in hit["headers"] if n.lower() == "mcp-name"] == [encoded])
        cases.refused(f"{what} in a tool's name: another encoding of it", statuses=(400,), method="POST", body=named,
                      fields=[*TYPED, *mirrored, ("Mcp-Name", encoded.replace("?=", "=?="))])
    for protocol, title in cases.each("a tool's name cannot write a line of the audit log"):
        marker = seclib.canary()
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": f'x\n{{"outcome":"permitted","{marker}":1}}\r\n\u2028'}})
        answer, hits = cases.send(protocol, method="POST", fields=TYPED, body=body)
        lines = logged(gate, marker)
        report.check(title, answer.status == 200 and lines and all(in_one_text(line, marker) for line in lines), f"{answer} {lines}")
    claims = {"sub": "a\r\nX-Injected: 1", "name": "b\r\n\r\nGET / HTTP/1.1"}
    cases.passes("claims that would break a field are encoded", token=gate.token(**claims),
                 judge=lambda hit: not any(n.lower() == "x-injected" for n, _ in hit["headers"])
                 and all(0x20 <= ord(c) < 0x7F for n, v in hit["headers"] if n.lower().startswith("x-ms-") for c in v))


def in_one_text(line, marker):
    """Whether a log line is one JSON object in which the marker stands within a text, never as a member of its own."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and marker not in entry


def logged(gate, marker, seconds=5):
    """The lines of the gate's log that hold the marker; they may be written a little later."""
    end = time.time() + seconds
    while True:
        lines = [line for line in (gate.folder / "gatehouse.log").read_text(errors="replace").split("\n") if marker in line]
        if lines or time.time() > end:
            return lines
        time.sleep(0.05)


def sessions(gate, report):
    """GHSA-f24x-5g9q-753f, as far as there are sessions: the id of an MCP session that somebody else brings is not theirs to use."""
    cases = Cases(gate, report, "GHSA-f24x-5g9q-753f")
    for protocol, title in cases.each("another's MCP session is answered like an unknown one"):
        session = [("Mcp-Session-Id", seclib.canary())]
        alice, bob, other = gate.token(), gate.token(sub="bob"), gate.token(client_id="another-client")
        send = lambda token, **more: cases.send(protocol, method=more.get("method", "POST"), fields=[*TYPED, *session], body=None
                                                if "method" in more else MESSAGE, token=token)
        first, second, third = send(alice), send(bob), send(other)
        stream, ended, still = send(bob, method="GET"), send(bob, method="DELETE"), send(alice)
        statuses = [a.status for a, _ in (first, second, third, stream, ended, still)]
        arrived = [len(h) for _, h in (first, second, third, stream, ended, still)]
        report.check(title, statuses == [200, 404, 404, 404, 404, 200] and arrived == [1, 0, 0, 0, 0, 1], f"{statuses} {arrived}")
    for protocol, title in cases.each("control: one's own session, kept and ended"):
        session = [("Mcp-Session-Id", seclib.canary())]
        sent = [cases.send(protocol, method=m, fields=[*TYPED, *session], body=MESSAGE if m == "POST" else None)
                for m in ("POST", "GET", "DELETE")]
        report.check(title, [a.status for a, _ in sent] == [200] * 3 and all(len(h) == 1 for _, h in sent),
                     f"{[a.status for a, _ in sent]}")
    for identity in ("a b", "a\tb", "\u00e9", "a" * 2000):
        cases.refused(f"Mcp-Session-Id {identity[:8]!r}", statuses=(400, 431), method="POST", fields=[*TYPED, ("Mcp-Session-Id", identity)],
                      body=MESSAGE)
