"""A raw HTTP/2 client (RFC 9113): sends whatever header list and frames it is told to, well-formed or not."""
import socket, ssl, struct, time
from hpack import Decoder, Encoder

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Stream:
    def __init__(self):
        self.status, self.headers, self.trailers, self.body, self.ended, self.reset = 0, [], [], b"", False, None


class Connection:
    def __init__(self, address, timeout=5.0, tls=None):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        self.encoder, self.decoder = Encoder(), Decoder()
        self.streams, self.buffer, self.closed, self.goaway, self.next = {}, b"", False, None, 1
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            self.closed = True

    def request(self, headers, body=None, trailers=None, end=True):
        """Opens a stream with exactly these (name, value) pairs, in this order, and returns its number."""
        number, self.next = self.next, self.next + 2
        self.streams[number] = Stream()
        block = self.encoder.encode([(n, v) for n, v in headers], huffman=False)
        last = body is None and trailers is None and end
        pieces = [block[i:i + 16000] for i in range(0, len(block), 16000)] or [b""]
        for i, piece in enumerate(pieces):
            flags = 0x4 if i == len(pieces) - 1 else 0
            self.send(frame(CONTINUATION if i else HEADERS, flags | (0x1 if last and not i else 0), number, piece))
        if body is not None:
            self.send(frame(DATA, 0x1 if trailers is None and end else 0, number, body))
        if trailers is not None:
            self.send(frame(HEADERS, 0x5, number, self.encoder.encode(trailers, huffman=False)))
        return number

    def read(self, until, timeout=5.0):
        """Reads frames until `until(self)` is true, the peer closes, or time is up."""
        end = time.time() + timeout
        while time.time() < end and not self.closed and not until(self):
            self.socket.settimeout(max(0.01, min(0.2, end - time.time())))
            try:
                data = self.socket.recv(65536)
            except (socket.timeout, ssl.SSLWantReadError):
                continue
            except OSError:
                self.closed = True
                break
            if not data:
                self.closed = True
            self.buffer += data
            self._frames()
        return until(self)

    def _frames(self):
        while len(self.buffer) >= 9:
            length = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + length:
                return
            kind, flags = self.buffer[3], self.buffer[4]
            number = int.from_bytes(self.buffer[5:9], "big") & 0x7FFFFFFF
            payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
            stream = self.streams.get(number)
            if kind == SETTINGS and not flags & 1:
                self.send(frame(SETTINGS, 1, 0))
            elif kind == PING and not flags & 1:
                self.send(frame(PING, 1, 0, payload))
            elif kind == GOAWAY:
                self.goaway = int.from_bytes(payload[4:8], "big")
            elif kind == HEADERS and stream:
                fields = [(n if isinstance(n, str) else n.decode("latin-1"), v if isinstance(v, str) else v.decode("latin-1"))
                          for n, v in self.decoder.decode(payload, raw=True)]
                status = dict(fields).get(":status")
                if status and not status.startswith("1"):
                    stream.status, stream.headers = int(status), [f for f in fields if not f[0].startswith(":")]
                elif not status:
                    stream.trailers = fields
                stream.ended |= bool(flags & 1)
            elif kind == DATA and stream:
                stream.body += payload
                stream.ended |= bool(flags & 1)
                if payload:
                    self.send(frame(WINDOW, 0, 0, struct.pack(">I", len(payload))))
                    self.send(frame(WINDOW, 0, number, struct.pack(">I", len(payload))))
            elif kind == RST and stream:
                stream.reset, stream.ended = int.from_bytes(payload[:4], "big"), True

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


def exchange(address, headers, body=None, trailers=None, timeout=5.0):
    """One request on a connection of its own; returns its Stream."""
    connection = Connection(address, timeout)
    number = connection.request(headers, body, trailers)
    connection.read(lambda c: c.streams[number].ended, timeout)
    stream = connection.streams[number]
    stream.goaway, stream.closed = connection.goaway, connection.closed
    connection.close()
    return stream
