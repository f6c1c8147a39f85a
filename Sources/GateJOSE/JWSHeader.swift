// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

public import GateJSON

/// The protected header of a compact JWS (RFC 7515 §4).
///
/// `jku`, `x5u`, `x5c` and `jwk` are never looked at: keys come from the issuer's configured key set only. A header that
/// changes how the rest is to be read is refused: any `crit`, `b64` (RFC 7797 §7 forbids it for JWTs), `zip`, `enc`.
public struct JWSHeader: Sendable {
    /// `alg` as written. It decides nothing by itself: key and issuer must agree.
    public let algorithm: String
    /// `kid`, compared octet by octet, never interpreted.
    public let keyID: String?
    /// `typ` as written; see ``ClaimChecks/types``.
    public let type: String?
    public let parameters: JSONObject

    public init(_ parameters: JSONObject) throws(JOSEError) {
        for name in ["crit", "b64", "zip", "enc"] where parameters[name] != nil {
            throw JOSEError(.malformed, "the header has a \(name) parameter, which is not supported")
        }
        guard let algorithm = parameters["alg"]?.string, !algorithm.isEmpty else {
            throw JOSEError(.malformed, "the header has no alg")
        }
        self.algorithm = algorithm
        keyID = try Self.text(parameters["kid"])
        type = try Self.text(parameters["typ"])
        self.parameters = parameters
    }

    private static func text(_ value: JSONValue?) throws(JOSEError) -> String? {
        guard let value else { return nil }
        guard let text = value.string else { throw JOSEError(.malformed, "kid and typ must be strings") }
        return text
    }
}
