// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Writes the answer head that goes to the client: the upstream's lines as they are, but for those of the connection and of the gate.
public enum ResponseHeadWriter {
    /// - Parameters:
    ///   - framing: how the body goes on to the client; `.untilClose` also closes the connection.
    ///   - keepsAlive: whether the client's connection stays open after this answer.
    ///   - out: octets are appended.
    public static func write(
        _ head: ResponseHead, _ bytes: Span<UInt8>, _ edits: ResponseEdits, framing: BodyFraming, keepsAlive: Bool,
        clientVersion: RequestHead.Version = .http11, into out: inout [UInt8]
    ) {
        out.append(ascii: "HTTP/1.1 ")
        out.append(decimal: UInt64(head.status))
        out.append(Octet.space)
        out.append(bytes, at: head.reasonRange)
        out.append(ascii: "\r\n")

        let nominated = NominatedFields(head.fields, bytes)
        var run = 0..<0
        for field in head.fields where keeps(field, head, bytes, edits) && !nominated.contains(field, bytes) {
            if field.id == .contentLength {
                guard let length = head.declaredLength, framing != .chunked, framing != .untilClose else { continue }
                out.append(bytes, at: run)
                run = 0..<0
                out.append(ascii: "Content-Length: ")
                out.append(decimal: length)
                out.append(ascii: "\r\n")
                continue
            }
            let line = field.line
            if run.upperBound == line.lowerBound, !run.isEmpty {
                run = run.lowerBound..<line.upperBound
            } else {
                if !run.isEmpty { out.append(bytes, at: run) }
                run = line
            }
        }
        if !run.isEmpty { out.append(bytes, at: run) }
        out.append(contentsOf: edits.appendedLines)

        if head.status == 101 {
            out.append(ascii: "Connection: upgrade\r\n")
            if let upgrade = head.first(.upgrade) { out.append(bytes, at: upgrade.line) }
        } else if head.status >= 200 {
            if framing == .chunked { out.append(ascii: "Transfer-Encoding: chunked\r\n") }
            if !keepsAlive || framing == .untilClose {
                out.append(ascii: "Connection: close\r\n")
            } else if clientVersion == .http10 {
                out.append(ascii: "Connection: keep-alive\r\n")
            }
        }
        out.append(ascii: "\r\n")
    }

    private static func keeps(
        _ field: RequestHead.Field, _ head: ResponseHead, _ bytes: Span<UInt8>, _ edits: ResponseEdits
    ) -> Bool {
        switch field.id {
        case .connection, .keepAlive, .te, .trailer, .upgrade, .http2Settings, .proxyConnection, .proxyAuthenticate,
            .proxyAuthorization, .transferEncoding,
            // Ours is among the lines added.
            .requestID:
            false
        case .accessControlAnswer: !edits.dropsAccessControl
        case .wwwAuthenticate: !edits.dropsChallenges
        case .setCookie: edits.removedCookies.isEmpty || !CookieLine.isNamed(field.value, bytes, edits.removedCookies)
        default: true
        }
    }
}
