// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The last resort against secrets in log lines: recognises what looks like one and leaves it out.
///
/// Nothing may rely on it; whoever logs a secret has a bug. It runs in every log handler, over messages and metadata.
package enum Redaction {
    package static let placeholder = "[redacted]"

    /// Whether a metadata key names something that is secret whatever its value looks like.
    package static func isSecretKey(_ key: String) -> Bool {
        let last = key.utf8.lastIndex(of: UInt8(ascii: ".")).map { key[key.index(after: $0)...] } ?? key[...]
        return secretNames.contains(last.lowercased().replacingHyphens())
    }

    /// The text without bearer tokens, JSON Web Tokens, cookies, and values of parameters whose names are secret.
    package static func redact(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var scanner = Scanner(bytes: bytes)
        scanner.run()
        guard scanner.found else { return text }
        return String(decoding: scanner.out, as: UTF8.self)
    }

    /// Lower-case with `_`; the value after `=` or `:` is left out.
    fileprivate static let secretNames: Set<String> = [
        "secret", "client_secret", "password", "passwd", "access_token", "refresh_token", "id_token", "token",
        "code_verifier", "assertion", "client_assertion", "subject_token", "actor_token", "api_key", "apikey",
        "authorization", "proxy_authorization", "cookie", "set_cookie", "x_zumo_auth", "private_key",
    ]

    /// Secret only as a query parameter (after `?` or `&`): elsewhere the word means an error's number.
    fileprivate static let secretParameters: Set<String> = ["code", "state", "ticket", "sig"]

    /// Their values hold spaces and semicolons, so they end with the line.
    fileprivate static let lineNames: Set<String> = ["cookie", "set_cookie", "authorization", "proxy_authorization"]

    fileprivate static let schemes: Set<String> = ["bearer", "basic", "dpop", "negotiate"]
}

/// One pass over a text, word by word.
private struct Scanner {
    let bytes: [UInt8]
    var out: [UInt8] = []
    var found = false
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() {
        out.reserveCapacity(bytes.count)
        while position < bytes.count {
            guard Self.isWord(bytes[position]) else {
                out.append(bytes[position])
                position += 1
                continue
            }
            let start = position
            while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
            word(start..<position)
        }
    }

    private mutating func word(_ range: Range<Int>) {
        if isJWT(range) { return replace() }
        out.append(contentsOf: bytes[range])
        guard range.count <= 32 else { return }
        let name = String(decoding: bytes[range], as: UTF8.self).lowercased().replacingHyphens()
        if Redaction.schemes.contains(name), let credential = credential(after: range.upperBound) {
            out.append(UInt8(ascii: " "))
            position = credential.upperBound
            return replace()
        }
        let isParameter = range.lowerBound > 0 && "?&".utf8.contains(bytes[range.lowerBound - 1])
        guard Redaction.secretNames.contains(name) || isParameter && Redaction.secretParameters.contains(name) else {
            return
        }
        value(of: name)
    }

    /// `eyJ…`, alone or with dotted parts: base64url of a JSON object's beginning.
    private func isJWT(_ range: Range<Int>) -> Bool {
        guard range.count >= 20 else { return false }
        return bytes[range.lowerBound] == UInt8(ascii: "e") && bytes[range.lowerBound + 1] == UInt8(ascii: "y")
            && bytes[range.lowerBound + 2] == UInt8(ascii: "J")
    }

    /// What follows a scheme name: one run without spaces of at least eight octets that is not a parameter.
    private func credential(after end: Int) -> Range<Int>? {
        guard end < bytes.count, bytes[end] == UInt8(ascii: " ") else { return nil }
        var upper = end + 1
        while upper < bytes.count, Self.isToken68(bytes[upper]) { upper += 1 }
        // `Bearer error="…"` is a challenge: its parameter's name is followed by a quoted string.
        guard upper - end > 8, upper == bytes.count || bytes[upper] != UInt8(ascii: "\"") else { return nil }
        return end + 1..<upper
    }

    /// After a secret name: `=value`, `: value`, `"name":"value"`.
    private mutating func value(of name: String) {
        var index = position
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") { index += 1 }
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") || bytes[index] == UInt8(ascii: ":") else {
            return
        }
        index += 1
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
        var end = index
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            index += 1
            end = index
            while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            end = min(end, bytes.count)
        } else if Redaction.lineNames.contains(name) {
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
        } else {
            while end < bytes.count, !Self.endsValue(bytes[end]) { end += 1 }
        }
        guard end > index else { return }
        out.append(contentsOf: bytes[position..<index])
        position = end
        replace()
    }

    private mutating func replace() {
        out.append(contentsOf: Redaction.placeholder.utf8)
        found = true
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isToken68(_ byte: UInt8) -> Bool { isWord(byte) || "~+/=".utf8.contains(byte) }

    private static func endsValue(_ byte: UInt8) -> Bool { byte <= 0x20 || "&\"',;)]}>".utf8.contains(byte) }
}

extension StringProtocol {
    fileprivate func replacingHyphens() -> String { String(map { $0 == "-" ? "_" : $0 }) }
}
