"""D21, clause by clause: time, connections, memory and processor, in both protocols."""
import socket, time
import gates, h2raw, seclib
from clauses_d11_d20 import END_HEADERS, END_STREAM
from spoken import Cases, MESSAGE, TYPED, h1_request, h2_fields, speak


def run(gate, report):
    """D21: what a client may use of time, connections, memory and processor."""
    cases = Cases(gate, report, "D21")
    cases.refused("head above 32 KiB", statuses=(431, 400), protocols=("h2",), fields=[(f"x-{i}", "a" * 900) for i in range(40)])
    cases.refused("more than 100 fields", statuses=(431,), protocols=("h2",), fields=[(f"x-{i}", "a") for i in range(110)])
    cases.refused("line above 8 KiB", statuses=(431,), protocols=("h2",), fields=[("x-long", "a" * 9000)])
    cases.refused("target above 8 KiB", statuses=(414, 431), protocols=("h2",), path="/mcp?" + "a" * 9000)
    cases.passes("control: 60 fields and a 6 KiB line", protocols=("h2",),
                 fields=[*((f"x-{i}", "a") for i in range(60)), ("x-long", "a" * 6000)])
    cases.passes("control: 90 fields", fields=[(f"x-{i}", "a") for i in range(85)])
    tight = gates.Lazy(gates.TightGate)
    slow(Cases(tight, report, "D21"), tight, report)
    tight.stop()
    memory(Cases(gate, report, "D21"), gate, report)


def slow(cases, gate, report):
    def ended_within(connection, seconds, drip=None):
        """Seconds until the peer ends the connection; None if it does not."""
        started = time.time()
        connection.settimeout(0.25)
        while time.time() - started < seconds:
            try:
                if drip:
                    connection.sendall(drip)
                if connection.recv(65536) == b"":
                    return time.time() - started
            except socket.timeout:
                continue
            except OSError:
                return time.time() - started
        return None
    hello = h2raw.PREFACE + h2raw.frame(h2raw.SETTINGS, 0, 0)
    encode = lambda **more: h2raw.Encoder().encode(h2_fields(gate, **more), huffman=False)
    for protocol, title in cases.each("a head that does not end (2 s)"):
        data = b"GET /mcp HTTP/1.1\r\nHost: x\r\n" if protocol == "h1" else hello + h2raw.frame(h2raw.HEADERS, END_STREAM, 1, encode()[:30])
        with socket.create_connection(gate.address) as s:
            s.sendall(data)
            took = ended_within(s, 8)
        report.check(title, took is not None and took < 7, f"{took}")
    for protocol, title in cases.each("a connection on which nothing happens (2 s)"):
        with socket.create_connection(gate.address) as s:
            if protocol == "h2":
                s.sendall(hello)
            took = ended_within(s, 8)
        report.check(title, took is not None and took < 7, f"{took}")
    for protocol, title in cases.each("a body that stops (2 s)"):
        canary = seclib.canary()
        given = [*TYPED, ("Content-Length", "1000"), ("X-Canary", canary)]
        if protocol == "h1":
            data = h1_request(gate, method="POST", fields=given) + b"{"
        else:
            head = h2raw.frame(h2raw.HEADERS, END_HEADERS, 1, encode(method="POST", fields=given))
            data = hello + head + h2raw.frame(h2raw.DATA, 0, 1, b"{")
        with socket.create_connection(gate.address) as s:
            s.sendall(data)
            took = ended_within(s, 10)
        report.check(title, took is not None and took < 9 and not gate.arrived(canary), f"{took}, {len(gate.arrived(canary))} arrived")
    for protocol, title in cases.each("a message above what is read is refused, 64 KiB here"):
        answer, hits = cases.send(protocol, method="POST", fields=TYPED, body=MESSAGE[:-1] + ',"params":{"x":"' + "a" * 70_000 + '"}}')
        report.check(title, (answer.status == 413 or answer.broken) and not hits, f"{answer}")
    for protocol, title in cases.each("a thirteenth connection of one address is not served, twelve are"):
        time.sleep(0.3)
        held = [socket.create_connection(gate.address) for _ in range(12)]
        time.sleep(0.2)
        try:
            thirteenth = speak(gate, protocol, timeout=1)
            held.pop().close()
            time.sleep(0.3)
            again = speak(gate, protocol, timeout=2)
        except OSError as error:
            thirteenth = again = type("Refused", (), {"status": 0, "__str__": lambda s: repr(error)})()
        for s in held:
            s.close()
        report.check(title, thirteenth.status == 0 and again.status == 200, f"{thirteenth} {again}")
        time.sleep(0.3)


