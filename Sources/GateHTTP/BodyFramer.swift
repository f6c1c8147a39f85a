// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Finds the end of a message body in a stream of octets and says which of them to pass on (RFC 9112 §6, §7.1; D11, D12).
///
/// In the chunked coding sizes are hexadecimal digits only, every line ends in CRLF, extensions are dropped (and bounded), and
/// trailers are dropped unless asked for, so that what is passed on can be read in one way only.
public struct BodyFramer: Sendable {
    /// What to pass on.
    public enum Piece: Sendable, Equatable {
        /// These octets of the input, as they are.
        case input(Range<Int>)
        /// These octets instead.
        case made([UInt8])
    }

    public enum Output: Sendable {
        /// A body in the same coding.
        case framed
        /// The content alone, without the chunked coding.
        case content
    }

    private enum State: Sendable, Equatable {
        case size, sizeEnd, extensions, quoted, quotedPair, data(UInt64), dataCR, dataLF, trailers, complete
    }

    private static let extensionBytes = 256
    private static let trailerBytes = 8 * 1024
    private static let trailerLimits = HeadLimits(headBytes: trailerBytes, fieldCount: 32, lineBytes: trailerBytes)

    private var state: State
    private let output: Output
    private let keepsTrailers: Bool
    private let isChunked: Bool
    private let endsWithConnection: Bool
    private var size: UInt64 = 0
    private var digits = 0
    private var skipped = 0
    private var trailerOctets: [UInt8] = []
    /// Where the trailer line begins that is not complete yet.
    private var trailerStart = 0
    private var trailerCount = 0

    /// - Parameter keepsTrailers: passes on trailer fields that may stand there (RFC 9110 §6.5.1); only sensible for answers.
    public init(_ framing: BodyFraming, output: Output = .framed, keepsTrailers: Bool = false) {
        self.output = output
        self.keepsTrailers = keepsTrailers
        isChunked = framing == .chunked
        endsWithConnection = framing == .untilClose
        state =
            switch framing {
            case .none: .complete
            case .length(let length): length == 0 ? .complete : .data(length)
            case .chunked: .size
            case .untilClose: .data(.max)
            }
    }

    public var isComplete: Bool { state == .complete }

    /// Where a chunked body may be ended in the sender's place: a chunk is over and nothing of the next has come.
    public var isBetweenChunks: Bool { state == .size && digits == 0 }

    /// The connection ended: whether that ends this body rightly.
    public var mayEndHere: Bool { state == .complete || endsWithConnection }

    /// The trailer lines that may be passed on, each with its CRLF, once the body is complete.
    public private(set) var trailers: [UInt8] = []

