// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A request's place in a distributed trace: the W3C Trace Context field `traceparent`.
///
/// Invalid fields are ignored as a whole, and then `tracestate` must be dropped with them (Trace Context §3.2.2.3, §3.3).
package struct TraceContext: Sendable, Hashable {
    /// 128 bits, never all zero.
    package let traceIDHigh: UInt64
    package let traceIDLow: UInt64
    /// `parent-id`: the caller's span when read, ours when written; never zero.
    package let parentID: UInt64
    /// `trace-flags`; bit 0 is *sampled*.
    package let flags: UInt8

    private init(traceIDHigh: UInt64, traceIDLow: UInt64, parentID: UInt64, flags: UInt8) {
        self.traceIDHigh = traceIDHigh
        self.traceIDLow = traceIDLow
        self.parentID = parentID
        self.flags = flags
    }

    /// Reads a `traceparent` value: lower-case digits only, no surrounding space, no all-zero identifier.
    ///
    /// Version `ff` is refused; later versions are read by their first four parts (Trace Context §4.3).
    package init?(parsing value: Span<UInt8>) {
        guard value.count >= 55 else { return nil }
        let dash = UInt8(ascii: "-")
        guard value[2] == dash, value[35] == dash, value[52] == dash,
            let version = Hexadecimal.read(value, from: 0, digits: 2), version != 0xFF,
            let high = Hexadecimal.read(value, from: 3, digits: 16),
            let low = Hexadecimal.read(value, from: 19, digits: 16), high != 0 || low != 0,
            let parent = Hexadecimal.read(value, from: 36, digits: 16), parent != 0,
            let flags = Hexadecimal.read(value, from: 53, digits: 2)
        else { return nil }
        if value.count > 55 {
            guard version != 0, value[55] == dash else { return nil }
        }
        // Of the flags of a version that is not known, only *sampled* may be used (Trace Context §4.3).
        self.init(
            traceIDHigh: high, traceIDLow: low, parentID: parent,
            flags: UInt8(truncatingIfNeeded: version == 0 ? flags : flags & 0x01))
    }

    /// A trace that begins here, named like the request; not sampled, since nothing here records spans.
    package static func make(for request: RequestID = .make()) -> TraceContext {
        TraceContext(
            traceIDHigh: request.high, traceIDLow: request.low, parentID: IdentifierSource.shared.next().low, flags: 0)
    }

    /// The same trace with a span of our own as parent, for the request that goes on.
    package func continued() -> TraceContext {
        TraceContext(
            traceIDHigh: traceIDHigh, traceIDLow: traceIDLow, parentID: IdentifierSource.shared.next().low,
            flags: flags)
    }

    /// 32 lower-case hexadecimal digits.
    package var traceID: String { RequestID(high: traceIDHigh, low: traceIDLow).hex }

    /// Appends ``traceID`` as ASCII octets.
    package func appendTraceID(to bytes: inout [UInt8]) {
        Hexadecimal.append(traceIDHigh, to: &bytes)
        Hexadecimal.append(traceIDLow, to: &bytes)
    }

    /// The field value in version 00: 55 octets.
    package var traceparent: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(55)
        appendTraceparent(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``traceparent`` as ASCII octets.
    package func appendTraceparent(to bytes: inout [UInt8]) {
        let dash = UInt8(ascii: "-")
        Hexadecimal.append(UInt8(0), to: &bytes)
        bytes.append(dash)
        appendTraceID(to: &bytes)
        bytes.append(dash)
        Hexadecimal.append(parentID, to: &bytes)
        bytes.append(dash)
        Hexadecimal.append(flags, to: &bytes)
    }
}
