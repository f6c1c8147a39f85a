// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// The usable keys of a JWK Set document (RFC 7517 §5).
///
/// A key we cannot use is left out and noted, so that a provider adding an encryption key or a new curve does not take
/// the others down. Several keys of one `kid` are all kept.
public struct JWKSet: Sendable {
    /// The keys that can verify signatures, in the document's order.
    public let keys: [JWK]
    /// One line for each key left out and why, for operators.
    public let skipped: [String]

    /// Entries that are looked at; a set that is longer is cut here.
    private static let maximumKeys = 512

    /// Throws ``JOSEError/Code/malformed`` when the document is not a JWK Set; a set without a usable key is fine here.
    public init(parsing bytes: [UInt8]) throws(JOSEError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(bytes, limits: .document)
        } catch {
            throw JOSEError(.malformed, "the key set is not JSON: \(error)")
        }
        guard let object = document.object else { throw JOSEError(.malformed, "the key set is not an object") }
        try self.init(parsing: object)
    }

    public init(parsing document: JSONObject) throws(JOSEError) {
        guard let entries = document["keys"]?.array else {
            throw JOSEError(.malformed, "the key set has no array of keys")
        }
        var keys: [JWK] = []
        var skipped: [String] = []
        for (index, entry) in entries.prefix(Self.maximumKeys).enumerated() {
            do throws(JOSEError) {
                guard let object = entry.object else { throw JOSEError(.keyUnusable, "not an object") }
                let key = try JWK(parsing: object)
                // Anybody can sign with a key whose private half is published.
                guard !key.exposesPrivateKey else { throw JOSEError(.keyUnusable, "its private part is published") }
                keys.append(key)
            } catch {
                skipped.append("key \(index + 1)\(Self.label(entry)): \(error.message)")
            }
        }
        if entries.count > Self.maximumKeys {
            skipped.append("\(entries.count - Self.maximumKeys) keys beyond the first \(Self.maximumKeys)")
        }
        self.keys = keys
        self.skipped = skipped
    }

    public init(keys: [JWK]) {
        self.keys = keys
        skipped = []
    }

    /// ` (kid …)` with what is safe to print.
    private static func label(_ entry: JSONValue) -> String {
        guard let keyID = entry.object?["kid"]?.string else { return "" }
        let printable = keyID.unicodeScalars.prefix(64).filter { (0x21...0x7E).contains($0.value) }
        return " (kid \(String(String.UnicodeScalarView(printable))))"
    }
}
