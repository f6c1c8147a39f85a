// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON

/// An error of an authorization server (RFC 6749 §4.1.2.1 and §5.2), in what it sends and in what is received from one.
public struct OAuthError: Error, Sendable, Hashable, CustomStringConvertible {
    /// An error code; others than those named here are allowed.
    public struct Code: ExactIdentifier {
        public let rawValue: String
        public init(_ rawValue: String) { self.rawValue = rawValue }

        // RFC 6749 §4.1.2.1, §5.2
        public static let invalidRequest = Code("invalid_request")
        public static let invalidClient = Code("invalid_client")
        public static let invalidGrant = Code("invalid_grant")
        public static let unauthorizedClient = Code("unauthorized_client")
        public static let unsupportedGrantType = Code("unsupported_grant_type")
        public static let unsupportedResponseType = Code("unsupported_response_type")
        public static let invalidScope = Code("invalid_scope")
        public static let accessDenied = Code("access_denied")
        public static let serverError = Code("server_error")
        public static let temporarilyUnavailable = Code("temporarily_unavailable")
        /// RFC 8707 §2.
        public static let invalidTarget = Code("invalid_target")
        /// RFC 7009 §2.2.1.
        public static let unsupportedTokenType = Code("unsupported_token_type")
        // RFC 7591 §3.2.2
        public static let invalidRedirectURI = Code("invalid_redirect_uri")
        public static let invalidClientMetadata = Code("invalid_client_metadata")
        // OpenID Connect Core §3.1.2.6
        public static let loginRequired = Code("login_required")
        public static let consentRequired = Code("consent_required")
        public static let interactionRequired = Code("interaction_required")
        public static let requestNotSupported = Code("request_not_supported")
        public static let requestURINotSupported = Code("request_uri_not_supported")
    }

    public var code: Code
    /// For the client's developer: never a secret, a code or a token.
    public var explanation: String?

    public init(_ code: Code, _ explanation: String? = nil) {
        self.code = code
        self.explanation = explanation
    }

    /// Reads the body of an error answer (RFC 6749 §5.2); nil when it is none, as from providers that answer with a page or with nothing.
    public init?(parsing document: [UInt8]) {
        guard let object = (try? JSONValue.parse(document))?.object, let code = object["error"]?.string,
            !code.isEmpty, Self.sendable(code).isExactly(code)
        else { return nil }
        self.init(Code(code), object["error_description"]?.string)
    }

    /// The status of a JSON answer: 401 for a client that did not authenticate, 400 for nearly everything else (RFC 6749 §5.2).
    public var status: Int {
        switch code {
        case .invalidClient: 401
        case .accessDenied: 403
        case .serverError: 500
        case .temporarilyUnavailable: 503
        default: 400
        }
    }

    /// The body of a JSON answer.
    public var json: [UInt8] {
        var object: JSONObject = ["error": .string(code.rawValue)]
        if let explanation { object["error_description"] = .string(Self.sendable(explanation)) }
        return JSONValue.object(object).serialized()
    }

    /// The parameters of an answer by redirect.
    var parameters: [(name: String, value: String)] {
        var items = [(name: "error", value: code.rawValue)]
        if let explanation { items.append(("error_description", Self.sendable(explanation))) }
        return items
    }

    public var description: String { code.rawValue + (explanation.map { ": \($0)" } ?? "") }

    /// Only the characters that RFC 6749 allows: visible ASCII and space without `"` and `\`.
    private static func sendable(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }, as: UTF8.self)
    }
}
