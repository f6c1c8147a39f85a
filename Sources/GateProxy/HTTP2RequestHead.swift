// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import NIOHPACK

/// A request's field section in HTTP/2, read strictly and written as an HTTP/1.1 head (RFC 9113 §8.2, §8.3.1).
///
/// Everything that has a meaning of its own in HTTP/1.1 is refused or checked here; what is written then goes through
/// ``RequestHeadScanner`` like any other head.
struct HTTP2RequestHead {
    /// The HTTP/1.1 head.
    private(set) var octets: [UInt8] = []
    private(set) var method = HTTPMethod.other
    /// Nil when none was given: a body then goes on in chunks.
    private(set) var contentLength: Int?

    private var pseudo = Pseudo()
    private var host: String?
    private var cookies: [String] = []
    private var lines: [UInt8] = []

    private struct Pseudo {
        var method: String?
        var scheme: String?
        var path: String?
        var authority: String?
    }

    /// - Throws: why the section is malformed.
    static func write(_ headers: HPACKHeaders, endsStream: Bool) throws(HTTPRefusal) -> HTTP2RequestHead {
        var head = HTTP2RequestHead()
        head.lines.reserveCapacity(1_024)
        var sawField = false
        for (name, value, _) in headers {
            guard isFieldValue(value) else { throw .fieldValueRefused }
            if name.utf8.first == UInt8(ascii: ":") {
                // Pseudo-fields stand first, once each (§8.3).
                guard !sawField else { throw .requestLineMalformed }
                try head.notePseudo(name, value)
            } else {
                sawField = true
                try head.note(name, value)
            }
        }
        try head.finish(endsStream: endsStream)
        return head
    }

    private mutating func notePseudo(_ name: String, _ value: String) throws(HTTPRefusal) {
        switch name {
        case ":method" where pseudo.method == nil: pseudo.method = value
        case ":scheme" where pseudo.scheme == nil: pseudo.scheme = value
        case ":path" where pseudo.path == nil: pseudo.path = value
        case ":authority" where pseudo.authority == nil: pseudo.authority = value
        default: throw .requestLineMalformed
        }
    }

    private mutating func note(_ name: String, _ value: String) throws(HTTPRefusal) {
        guard Self.isFieldName(name) else { throw .fieldNameRefused }
        switch name {
        case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings":
            throw .fieldNameRefused
        case "te":
            guard value == "trailers" else { throw .fieldValueRefused }
        case "host":
            guard host == nil else { throw .hostRepeated }
            host = value
        case "content-length":
            guard contentLength == nil, !value.isEmpty, value.utf8.count <= 18,
                value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(value)
            else { throw .contentLengthMalformed }
            contentLength = length
        // Crumbs of one cookie field (§8.2.3).
        case "cookie": cookies.append(value)
        default: append(name, value)
        }
    }

    private mutating func finish(endsStream: Bool) throws(HTTPRefusal) {
        guard let method = pseudo.method, Self.isToken(method), let path = pseudo.path, Self.isTarget(path),
            pseudo.scheme == "http" || pseudo.scheme == "https"
        else { throw .requestLineMalformed }
        guard method != "CONNECT" else { throw .methodRefused }
        guard path.utf8.first == UInt8(ascii: "/") || (path == "*" && method == "OPTIONS") else {
            throw .targetMalformed
        }
        if let host, let authority = pseudo.authority, host.lowercased() != authority.lowercased() {
            throw .hostRepeated
        }
        guard let authority = pseudo.authority ?? host, !authority.isEmpty else { throw .hostMissing }
        if endsStream, let contentLength, contentLength != 0 { throw .contentLengthMalformed }

        self.method = method == "HEAD" ? .head : method == "GET" ? .get : .other
        octets.reserveCapacity(lines.count + path.utf8.count + 256)
        octets.append(ascii: method)
        octets.append(ascii: " ")
        octets.append(ascii: path)
        octets.append(ascii: " HTTP/1.1\r\nhost: ")
        octets.append(ascii: authority)
        octets.append(ascii: "\r\n")
        if !cookies.isEmpty { append("cookie", cookies.joined(separator: "; ")) }
        octets.append(contentsOf: lines)
        if let contentLength {
            octets.append(ascii: "content-length: \(contentLength)\r\n")
        } else if !endsStream {
            octets.append(ascii: "transfer-encoding: chunked\r\n")
        }
        octets.append(ascii: "\r\n")
    }

    private mutating func append(_ name: String, _ value: String) {
        lines.append(ascii: name)
        lines.append(ascii: ": ")
        lines.append(ascii: value)
        lines.append(ascii: "\r\n")
    }

    /// Lower-case token (§8.2.1).
    private static func isFieldName(_ text: String) -> Bool {
        isToken(text) && !text.utf8.contains { (0x41...0x5A).contains($0) }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x7C, 0x7E: true
                default: false
                }
            }
    }

    /// No controls, and no white space at either end (§8.2.1).
    private static func isFieldValue(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        guard first != 0x20, first != 0x09, last != 0x20, last != 0x09 else { return false }
        return text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }

    private static func isTarget(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }
    }
}
