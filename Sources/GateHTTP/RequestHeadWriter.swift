// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Writes the head that goes to the upstream: kept lines as the octets they are, ours after them (decision 5 of the architecture).
///
/// Always HTTP/1.1. Framing is written anew, so that it stands there once and in one spelling.
public enum RequestHeadWriter {
    /// - Parameters:
    ///   - framing: the framing of what follows, when it differs from `head.framing` (a collected body has a length).
    ///   - out: octets are appended.
    public static func write(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ edits: RequestEdits, framing: BodyFraming? = nil,
        into out: inout [UInt8]
    ) {
        out.append(bytes, at: head.methodRange)
        out.append(Octet.space)
        if let path = edits.path {
            out.append(contentsOf: path)
            out.append(bytes, at: head.pathRange.upperBound..<head.targetRange.upperBound)
        } else {
            out.append(bytes, at: head.targetRange)
        }
        out.append(ascii: " HTTP/1.1\r\n")
        if let host = edits.host {
            out.append(ascii: "Host: ")
            out.append(contentsOf: host)
            out.append(ascii: "\r\n")
        }

        let nominated = NominatedFields(head.fields, bytes)
        // Adjacent kept lines are copied in one go.
        var run = 0..<0
        for field in head.fields where keeps(field, edits) && !nominated.contains(field, bytes) {
            if field.id == .cookie, !edits.removedCookies.isEmpty {
                out.append(bytes, at: run)
                run = 0..<0
                CookieLine.write(field, bytes, removing: edits.removedCookies, into: &out)
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

        switch framing ?? head.framing {
        case .none, .untilClose:
            if head.first(.contentLength) != nil || head.framing != .none { out.append(ascii: "Content-Length: 0\r\n") }
        case .length(let length):
            out.append(ascii: "Content-Length: ")
            out.append(decimal: length)
            out.append(ascii: "\r\n")
        case .chunked: out.append(ascii: "Transfer-Encoding: chunked\r\n")
        }
        if edits.allowsUpgrade, head.requestsUpgrade, let upgrade = head.first(.upgrade) {
            out.append(ascii: "Connection: upgrade\r\n")
            out.append(bytes, at: upgrade.line)
        }
        out.append(contentsOf: edits.appendedLines)
        out.append(ascii: "\r\n")
    }

    private static func keeps(_ field: RequestHead.Field, _ edits: RequestEdits) -> Bool {
        switch field.id {
        case .connection, .keepAlive, .te, .trailer, .upgrade, .http2Settings, .proxyConnection, .proxyAuthenticate,
            .proxyAuthorization, .contentLength, .transferEncoding, .expect, .identity, .ambiguousName, .pathOverride,
            .zumoAuth,
            .traceparent,
            .requestID:
            false
        case .host: edits.host == nil
        case .authorization: edits.forwardsAuthorization
        case .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedPrefix,
            .xRealIP:
            !edits.dropsForwarding
        default: true
        }
    }
}

/// `Cookie` and `Set-Cookie` lines without the gate's own cookies (defences D20, D27).
enum CookieLine {
    /// Writes a `Cookie` line without the named pairs, or nothing when none is left.
    static func write(
        _ field: RequestHead.Field, _ bytes: Span<UInt8>, removing names: [String], into out: inout [UInt8]
    ) {
        var kept: [UInt8] = []
        var start = field.value.lowerBound
        while start < field.value.upperBound {
            var end = start
            while end < field.value.upperBound, bytes[end] != UInt8(ascii: ";") { end += 1 }
            var first = start
            while first < end, bytes[first] == Octet.space || bytes[first] == Octet.tab { first += 1 }
            if first < end, !isNamed(first..<end, bytes, names) {
                if !kept.isEmpty { kept.append(ascii: "; ") }
                kept.append(bytes, at: first..<end)
            }
            start = end + 1
        }
        guard !kept.isEmpty else { return }
        out.append(ascii: "Cookie: ")
        out.append(contentsOf: kept)
        out.append(ascii: "\r\n")
    }

    /// True when the pair at `range` has one of the names, or one of them with a number after it (a cookie in parts); a name that ends in a
    /// dot is the beginning of many.
    ///
    /// A pair without a name (`=name=value`) counts as what it is once a browser has sent it back: `name=value`.
    static func isNamed(_ range: Range<Int>, _ bytes: Span<UInt8>, _ names: [String]) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound, isSeparator(bytes[start]) { start += 1 }
        var end = start
        while end < range.upperBound, !isSeparator(bytes[end]), bytes[end] != UInt8(ascii: ";") { end += 1 }
        for name in names {
            let length = name.utf8.count
            guard end - start >= length, bytes.equals(name, at: start..<(start + length)) else { continue }
            if name.utf8.last == UInt8(ascii: ".") { return true }
            var i = start + length
            while i < end, Octet.isDigit(bytes[i]) { i += 1 }
            if i == end { return true }
        }
        return false
    }

    private static func isSeparator(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: "=") || octet == Octet.space || octet == Octet.tab
    }
}
