// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import Testing

/// The property that decides: what the writer makes of an accepted head is accepted, means the same, holds nothing that must
/// not go on, and comes out of the writer again as it is.
enum Rewriting {
    private static let dropped: [FieldID] = [
        .identity, .ambiguousName, .pathOverride, .keepAlive, .te, .trailer, .expect, .proxyConnection,
        .proxyAuthenticate, .proxyAuthorization, .http2Settings, .zumoAuth, .traceparent, .requestID, .forwarded,
        .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedPrefix, .xRealIP,
    ]

    /// Whether the head was accepted.
    @discardableResult
    static func check(_ bytes: [UInt8], _ comment: @autoclosure () -> Comment) -> Bool {
        guard let head = scan(bytes) else { return false }
        var edits = RequestEdits(forwardsAuthorization: true, removedCookies: ["ours"], allowsUpgrade: true)
        // Only HTTP/1.0 comes without; an upstream is told who it is.
        if head.first(.host) == nil { edits.host = Array("inner".utf8) }
        let once = write(head, bytes, edits)
        edits.host = nil
        guard let second = scan(once) else {
            Issue.record(comment())
            return true
        }
        #expect(write(second, once, edits) == once, comment())
        #expect(second.headBytes == once.count && second.version == .http11, comment())
        #expect(second.framing == head.framing && second.method == head.method, comment())
        #expect(once[second.targetRange] == bytes[head.targetRange], comment())
        #expect(second.requestsUpgrade == head.requestsUpgrade, comment())
        #expect(dropped.allSatisfy { second.first($0) == nil }, comment())
        #expect(second.count(.host) == 1, comment())
        #expect(second.count(.contentLength) + second.count(.transferEncoding) <= 1, comment())
        #expect(second.first(.connection) == nil || second.requestsUpgrade, comment())
        return true
    }

    private static func scan(_ bytes: [UInt8]) -> RequestHead? {
        var scanner = RequestHeadScanner()
        var head = RequestHead()
        return scanner.scan(bytes.span, into: &head) == .complete ? head : nil
    }

    private static func write(_ head: RequestHead, _ bytes: [UInt8], _ edits: RequestEdits) -> [UInt8] {
        var out: [UInt8] = []
        RequestHeadWriter.write(head, bytes.span, edits, into: &out)
        return out
    }
}
