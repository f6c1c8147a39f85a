// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import NIOHPACK

/// Writes an HTTP/2 request's field section as an HTTP/1.1 head (RFC 9113 §8.3.1), or refuses it as malformed.
enum HTTP2RequestHead {
    struct Written {
        var octets: [UInt8]
        var method: HTTPMethod
        /// The body has no stated length and goes on in chunks.
        var isChunked: Bool
    }

    static func write(_ headers: HPACKHeaders, endsStream: Bool) -> Written? {
        var method: String?
        var scheme: String?
        var path: String?
        var authority: String?
        var host: String?
        var contentLength: String?
        var cookies: [String] = []
        var fields: [(String, String)] = []
        for (name, value, _) in headers {
            guard isFieldValue(value) else { return nil }
            if name.hasPrefix(":") {
                // Pseudo-fields stand first, once each (§8.3).
                guard fields.isEmpty, cookies.isEmpty, host == nil, contentLength == nil else { return nil }
                switch name {
                case ":method" where method == nil: method = value
                case ":scheme" where scheme == nil: scheme = value
                case ":path" where path == nil: path = value
                case ":authority" where authority == nil: authority = value
                default: return nil
                }
                continue
            }
            guard isFieldName(name) else { return nil }
            switch name {
            case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings":
                return nil
            case "te":
                guard value == "trailers" else { return nil }
            case "host":
                guard host == nil else { return nil }
                host = value
            case "content-length":
                guard contentLength == nil, !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    return nil
                }
                contentLength = value
            case "cookie": cookies.append(value)
            default: fields.append((name, value))
            }
        }
        guard let method, let path, scheme == "http" || scheme == "https", isToken(method), isTarget(path) else {
            return nil
        }
        guard method != "CONNECT", path.hasPrefix("/") || (path == "*" && method == "OPTIONS") else { return nil }
        if let host, let authority, host.lowercased() != authority.lowercased() { return nil }
        guard let authority = authority ?? host, !authority.isEmpty else { return nil }
        if endsStream, let contentLength, Int(contentLength) != 0 { return nil }

        var out: [UInt8] = []
        out.reserveCapacity(1_024)
        out.append(ascii: "\(method) \(path) HTTP/1.1\r\nhost: \(authority)\r\n")
        for (name, value) in fields { append(name, value, to: &out) }
        if !cookies.isEmpty { append("cookie", cookies.joined(separator: "; "), to: &out) }
        var isChunked = false
        if let contentLength {
            append("content-length", contentLength, to: &out)
        } else if !endsStream {
            append("transfer-encoding", "chunked", to: &out)
            isChunked = true
        }
        out.append(ascii: "\r\n")
        let known: HTTPMethod = method == "HEAD" ? .head : method == "GET" ? .get : .other
        return Written(octets: out, method: known, isChunked: isChunked)
    }

    private static func append(_ name: String, _ value: String, to out: inout [UInt8]) {
        out.append(ascii: name)
        out.append(ascii: ": ")
        out.append(ascii: value)
        out.append(ascii: "\r\n")
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
