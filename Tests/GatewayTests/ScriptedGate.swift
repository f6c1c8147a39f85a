// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateIdentity
import GateObserve
import GateTime
import GateTime
import Synchronization

/// A gate whose verdicts the test makes; it remembers what it was told.
final class ScriptedGate: RequestGate {
    /// What is known of the exchanges; every exchange must end exactly once.
    struct Ledger: Sendable {
        struct End: Sendable, Equatable {
            var path: String
            var status: Int
            var answerBytes: Int
        }
        var admitted: [String] = []
        var ends: [End] = []
        var endCounts: [ObjectIdentifier: Int] = [:]
        /// Keeps the identities apart.
        var exchanges: [Exchange] = []
        var refusals: [HTTPRefusal] = []
        var failures: [UpstreamFailure] = []
        var isSettled: Bool { exchanges.count == ends.count }
    }

    typealias Judge = @Sendable (_ head: RequestHead, _ exchange: Exchange) -> Eventually<Admission>

    let ledger = Watched(Ledger())
    private let judge: Judge
    private let inspector: @Sendable (String) -> LocalResponse?
    private let edits: ResponseEdits

    init(
        edits: ResponseEdits = ResponseEdits(),
        _ judge: @escaping Judge = { head, exchange in .ready(.forward(ScriptedGate.plan(head, exchange))) }
    ) {
        self.judge = judge
        self.edits = edits
        inspector = { _ in nil }
    }

    /// Inspects the body of every request.
    init(inspectingUpTo limit: Int, _ inspect: @escaping @Sendable (String) -> LocalResponse?) {
        judge = { head, exchange in .ready(.forward(ScriptedGate.plan(head, exchange, inspectsBodyUpTo: limit))) }
        edits = ResponseEdits()
        inspector = inspect
    }

    /// Forwards to the one upstream; what may be sent twice is what RFC 9110 §9.2.2 lets us.
    static func plan(
        _ head: RequestHead, _ exchange: Exchange, to destination: ForwardPlan.Destination = .upstream(0),
        generation: Int = 1, edits: RequestEdits = RequestEdits(), inspectsBodyUpTo limit: Int? = nil,
        endsAt: Instant? = nil
    ) -> ForwardPlan {
        let isRetryable = (head.method == .get || head.method == .head) && head.framing == .none
        return ForwardPlan(
            destination: destination, upstreamGeneration: generation, edits: edits, inspectsBodyUpTo: limit,
            endsAt: endsAt, isRetryable: isRetryable,
            exchange: exchange)
    }

    func admit(_ head: RequestHead, _ bytes: Span<UInt8>, on connection: ConnectionFacts) -> Eventually<Admission> {
        let path = bytes.text(at: head.pathRange)
        let id = RequestID.make()
        let exchange = Exchange(
            requestID: id, trace: .make(for: id), startedAt: .now, method: bytes.text(at: head.methodRange), path: path,
            remoteAddress: connection.remoteAddress, allowedOrigin: nil)
        ledger.update {
            $0.admitted.append(path)
            $0.exchanges.append(exchange)
        }
        return judge(head, exchange)
    }

    func inspect(_ body: Span<UInt8>, for plan: ForwardPlan) -> LocalResponse? {
        inspector(body.text(at: 0..<body.count))
    }

    func refuse(_ refusal: HTTPRefusal, on connection: ConnectionFacts) -> LocalResponse {
        ledger.update { $0.refusals.append(refusal) }
        return LocalResponse(status: refusal.status, body: Array("refused".utf8), closesConnection: true)
    }

    func answered(_ head: ResponseHead, _ bytes: Span<UInt8>, for plan: ForwardPlan) -> ResponseEdits { edits }

    func failed(_ failure: UpstreamFailure, for plan: ForwardPlan) -> LocalResponse {
        ledger.update { $0.failures.append(failure) }
        let status =
            switch failure {
            case .unreachable, .protocolViolation: 502
            case .timedOut: 504
            case .overloaded, .bodiesFull: 503
            case .requestBodyBroken(let refusal): refusal.status
            case .requestBodyTooLarge: 413
            }
        return LocalResponse(status: status, body: Array("failed".utf8))
    }

    func finished(_ exchange: Exchange, status: Int, answerBytes: Int) {
        ledger.update {
            $0.ends.append(.init(path: exchange.path, status: status, answerBytes: answerBytes))
            $0.endCounts[ObjectIdentifier(exchange), default: 0] += 1
        }
    }
}