def memory(cases, gate, report):
    """At most ten times the head limit for each request that is under way, and ten times the client's processor time."""
    for protocol, title in cases.each("300 unfinished heads of 30 KiB: memory"):
        before = gates.resident(gate)
        line = b"X-A: " + b"a" * 900 + b"\r\n"
        held = []
        for i in range(300):
            s = socket.create_connection(gate.address)
            if protocol == "h1":
                s.sendall(b"GET /mcp HTTP/1.1\r\nHost: x\r\n" + line * 33)
            else:
                fields = h2raw.Encoder().encode([(f"x-{n}", "a" * 900) for n in range(33)], huffman=False)
                s.sendall(h2raw.PREFACE + h2raw.frame(h2raw.SETTINGS, 0, 0) + h2raw.frame(h2raw.HEADERS, END_STREAM, 1, fields[:16000])
                          + h2raw.frame(h2raw.CONTINUATION, 0, 1, fields[16000:]))
            held.append(s)
        time.sleep(0.3)
        grown = gates.resident(gate) - before
        good = speak(gate, protocol).status
        for s in held:
            s.close()
        report.check(title, grown <= 300 * 320 and good == 200, f"{grown} KiB for 300, control {good}")
    for protocol, title in cases.each("refused requests: processor time"):
        bad = gate.token(key="evil", header={"kid": "rsa-1"})
        ours, theirs = time.process_time(), gates.processor_time(gate)
        for _ in range(150):
            speak(gate, protocol, token=bad)
            speak(gate, protocol, path="/public/../mcp", token=None)
        ours, theirs = time.process_time() - ours, gates.processor_time(gate) - theirs
        report.check(title, theirs <= 10 * ours, f"{theirs:.2f} s of the gate's for {ours:.2f} s of ours")
    for protocol, title in cases.each("a head bomb of indexed fields is refused, and cheap", ("h2",)):
        before, ours, theirs = gates.resident(gate), time.process_time(), gates.processor_time(gate)
        encoder = h2raw.Encoder()
        first = encoder.encode([("x-bomb", "b" * 3900)], huffman=False)
        statuses = []
        for _ in range(5):
            connection = h2raw.Connection(gate.address, 2)
            connection.streams[1] = h2raw.Stream()
            data = h2raw.Encoder().encode(h2_fields(gate), huffman=False)
            connection.send(h2raw.frame(h2raw.HEADERS, END_STREAM | END_HEADERS, 1, data + first + b"\xbe" * 12000))
            connection.read(lambda c: c.streams[1].ended, 1.5)
            statuses.append((connection.streams[1].status, connection.goaway))
            connection.close()
        grown, ours, theirs = gates.resident(gate) - before, time.process_time() - ours, gates.processor_time(gate) - theirs
        report.check(title, all(s[0] in (0, 431, 400) for s in statuses) and grown < 32 << 10 and theirs <= 10 * ours + 0.2,
                     f"{statuses}, {grown} KiB, {theirs:.2f} s for {ours:.2f} s")
    floods = {"PING": lambda i: h2raw.frame(h2raw.PING, 0, 0, b"%08d" % i),
              "SETTINGS": lambda i: h2raw.frame(h2raw.SETTINGS, 0, 0),
              "empty DATA": lambda i: h2raw.frame(h2raw.DATA, 0, 1),
              "WINDOW_UPDATE of nothing": lambda i: h2raw.frame(h2raw.WINDOW, 0, 0, b"\0\0\0\0")}
    for what, made in floods.items():
        for protocol, title in cases.each(f"a flood of {what} ends the connection, and nothing of it is held", ("h2",)):
            before = gates.resident(gate)
            connection = h2raw.Connection(gate.address, 5)
            connection.request(h2_fields(gate, path="/slow/5/x", method="POST"), end=False)
            block = b"".join(made(i) for i in range(2000))
            sent = 0
            while sent < 32 << 20 and not connection.closed:
                connection.send(block)
                sent += len(block)
                connection.read(lambda c: True, 0.01)
            connection.read(lambda c: False, 3)
            grown = gates.resident(gate) - before
            report.check(title, connection.closed and grown < 16 << 10, f"closed {connection.closed} after {sent >> 10} KiB, {grown} KiB held")
            connection.close()
