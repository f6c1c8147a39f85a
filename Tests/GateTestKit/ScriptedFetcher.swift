// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateFetch
import GateOAuth
import Synchronization

/// A fetcher that answers from a script and remembers what was asked.
///
/// ```swift
/// let fetcher = ScriptedFetcher()
/// fetcher.answer("https://login.example/jwks", with: .json(mint.keySet()))
/// #expect(fetcher.count(of: "https://login.example/jwks") == 1)
/// ```
/// An address that is not in the script answers 404. Addresses are compared without their query.
package final class ScriptedFetcher: HTTPFetching {
    /// What happens to a request.
    package enum Reply: Sendable {
        case response(FetchedResponse)
        case failure(FetchError)
        /// Waits until the script changes for this address, then answers from the new script; cancellation ends it too.
        case held

        package static func json(
            _ body: [UInt8], status: Int = 200, _ fields: [FetchedResponse.Field] = []
        ) -> Reply {
            .response(
                FetchedResponse(
                    status: status, fields: [.init("content-type", "application/json")] + fields, body: body))
        }

        package static func json(_ text: String, status: Int = 200, _ fields: [FetchedResponse.Field] = []) -> Reply {
            json(Array(text.utf8), status: status, fields)
        }

        package static func status(_ status: Int, _ fields: [FetchedResponse.Field] = []) -> Reply {
            .response(FetchedResponse(status: status, fields: fields))
        }

        /// As the real fetcher reports a peer that hangs or sends an octet a second.
        package static let timeout = Reply.failure(FetchError(.timeout, "no answer in time"))
        package static let broken = Reply.failure(FetchError(.broken, "the peer broke off"))
        package static let refused = Reply.failure(FetchError(.connect, "cannot be connected to"))
        package static let tooLarge = Reply.failure(FetchError(.tooLarge, "too long an answer"))
    }

    /// One request as it was sent.
    package struct Asked: Sendable {
        package let request: FetchRequest
        package let policy: EgressPolicy

        package var address: String { ScriptedFetcher.address(of: request) }
        package var body: String { String(decoding: request.body, as: UTF8.self) }

        package func field(_ name: String) -> String? { request.fields.values(of: name).first }
    }

    package typealias Script = @Sendable (FetchRequest) -> Reply

    private struct State {
        var scripts: [String: Script] = [:]
        var asked: [Asked] = []
        var held: [String: [AsyncStream<Void>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Answers every request for an address alike from now on, also those that are held.
    package func answer(_ address: String, with reply: Reply) {
        answer(address) { _ in reply }
    }

    package func answer(_ address: String, by script: @escaping Script) {
        let held = state.withLock { state in
            state.scripts[address] = script
            return state.held.removeValue(forKey: address) ?? []
        }
        for continuation in held { continuation.finish() }
    }

    package var asked: [Asked] { state.withLock { $0.asked } }
    package func count(of address: String) -> Int { asked.count { $0.address == address } }
    package func forget() { state.withLock { $0.asked = [] } }

    /// How many requests for an address are being held.
    package func heldCount(of address: String) -> Int { state.withLock { $0.held[address]?.count ?? 0 } }

    package func fetch(
        _ request: FetchRequest, under policy: EgressPolicy
    ) async throws(FetchError) -> FetchedResponse {
        let address = ScriptedFetcher.address(of: request)
        state.withLock { $0.asked.append(Asked(request: request, policy: policy)) }
        while true {
            if Task.isCancelled { throw FetchError(.cancelled, "the request was given up", blame: .internal) }
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            let reply = state.withLock { state in
                let reply = state.scripts[address]?(request) ?? .status(404)
                if case .held = reply { state.held[address, default: []].append(continuation) }
                return reply
            }
            switch reply {
            case .response(let response): return response
            case .failure(let error): throw error
            case .held: for await _ in stream {}
            }
        }
    }

    private static func address(of request: FetchRequest) -> String { "\(request.url.origin)\(request.url.path)" }
}
