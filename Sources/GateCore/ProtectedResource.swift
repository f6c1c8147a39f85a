// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateIdentity
package import GateOAuth
import GateTime

/// One protected resource (RFC 9728): where it is, what its metadata and challenges say, and the verdicts on tokens shown to it.
///
/// Verdicts are cached here and nowhere else, so that one can never answer for another resource or another policy: a new
/// configuration makes new resources.
package final class ProtectedResource: Sendable {
    package struct Configuration: Sendable {
        /// The path that it stands at; what lies below it on a segment boundary belongs to it. `/` is the whole site.
        package var path: String
        package var identifier: ResourceIndicator
        /// Speaks MCP at its own path and below: messages are inspected, origins checked, sessions bound to their owners.
        package var isMCP: Bool
        /// Advertised in metadata and challenges.
        package var scopes: Scope
        /// Enforced.
        package var requiredScopes: Scope
        package var name: String?
        /// `resource_documentation` of the metadata.
        package var documentation: String?
        package var upstream: Int
        /// Not declared by the operator: what lies outside the declared resources of the site.
        package var isImplied: Bool
        /// Who may issue tokens for this resource, with its audiences.
        package var validators: ValidatorChain

        package init(
            path: String, identifier: ResourceIndicator, isMCP: Bool = true, scopes: Scope = [],
            requiredScopes: Scope = [], name: String? = nil, documentation: String? = nil, upstream: Int = 0,
            isImplied: Bool = false, validators: ValidatorChain
        ) {
            self.path = path
            self.identifier = identifier
            self.isMCP = isMCP
            self.scopes = scopes
            self.requiredScopes = requiredScopes
            self.name = name
            self.documentation = documentation
            self.upstream = upstream
            self.isImplied = isImplied
            self.validators = validators
        }
    }

    package let configuration: Configuration
    let pathOctets: [UInt8]
    /// In lower case, as servers see it that do not tell cases apart.
    let foldedPathOctets: [UInt8]
    /// Absolute, from the public URL.
    let metadataURL: String
    let metadataDocument: [UInt8]
    /// What every challenge of this resource says: each address in it comes from configuration (defence D9).
    private let challenge: BearerChallenge
    /// The challenge for each reason why a token is refused, rendered once: floods of bad tokens are answered with these.
    private let refusals: [TokenRejection: String]
    let admittances: TokenCache<Admittance>
    /// By the text of the cookie; apart from tokens, so that one can never be shown as the other.
    let sessions: TokenCache<Admittance>
    let refused: TokenCache<TokenRejection>

    init(_ configuration: Configuration, publicURL: HTTPURL, issuers: [IssuerURL], authorizationURI: String?) {
        self.configuration = configuration
        let path = configuration.path == "/" ? "" : configuration.path
        pathOctets = Array(configuration.path.utf8)
        foldedPathOctets = Array(configuration.path.lowercased().utf8)
        metadataURL =
            publicURL.origin + (WellKnownPaths.metadata(ofResourceAt: path).first ?? WellKnownPaths.protectedResource)
        metadataDocument =
            ProtectedResourceMetadata(
                resource: configuration.identifier, authorizationServers: issuers,
                scopesSupported: Self.advertised(configuration.scopes),
                resourceName: configuration.name, resourceDocumentation: configuration.documentation
            ).json
        let challenge = BearerChallenge(
            resourceMetadata: metadataURL,
            scope: Self.advertised(configuration.scopes.union(configuration.requiredScopes)),
            authorizationURI: authorizationURI)
        self.challenge = challenge
        refusals = Dictionary(
            uniqueKeysWithValues: TokenRejection.allCases.map { reason in
                var refusal = challenge
                refusal.error = .invalidToken
                refusal.errorDescription = reason.description
                return (reason, refusal.fieldValue)
            })
        admittances = TokenCache()
        sessions = TokenCache()
        refused = TokenCache(
            TokenCache<TokenRejection>.Configuration(maximumCount: 8_192, maximumBytes: 16 << 20, bytesPerValue: 64))
    }

    /// The challenge of this resource (RFC 6750 §3).
    ///
    /// - Parameter scope: what the token must hold; nil for what the resource asks of everybody.
    func challenge(_ error: BearerError? = nil, _ description: String? = nil, scope: Scope? = nil) -> BearerChallenge {
        var challenge = challenge
        challenge.error = error
        challenge.errorDescription = description
        if let scope { challenge.scope = scope }
        return challenge
    }

    /// The value of `WWW-Authenticate` for a token that is not accepted.
    func refusal(_ reason: TokenRejection) -> String {
        refusals[reason] ?? challenge(.invalidToken, reason.description).fieldValue
    }

    /// `offline_access` is the client's affair with the authorization server, never a resource's (requirement PRM-05).
    private static func advertised(_ scope: Scope) -> Scope { scope.subtracting(["offline_access"]) }
}
