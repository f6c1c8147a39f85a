// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import GateJOSE
import GateJSON
import GateOAuth

/// Fetches one issuer's keys, finding out where they are when that is not fixed.
struct KeyLoader: Sendable {
    struct Loaded: Sendable {
        let verifier: JWSVerifier
        let unusableKeyIDs: Set<String>
        /// What the answer says about its freshness; nil when it says nothing.
        let lifetime: Duration?
        let discovery: OpenIDDiscovery.Document?
        let isNewDiscovery: Bool
        let isDocument: Bool
    }

    let source: KeySource
    let fetcher: any HTTPFetching
    let clock: any IdentityClock

    /// - Parameter known: metadata that was found earlier and need not be asked for again.
    func load(
        budget: FetchBudget, known: OpenIDDiscovery.Document?, algorithms: Set<JWAlgorithm>
    ) async -> Result<Loaded, KeyLoadFailure> {
        do throws(KeyLoadFailure) {
            switch source.location {
            case .document(let bytes):
                return KeyLoader.read(bytes, algorithms: algorithms)
            case .keySet(let url):
                return .success(try await fetch(url, discovery: nil, isNew: false, budget, algorithms))
            case .discovery(let places, let issuer):
                if let known, let url = known.jwksURI {
                    return .success(try await fetch(url, discovery: known, isNew: false, budget, algorithms))
                }
                let discovery = OpenIDDiscovery(fetcher: fetcher, egress: source.egress)
                let found = try await discovery.find(.keys, at: places, expecting: issuer, budget: budget).get()
                guard let url = found.jwksURI else { throw KeyLoadFailure(.discovery, "no jwks_uri") }
                do throws(KeyLoadFailure) {
                    return .success(try await fetch(url, discovery: found, isNew: true, budget, algorithms))
                } catch {
                    var failure = error
                    failure.discovery = found
                    return .failure(failure)
                }
            }
        } catch {
            return .failure(error)
        }
    }

    /// A key set that the operator supplied.
    static func read(_ bytes: [UInt8], algorithms: Set<JWAlgorithm>) -> Result<Loaded, KeyLoadFailure> {
        do throws(KeyLoadFailure) {
            let (verifier, unusable) = try keys(bytes, algorithms, from: "the configured key set")
            return .success(
                Loaded(
                    verifier: verifier, unusableKeyIDs: unusable, lifetime: nil, discovery: nil,
                    isNewDiscovery: false, isDocument: true))
        } catch {
            return .failure(error)
        }
    }

    private func fetch(
        _ url: HTTPURL, discovery: OpenIDDiscovery.Document?, isNew: Bool, _ budget: FetchBudget,
        _ algorithms: Set<JWAlgorithm>
    ) async throws(KeyLoadFailure) -> Loaded {
        let name = "\(url.origin)\(url.path)"
        let response: FetchedResponse
        do throws(FetchError) {
            response = try await fetcher.fetch(.json(url, deadline: budget.remaining), under: source.egress)
        } catch {
            throw KeyLoadFailure(.keys, error.message)
        }
        guard response.status == 200 else { throw KeyLoadFailure(.keys, "\(name) answered \(response.status)") }
        let (verifier, unusable) = try KeyLoader.keys(response.body, algorithms, from: name)
        return Loaded(
            verifier: verifier, unusableKeyIDs: unusable,
            lifetime: response.freshness(receivedAt: clock.wall).remaining, discovery: discovery,
            isNewDiscovery: isNew, isDocument: false)
    }

    /// A set without a single usable key is no set: it would lock everybody out.
    private static func keys(
        _ body: [UInt8], _ algorithms: Set<JWAlgorithm>, from name: String
    ) throws(KeyLoadFailure) -> (JWSVerifier, unusable: Set<String>) {
        let document: JSONObject
        do throws(JSONError) {
            document = try JSONValue.parse(body).object ?? [:]
        } catch {
            throw KeyLoadFailure(.keys, "\(name) is not a key set: \(error)", isAnswer: true)
        }
        let keys: JWKSet
        do throws(JOSEError) {
            keys = try JWKSet(parsing: document)
        } catch {
            throw KeyLoadFailure(.keys, "\(name) is not a key set: \(error.message)", isAnswer: true)
        }
        guard keys.keys.contains(where: { key in algorithms.contains { key.permits($0) } }) else {
            throw KeyLoadFailure(.keys, "\(name) has no key that verifies signatures", isAnswer: true)
        }
        let named = document["keys"]?.array?.compactMap { $0.object?["kid"]?.string } ?? []
        let unusable = Set(named).subtracting(keys.keys.compactMap(\.keyID))
        return (JWSVerifier(keys: keys, algorithms: algorithms), unusable)
    }
}
