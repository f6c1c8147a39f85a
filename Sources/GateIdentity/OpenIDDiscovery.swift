// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJSON
import GateOAuth

/// Reads what a resource server, or a relying party, needs of an issuer's metadata (RFC 8414 §3.2, OpenID Connect Discovery §4.2).
struct OpenIDDiscovery: Sendable {
    /// The part of the metadata that we use; nothing in it widens what the operator configured.
    struct Document: Sendable, Hashable {
        let issuer: String
        let jwksURI: HTTPURL?
        let introspectionEndpoint: HTTPURL?
        var authorizationEndpoint: HTTPURL?
        var tokenEndpoint: HTTPURL?
        var userInfoEndpoint: HTTPURL?
        /// `authorization_response_iss_parameter_supported` (RFC 9207 §3).
        var sendsIssuer = false

        subscript(need: Need) -> HTTPURL? {
            switch need {
            case .keys: jwksURI
            case .introspection: introspectionEndpoint
            case .authorization: authorizationEndpoint
            }
        }
    }

    /// What the document is read for. Providers serve several that differ: none may be taken as complete.
    enum Need: String, Sendable, Hashable {
        case keys = "jwks_uri"
        case introspection = "introspection_endpoint"
        case authorization = "authorization_endpoint"
    }

    let fetcher: any HTTPFetching
    let egress: EgressPolicy

    /// Asks the places in turn until one has a document of the expected issuer with what is needed; within `budget`.
    func find(
        _ need: Need, at places: [HTTPURL], expecting issuer: IssuerExpectation, budget: FetchBudget
    ) async -> Result<Document, KeyLoadFailure> {
        var failure = KeyLoadFailure(.discovery, "no place to look for the metadata is configured")
        for (index, place) in places.enumerated() {
            // A place that hangs must leave time for the next one and for the keys.
            let share = index == places.count - 1 ? 0.7 : 0.5
            let request = FetchRequest.json(place, deadline: budget.remaining * share)
            do throws(FetchError) {
                let response = try await fetcher.fetch(request, under: egress)
                do throws(KeyLoadFailure) {
                    return .success(try read(response, for: need, from: place, expecting: issuer))
                } catch {
                    // A document of another issuer says more than a place where there is none.
                    if failure.isAnswer == false || error.isAnswer { failure = error }
                }
            } catch {
                if !failure.isAnswer { failure = KeyLoadFailure(.discovery, error.message) }
            }
            if budget.isUsedUp || Task.isCancelled { break }
        }
        return .failure(failure)
    }

    private func read(
        _ response: FetchedResponse, for need: Need, from place: HTTPURL, expecting expected: IssuerExpectation
    ) throws(KeyLoadFailure) -> Document {
        let name = "\(place.origin)\(place.path)"
        guard response.status == 200 else {
            throw KeyLoadFailure(.discovery, "\(name) answered \(response.status)")
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(response.body)
        } catch {
            throw KeyLoadFailure(.discovery, "\(name) is not a JSON document", isAnswer: true)
        }
        guard let issuer = value.object?["issuer"]?.string else {
            throw KeyLoadFailure(.discovery, "\(name) names no issuer", isAnswer: true)
        }
        guard expected.accepts(issuer) else {
            throw KeyLoadFailure(.discovery, "\(name) is the metadata of another issuer", isAnswer: true)
        }
        func address(_ name: String) -> HTTPURL? { value.object?[name]?.string.flatMap { try? HTTPURL($0) } }
        let document = Document(
            issuer: issuer, jwksURI: address(Need.keys.rawValue),
            introspectionEndpoint: address(Need.introspection.rawValue),
            authorizationEndpoint: address(Need.authorization.rawValue), tokenEndpoint: address("token_endpoint"),
            userInfoEndpoint: address("userinfo_endpoint"),
            sendsIssuer: value.object?["authorization_response_iss_parameter_supported"]?.bool ?? false)
        guard document[need] != nil else {
            throw KeyLoadFailure(.discovery, "\(name) has no usable \(need.rawValue)", isAnswer: true)
        }
        return document
    }
}

/// Why keys or metadata could not be had; the detail is for operators and holds nothing secret.
struct KeyLoadFailure: Error, Sendable, Hashable {
    let dependency: DependencyFailure.Dependency
    let detail: String
    /// Whether the provider answered with a document, only not the right one.
    let isAnswer: Bool
    /// The metadata that was found before it failed, so that the next attempt need not ask again.
    var discovery: OpenIDDiscovery.Document?

    init(_ dependency: DependencyFailure.Dependency, _ detail: String, isAnswer: Bool = false) {
        self.dependency = dependency
        self.detail = detail
        self.isAnswer = isAnswer
    }
}

/// The time that one attempt may take in all.
struct FetchBudget: Sendable {
    private let clock: any IdentityClock
    private let end: Duration

    init(_ duration: Duration, clock: any IdentityClock) {
        self.clock = clock
        end = clock.elapsed + duration
    }

    var remaining: Duration { max(end - clock.elapsed, .milliseconds(1)) }
    var isUsedUp: Bool { clock.elapsed >= end }
}
