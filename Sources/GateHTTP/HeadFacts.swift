// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What the field lines of a request say together: its host, its framing, its connection (RFC 9112 §3.2, §6, §9).
struct HeadFacts: Sendable {
    private var seen: Set64 = Set64()
    private var contentLength: UInt64?
    private var isChunked = false
    private var hasTransferEncoding = false
    private var closes = false
    private var keepsAlive = false
    private var upgrades = false
    private var optionCount = 0
    private var asksForWebSocket = false
    private var expectsContinue = false
    private var host: Range<Int>?

    /// Fields that may stand only once; a second line is refused, even an equal one.
    private static let singletons: Set64 = [
        .host, .contentLength, .transferEncoding, .authorization, .contentType, .origin, .expect, .zumoAuth,
        .mcpSessionID, .mcpProtocolVersion, .mcpMethod, .mcpName, .lastEventID, .traceparent, .requestID,
        .accessControlRequestMethod, .secFetchMode, .secFetchSite, .proxyAuthorization, .http2Settings, .upgrade,
        .xForwardedProto, .xForwardedHost, .xForwardedPort,
    ]

    mutating func note(_ field: RequestHead.Field, _ bytes: Span<UInt8>, sawBefore head: RequestHead)
        throws(HTTPRefusal)
    {
        if field.id == .other { return }
        if Self.singletons.contains(field.id), seen.contains(field.id) {
            switch field.id {
            case .host: throw .hostRepeated
            case .contentLength, .transferEncoding: throw .framingAmbiguous
            case .authorization: throw .credentialRepeated
            default: throw .fieldRepeated
            }
        }
        seen.insert(field.id)
        switch field.id {
        case .host: host = field.value
        case .contentLength: contentLength = try Self.length(bytes, field.value)
        case .transferEncoding:
            hasTransferEncoding = true
            guard bytes.equalsIgnoringCase("chunked", at: field.value) else { throw .transferCodingUnsupported }
            isChunked = true
        case .connection: try noteConnection(bytes, field.value)
        case .upgrade: asksForWebSocket = bytes.equalsIgnoringCase("websocket", at: field.value)
        case .expect:
            guard bytes.equalsIgnoringCase("100-continue", at: field.value) else { throw .expectationUnknown }
            expectsContinue = true
        default: break
        }
    }

    mutating func finish(_ head: inout RequestHead, _ bytes: Span<UInt8>) throws(HTTPRefusal) {
        guard head.method != .connect, head.method != .trace else { throw .methodRefused }
        if hasTransferEncoding {
            guard contentLength == nil, head.version == .http11 else { throw .framingAmbiguous }
            head.framing = .chunked
        } else if let contentLength {
            head.framing = contentLength == 0 ? .none : .length(contentLength)
        } else {
            head.framing = .none
        }
        if let host {
            guard HostField.isValid(bytes, host) else { throw .hostMalformed }
        } else if head.version == .http11 {
            throw .hostMissing
        }
        head.keepsAlive = head.version == .http11 ? !closes : keepsAlive && !closes
        head.expectsContinue = expectsContinue && head.version == .http11
        // Another protocol is ignored, as it may be (RFC 9110 §7.8): h2c would open a way round the gate.
        head.requestsUpgrade =
            upgrades && asksForWebSocket && head.version == .http11 && head.method == .get && head.framing == .none
        try RequestTarget.reduce(&head, bytes, host: host)
    }

    private mutating func noteConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(HTTPRefusal) {
        var list = TokenList(value)
        while let token = try list.next(bytes) {
            optionCount += 1
            guard optionCount <= NominatedFields.mostNames else { throw .fieldValueRefused }
            if bytes.equalsIgnoringCase("close", at: token) { closes = true }
            if bytes.equalsIgnoringCase("keep-alive", at: token) { keepsAlive = true }
            if bytes.equalsIgnoringCase("upgrade", at: token) { upgrades = true }
        }
    }

    /// 1*DIGIT that an `Int64` holds (RFC 9112 §6.2); a list of equal values is refused too.
    static func length(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) -> UInt64 {
        guard !range.isEmpty, range.count <= 19 else { throw .contentLengthMalformed }
        var value: UInt64 = 0
        for i in range {
            guard Octet.isDigit(bytes[i]) else { throw .contentLengthMalformed }
            value = value * 10 + UInt64(bytes[i] - 0x30)
        }
        guard value <= UInt64(Int64.max) else { throw .contentLengthMalformed }
        return value
    }
}

/// A set of field ids in one word.
struct Set64: Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt64 = 0
    init() {}
    init(arrayLiteral elements: FieldID...) { for element in elements { insert(element) } }
    func contains(_ id: FieldID) -> Bool { bits & (1 << UInt64(id.rawValue)) != 0 }
    mutating func insert(_ id: FieldID) { bits |= 1 << UInt64(id.rawValue) }
}
