// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// One challenge of a `WWW-Authenticate` field (RFC 9110 §11.6.1).
public struct AuthenticationChallenge: Sendable, Hashable {
    /// In lower case.
    public var scheme: String
    /// What some schemes send in place of parameters (RFC 9110 §11.2).
    public var token68: String?
    /// By name in lower case.
    public var parameters: [String: String]

    public init(scheme: String, token68: String? = nil, parameters: [String: String] = [:]) {
        self.scheme = scheme
        self.token68 = token68
        self.parameters = parameters
    }

    public struct ParseError: Error, Sendable, Hashable {
        /// Offset of the octet that cannot stand there.
        public let offset: Int
    }

    /// Reads a list of challenges, strictly: commas between everything, a parameter only once in each challenge, no octets outside ASCII.
    ///
    /// Several field lines are read as one, joined by commas (RFC 9110 §5.3).
    public static func parse(_ fieldValue: String) throws(ParseError) -> [AuthenticationChallenge] {
        try parse(Array(fieldValue.utf8).span)
    }

    public static func parse(_ octets: Span<UInt8>) throws(ParseError) -> [AuthenticationChallenge] {
        var reader = BearerChallengeParser()
        return try reader.challenges(octets)
    }

    /// The first Bearer challenge among them (RFC 6750 §3).
    public static func bearer(in challenges: [AuthenticationChallenge]) -> AuthenticationChallenge? {
        challenges.first { $0.scheme == "bearer" }
    }
}
