// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Reads one HTTP/1.1 answer head from an upstream, as strictly as a request's (RFC 9112 §4, §6.3; defence D20).
public struct ResponseHeadScanner: Sendable {
    public let limits: HeadLimits
    private var position = 0
    private var facts = ResponseFacts()

    public init(limits: HeadLimits = HeadLimits(headBytes: 64 * 1024, fieldCount: 200, lineBytes: 16 * 1024)) {
        self.limits = limits
    }

    /// - Parameter method: the request's method: an answer to HEAD has no body whatever its fields say.
    public mutating func scan(_ bytes: Span<UInt8>, answering method: HTTPMethod, into head: inout ResponseHead)
        -> ScanResult
    {
        do throws(HTTPRefusal) {
            guard try read(bytes, into: &head) else {
                if bytes.count >= limits.headBytes { throw .headTooLarge }
                return .incomplete
            }
            try facts.finish(&head, answering: method)
            position = 0
            facts = ResponseFacts()
            return .complete
        } catch {
            position = 0
            facts = ResponseFacts()
            return .refused(error)
        }
    }

    private mutating func read(_ bytes: Span<UInt8>, into head: inout ResponseHead) throws(HTTPRefusal) -> Bool {
        if position == 0 {
            guard !bytes.isEmpty else { return false }
            head.fields.removeAll(keepingCapacity: true)
            guard let next = try StatusLine.read(bytes, limits: limits, into: &head) else { return false }
            position = next
        }
        while true {
            guard let line = try FieldLine.read(bytes, at: position, limits: limits, allowsUnderscore: true) else {
                return false
            }
            position = line.next
            guard position <= limits.headBytes else { throw .headTooLarge }
            guard let field = line.field else {
                head.headBytes = position
                return true
            }
            guard head.fields.count < limits.fieldCount else { throw .tooManyFields }
            try facts.note(field, bytes)
            head.fields.append(field)
        }
    }
}

/// The status line (RFC 9112 §4): `HTTP-version SP status-code SP [reason] CRLF`; the second space may be missing without a reason.
private enum StatusLine {
    static func read(_ bytes: Span<UInt8>, limits: HeadLimits, into head: inout ResponseHead) throws(HTTPRefusal)
        -> Int?
    {
        guard bytes.begins(with: "HTTP/1.", at: 0) else { throw .versionUnsupported }
        guard bytes.count >= 14 else { return nil }
        switch bytes[7] {
        case UInt8(ascii: "1"): head.version = .http11
        case UInt8(ascii: "0"): head.version = .http10
        default: throw .versionUnsupported
        }
        guard bytes[8] == Octet.space, Octet.isDigit(bytes[9]), Octet.isDigit(bytes[10]), Octet.isDigit(bytes[11])
        else {
            throw .requestLineMalformed
        }
        head.status = Int(bytes[9] - 0x30) * 100 + Int(bytes[10] - 0x30) * 10 + Int(bytes[11] - 0x30)
        guard (100..<600).contains(head.status) else { throw .requestLineMalformed }
        var i = 12
        if bytes[12] == Octet.space {
            i = 13
        } else if bytes[12] != Octet.carriageReturn {
            throw .requestLineMalformed
        }
        let start = i
        while i < bytes.count, bytes[i] != Octet.carriageReturn {
            guard Octet.isFieldValue(bytes[i]) else { throw .requestLineMalformed }
            i += 1
            if i > limits.lineBytes { throw .lineTooLong }
        }
        guard i + 1 < bytes.count else { return nil }
        guard bytes[i + 1] == Octet.lineFeed else { throw .requestLineMalformed }
        head.reasonRange = start..<i
        return i + 2
    }
}

/// What the field lines of an answer say together.
private struct ResponseFacts: Sendable {
    private var contentLength: UInt64?
    private var isChunked = false
    private var closes = false
    private var keepsAlive = false
    private var isEventStream = false
    private var optionCount = 0
    private var seen = Set64()

    /// Fields that say one thing; of two the client might believe the one that the gate did not look at.
    private static let singletons: Set64 = [.contentType, .location, .mcpSessionID]

    mutating func note(_ field: RequestHead.Field, _ bytes: Span<UInt8>) throws(HTTPRefusal) {
        if Self.singletons.contains(field.id), seen.contains(field.id) { throw .fieldRepeated }
        seen.insert(field.id)
        switch field.id {
        case .contentLength:
            guard contentLength == nil else { throw .framingAmbiguous }
            contentLength = try HeadFacts.length(bytes, field.value)
        case .transferEncoding:
            guard !isChunked else { throw .framingAmbiguous }
            guard bytes.equalsIgnoringCase("chunked", at: field.value) else { throw .transferCodingUnsupported }
            isChunked = true
        case .connection:
            var list = TokenList(field.value)
            while let token = try list.next(bytes) {
                optionCount += 1
                guard optionCount <= NominatedFields.mostNames else { throw .fieldValueRefused }
                if bytes.equalsIgnoringCase("close", at: token) { closes = true }
                if bytes.equalsIgnoringCase("keep-alive", at: token) { keepsAlive = true }
            }
        case .contentType:
            var end = field.value.lowerBound
            while end < field.value.upperBound, bytes[end] != UInt8(ascii: ";"), bytes[end] != Octet.space { end += 1 }
            isEventStream = bytes.equalsIgnoringCase("text/event-stream", at: field.value.lowerBound..<end)
        default: break
        }
    }

    func finish(_ head: inout ResponseHead, answering method: HTTPMethod) throws(HTTPRefusal) {
        if isChunked, contentLength != nil || head.version == .http10 { throw .framingAmbiguous }
        head.isEventStream = isEventStream
        head.keepsAlive = head.version == .http11 ? !closes : keepsAlive && !closes
        head.declaredLength = contentLength
        if head.status < 200 || head.status == 204 {
            // None of these has a body or may announce one (RFC 9110 §8.6, RFC 9112 §6.1). Whether octets follow one that does
            // is anybody's guess, so its connection is not used again.
            head.framing = .none
            head.declaredLength = nil
            if isChunked || contentLength ?? 0 > 0 { head.keepsAlive = false }
        } else if method == .head || head.status == 304 {
            head.framing = .none
        } else if isChunked {
            head.framing = .chunked
        } else if let contentLength {
            head.framing = contentLength == 0 ? .none : .length(contentLength)
        } else {
            head.framing = .untilClose
            head.keepsAlive = false
        }
    }
}