    /// Takes octets of the body from the start of `bytes`.
    ///
    /// - Returns: how many belong to this body; fewer than all only when the body is complete.
    public mutating func consume(_ bytes: Span<UInt8>, emit: (Piece) -> Void) throws(HTTPRefusal) -> Int {
        guard isChunked else { return plain(bytes, emit) }
        var i = 0
        // Adjacent octets that go on as they are become one piece.
        var pending = 0..<0
        func pass(_ range: Range<Int>) {
            if pending.isEmpty {
                pending = range
            } else if pending.upperBound == range.lowerBound {
                pending = pending.lowerBound..<range.upperBound
            } else {
                emit(.input(pending))
                pending = range
            }
        }
        let framed = output == .framed
        while i < bytes.count, state != .complete {
            let octet = bytes[i]
            switch state {
            case .size:
                if let digit = Octet.hexValue(octet) {
                    guard digits < 15 else { throw .chunkMalformed }
                    size = size << 4 | UInt64(digit)
                    digits += 1
                    if framed { pass(i..<(i + 1)) }
                } else if digits > 0, octet == Octet.carriageReturn {
                    state = .sizeEnd
                    if framed { pass(i..<(i + 1)) }
                } else if digits > 0, octet == UInt8(ascii: ";") {
                    state = .extensions
                    skipped = 0
                } else {
                    throw .chunkMalformed
                }
                i += 1
            case .extensions:
                if octet == Octet.carriageReturn {
                    guard skipped > 0 else { throw .chunkMalformed }
                    state = .sizeEnd
                    if framed { pass(i..<(i + 1)) }
                } else {
                    try skip(octet)
                }
                i += 1
            case .quoted, .quotedPair:
                try skip(octet)
                i += 1
            case .sizeEnd:
                guard octet == Octet.lineFeed else { throw .chunkMalformed }
                if framed { pass(i..<(i + 1)) }
                i += 1
                state = size == 0 ? .trailers : .data(size)
                size = 0
                digits = 0
            case .data(let remaining):
                let count = Int(min(UInt64(bytes.count - i), remaining))
                pass(i..<(i + count))
                i += count
                state = remaining == UInt64(count) ? .dataCR : .data(remaining - UInt64(count))
            case .dataCR:
                guard octet == Octet.carriageReturn else { throw .chunkMalformed }
                if framed { pass(i..<(i + 1)) }
                i += 1
                state = .dataLF
            case .dataLF:
                guard octet == Octet.lineFeed else { throw .chunkMalformed }
                if framed { pass(i..<(i + 1)) }
                i += 1
                state = .size
            case .trailers:
                i += 1
                if trailerOctets.last == Octet.carriageReturn, octet != Octet.lineFeed { throw .chunkMalformed }
                trailerOctets.append(octet)
                guard trailerOctets.count <= Self.trailerBytes else { throw .trailersTooLarge }
                if octet == Octet.lineFeed, try readTrailer() { state = .complete }
            case .complete: break
            }
        }
        if !pending.isEmpty { emit(.input(pending)) }
        if state == .complete, framed { emit(.made(trailers + [Octet.carriageReturn, Octet.lineFeed])) }
        return i
    }

    /// One octet of a chunk extension: a name, or a value that may be quoted (RFC 9112 §7.1.1).
    private mutating func skip(_ octet: UInt8) throws(HTTPRefusal) {
        skipped += 1
        guard skipped <= Self.extensionBytes, Octet.isFieldValue(octet) else { throw .chunkMalformed }
        switch (state, octet) {
        case (.quoted, UInt8(ascii: "\"")), (.quotedPair, _):
            state = state == .quoted ? .extensions : .quoted
        case (.quoted, UInt8(ascii: "\\")): state = .quotedPair
        case (.quoted, _): break
        case (_, UInt8(ascii: "\"")): state = .quoted
        case (_, UInt8(ascii: ";")), (_, UInt8(ascii: "=")), (_, Octet.space), (_, Octet.tab): break
        default: guard Octet.isToken(octet) else { throw .chunkMalformed }
        }
    }

    private mutating func plain(_ bytes: Span<UInt8>, _ emit: (Piece) -> Void) -> Int {
        guard case .data(let remaining) = state else { return 0 }
        let count = Int(min(UInt64(bytes.count), remaining))
        if count > 0 { emit(.input(0..<count)) }
        if !endsWithConnection { state = remaining == UInt64(count) ? .complete : .data(remaining - UInt64(count)) }
        return count
    }

    /// Reads the line that is complete now and keeps it if it may go on; true when it is the empty one.
    private mutating func readTrailer() throws(HTTPRefusal) -> Bool {
        guard
            let line = try FieldLine.read(
                trailerOctets.span, at: trailerStart, limits: Self.trailerLimits, allowsUnderscore: keepsTrailers),
            line.next == trailerOctets.count
        else { throw .chunkMalformed }
        trailerStart = line.next
        guard let field = line.field else { return true }
        trailerCount += 1
        guard trailerCount <= Self.trailerLimits.fieldCount else { throw .trailersTooLarge }
        if keepsTrailers, field.id == .other { trailers.append(contentsOf: trailerOctets[field.line]) }
        return false
    }
}
