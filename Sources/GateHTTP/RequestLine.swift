// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The request line (RFC 9112 §3): `method SP target SP HTTP-version CRLF`.
enum RequestLine {
    /// Reads it from the first octet on; nil while its CRLF has not arrived, otherwise where the next line begins.
    static func read(_ bytes: Span<UInt8>, limits: HeadLimits, into head: inout RequestHead) throws(HTTPRefusal) -> Int?
    {
        let count = bytes.count
        var i = 0
        while i < count, Octet.isToken(bytes[i]) { i += 1 }
        guard i < count else { return try waiting(i, limits) }
        guard i > 0, i <= 32, bytes[i] == Octet.space else { throw .requestLineMalformed }
        // Every registered method is in upper case (RFC 9110 §9.1); a server that folds `head` would not end its answer where
        // we see it end.
        for letter in 0..<i where bytes[letter] &- 0x61 < 26 { throw .methodRefused }
        head.methodRange = 0..<i
        head.method = HTTPMethod(bytes, head.methodRange)

        let targetStart = i + 1
        i = targetStart
        var pathEnd = -1
        while i < count, bytes[i] != Octet.space {
            let octet = bytes[i]
            guard octet > 0x20, octet < 0x7F else { throw .targetMalformed }
            if octet == UInt8(ascii: "#") { throw .targetMalformed }
            if octet == UInt8(ascii: "?"), pathEnd < 0 { pathEnd = i }
            i += 1
            if i - targetStart > limits.targetBytes { throw .targetTooLong }
        }
        guard i < count else { return try waiting(i, limits) }
        guard i > targetStart else { throw .requestLineMalformed }
        head.targetRange = targetStart..<i
        head.pathRange = targetStart..<(pathEnd < 0 ? i : pathEnd)

        let version = i + 1
        // "HTTP/1.1" CRLF is ten octets.
        guard bytes.begins(with: "HTTP/1.", at: version) else { throw .versionUnsupported }
        guard count >= version + 10 else { return nil }
        switch bytes[version + 7] {
        case UInt8(ascii: "1"): head.version = .http11
        case UInt8(ascii: "0"): head.version = .http10
        default: throw .versionUnsupported
        }
        guard bytes[version + 8] == Octet.carriageReturn, bytes[version + 9] == Octet.lineFeed else {
            throw .requestLineMalformed
        }
        return version + 10
    }

    private static func waiting(_ length: Int, _ limits: HeadLimits) throws(HTTPRefusal) -> Int? {
        if length > limits.lineBytes { throw .lineTooLong }
        return nil
    }
}

extension HTTPMethod {
    /// Methods are case-sensitive (RFC 9110 §9.1): `get` is `other`.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        switch range.count {
        case 3 where bytes.equals("GET", at: range): self = .get
        case 3 where bytes.equals("PUT", at: range): self = .put
        case 4 where bytes.equals("POST", at: range): self = .post
        case 4 where bytes.equals("HEAD", at: range): self = .head
        case 5 where bytes.equals("PATCH", at: range): self = .patch
        case 5 where bytes.equals("TRACE", at: range): self = .trace
        case 6 where bytes.equals("DELETE", at: range): self = .delete
        case 7 where bytes.equals("OPTIONS", at: range): self = .options
        case 7 where bytes.equals("CONNECT", at: range): self = .connect
        default: self = .other
        }
    }
}
