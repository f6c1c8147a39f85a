// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Why a token, a key or a claim was not accepted.
///
/// The message is constant text for operators: it never repeats anything from the token.
public struct JOSEError: Error, Sendable, Hashable {
    /// The kind of refusal.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// Not a compact JWS with JSON objects inside, or a header that demands what we do not do.
        public static let malformed = Code(description: "malformed")
        /// The signature does not belong to the content and key.
        public static let signature = Code(description: "signature")
        /// The algorithm is unknown, not allowed for this issuer, or not one the named key is for.
        public static let algorithm = Code(description: "algorithm")
        /// No key at hand fits the token; a newer key set may have it.
        public static let keyUnknown = Code(description: "key unknown")
        /// The key cannot be used to verify signatures.
        public static let keyUnusable = Code(description: "key unusable")
        public static let issuer = Code(description: "issuer")
        public static let audience = Code(description: "audience")
        public static let expired = Code(description: "expired")
        public static let notYetValid = Code(description: "not yet valid")
        /// A claim is missing or has the wrong type.
        public static let claims = Code(description: "claims")
        /// A JWT of another kind: an ID token, a sender-constrained token, a logout token …
        public static let tokenType = Code(description: "token type")
        /// Making a key or a signature failed.
        public static let signing = Code(description: "signing")
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension JOSEError: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}
