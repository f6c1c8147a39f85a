// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// A signed JWT in compact serialisation, taken apart but not yet verified (RFC 7515 §7.1, RFC 7519 §7.2).
///
/// Exactly three non-empty parts of canonical base64url, at most 16 KiB; header and payload are one JSON object each.
/// Whatever can be read in two ways is refused, so that no other reader of the token can see another one.
public struct JWSCompact: Sendable {
    /// Octets of the longest token that is looked at.
    public static let maximumBytes = 16 * 1_024

    public var header: JWSHeader { parts.header }
    /// The claims set; not to be believed before ``JWSVerifier/verify(_:)-(JWSCompact)`` has succeeded.
    public let payload: JSONObject
    /// The octets that are signed: the first two parts with the dot between them.
    public var signingInput: [UInt8] { parts.signingInput }
    public var signature: [UInt8] { parts.signature }

    let parts: JWSParts

    public init(parsing token: [UInt8]) throws(JOSEError) {
        try self.init(parsing: token.span)
    }

    public init(parsing token: Span<UInt8>) throws(JOSEError) {
        parts = try JWSParts(parsing: token)
        payload = try JWSParts.object(parts.payload, "the payload")
    }
}

/// A compact JWS whose payload is any octets.
package struct JWSParts: Sendable {
    package let header: JWSHeader
    package let payload: [UInt8]
    package let signingInput: [UInt8]
    package let signature: [UInt8]

    package init(parsing token: Span<UInt8>) throws(JOSEError) {
        guard token.count <= JWSCompact.maximumBytes else {
            throw JOSEError(.malformed, "the token is longer than \(JWSCompact.maximumBytes) octets")
        }
        var dots: [Int] = []
        for index in token.indices where token[index] == UInt8(ascii: ".") { dots.append(index) }
        guard dots.count == 2 else {
            let message = dots.count == 4 ? "an encrypted token (JWE) is not accepted" : "the token has not three parts"
            throw JOSEError(.malformed, message)
        }
        let ranges = [0..<dots[0], (dots[0] + 1)..<dots[1], (dots[1] + 1)..<token.count]
        var decoded: [[UInt8]] = []
        for range in ranges {
            guard !range.isEmpty, let octets = Base64URL.decode(token.extracting(range)) else {
                throw JOSEError(.malformed, "a part of the token is empty or not canonical base64url")
            }
            decoded.append(octets)
        }
        header = try JWSHeader(Self.object(decoded[0], "the header"))
        payload = decoded[1]
        signature = decoded[2]
        var input: [UInt8] = []
        input.append(addingCapacity: dots[1]) { output in
            for index in 0..<dots[1] { output.append(token[index]) }
        }
        signingInput = input
    }

    static func object(_ bytes: [UInt8], _ what: String) throws(JOSEError) -> JSONObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: .token)
        } catch {
            throw JOSEError(.malformed, "\(what) is not acceptable JSON: \(error.message)")
        }
        guard let object = value.object else { throw JOSEError(.malformed, "\(what) is not a JSON object") }
        return object
    }
}
