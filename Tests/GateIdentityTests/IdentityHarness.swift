// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateIdentity
import GateJOSE
import GateJSON
import GateOAuth
import GateTestKit
import GateTime
import Logging
import Testing

/// A service with a scripted provider at `https://login.example`.
struct IdentityHarness {
    static let metadata = "https://login.example/.well-known/openid-configuration"
    static let keySet = "https://login.example/jwks"

    let fetcher = ScriptedFetcher()
    let clock = ManualClock()
    let mint: TokenMint
    let service: IdentityService

    init(refresh: KeyRefreshPolicy = KeyRefreshPolicy()) throws {
        mint = try TokenMint()
        service = IdentityService(
            fetcher: fetcher, clock: clock, refresh: refresh,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        fetcher.answer(
            IdentityHarness.metadata,
            with: .json(IdentityHarness.document("https://login.example", keySet: Self.keySet)))
        publish(mint.signers)
    }

    static func document(_ issuer: String, keySet: String, _ more: String = "") -> String {
        #"{"issuer":"\#(issuer)","jwks_uri":"\#(keySet)"\#(more)}"#
    }

    func publish(_ signers: [JWSSigner], _ fields: [FetchedResponse.Field] = []) {
        fetcher.answer(Self.keySet, with: .json(mint.keySet(of: signers), fields))
    }

    var openIDConnect: OpenIDConnectConfiguration {
        OpenIDConnectConfiguration(
            provider: ProviderID("custom"), issuer: IssuerURL(mint.issuer), audiences: [mint.audience])
    }

    func chain(_ providers: ProviderConfiguration...) throws -> ValidatorChain {
        try #require(try service.makeChains(for: [providers]).first)
    }

    func chain() throws -> ValidatorChain { try chain(.openIDConnect(openIDConnect)) }

    /// A chain whose keys have been fetched.
    func warmChain(_ providers: ProviderConfiguration...) async throws -> ValidatorChain {
        let chain = try #require(try service.makeChains(for: [providers]).first)
        await service.warmUp()
        return chain
    }

    func warmChain() async throws -> ValidatorChain { try await warmChain(.openIDConnect(openIDConnect)) }

    func token(_ claims: [String: JSONValue?] = [:], signer: JWSSigner? = nil, type: String? = "at+jwt") throws
        -> String
    {
        try mint.token(at: clock.wall, claims: claims, type: type, signer: signer)
    }
}

extension ValidatorChain {
    func verdict(on token: String, at now: Instant) async -> TokenVerdict {
        await validate(BearerToken(Array(token.utf8)), at: now).value
    }

    /// The verdict if it is there without waiting.
    func immediateVerdict(on token: String, at now: Instant) -> TokenVerdict? {
        if case .ready(let verdict) = validate(BearerToken(Array(token.utf8)), at: now) { verdict } else { nil }
    }
}

extension TokenVerdict {
    /// A short name for comparisons.
    var outcome: String {
        switch self {
        case .accepted: "accepted"
        case .notResponsible: "notResponsible"
        case .rejected(let reason): "\(reason)"
        case .unavailable: "unavailable"
        }
    }

    var token: ValidatedToken? {
        if case .accepted(let token) = self { token } else { nil }
    }

    var failure: DependencyFailure? {
        if case .unavailable(let failure) = self { failure } else { nil }
    }
}

/// A claim that is left out; a plain `nil` would be JSON's null.
let absent = JSONValue?.none
