// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateCore
import GateHTTP
import GateObserve
import GateTime
import NIOCore
import Testing

@testable import GateProxy

@Suite("What follows from an event")
struct StateMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let wall = Instant(seconds: 1_000)

    private func machine() -> GatewayStateMachine { GatewayStateMachine(timeouts: ProxyTimeouts(), at: start) }

    /// A machine that has sent a request on.
    private func exchanging(hasBody: Bool = false) -> GatewayStateMachine {
        var machine = machine()
        machine.headRead(at: start)
        machine.admitted(hasBody: hasBody, isInspected: false, at: start)
        machine.forwarding(headTimeout: .seconds(300), at: start)
        return machine
    }

    private func due(
        _ machine: GatewayStateMachine, after time: TimeAmount, mode: DrainController.Mode = .serving, held: Int = 0,
        endsAt: Instant? = nil, isOpenEnded: Bool = false, upstreamTakes: Bool = true, clientTakes: Bool = true
    ) -> GatewayStateMachine.Due {
        machine.due(
            at: start + time, wallNow: wall, mode: mode, held: held, endsAt: endsAt, isOpenEnded: isOpenEnded,
            upstreamTakes: upstreamTakes, clientTakes: clientTakes)
    }

    private func answer(_ framing: BodyFraming, isEventStream: Bool = false) -> ResponseHead {
        var head = ResponseHead()
        head.status = 200
        head.framing = framing
        head.isEventStream = isEventStream
        return head
    }

    private func request(_ version: RequestHead.Version = .http11, keepsAlive: Bool = true) -> RequestHead {
        var head = RequestHead()
        head.version = version
        head.keepsAlive = keepsAlive
        return head
    }

    @Test("heads have their time, and idle connections theirs")
    func heads() {
        var machine = machine()
        #expect(due(machine, after: .seconds(10)) == .nothing)
        #expect(due(machine, after: .seconds(11)) == .linger)
        #expect(due(machine, after: .seconds(11), held: 1) == .refuse)
        machine.awaitHead(hasOctets: false, at: start)
        #expect(due(machine, after: .seconds(74)) == .nothing)
        #expect(due(machine, after: .seconds(76)) == .linger)
        machine.headBegan(at: start + .seconds(70))
        #expect(due(machine, after: .seconds(79), held: 1) == .nothing)
        #expect(due(machine, after: .seconds(81), held: 1) == .refuse)
    }

    @Test("a body may pause for its time, and must come at the minimum rate on average (D21)")
    func bodyRate() {
        var machine = exchanging(hasBody: true)
        #expect(due(machine, after: .seconds(31)) == .fail(.requestBodyBroken(.timedOut)))
        machine.passedOn(100, isComplete: false, headTimeout: .seconds(300), at: start + .seconds(29))
        #expect(due(machine, after: .seconds(31)) == .fail(.requestBodyBroken(.timedOut)))
        machine.passedOn(24_000, isComplete: false, headTimeout: .seconds(300), at: start + .seconds(30))
        #expect(due(machine, after: .seconds(59)) == .nothing)
        #expect(due(machine, after: .seconds(61)) == .fail(.requestBodyBroken(.timedOut)))
    }

    @Test("a client is not blamed while the upstream takes nothing")
    func blame() {
        var machine = exchanging(hasBody: true)
        #expect(due(machine, after: .seconds(31), upstreamTakes: false) == .fail(.timedOut))
        machine.upstreamTakesBody(at: start + .seconds(29))
        #expect(due(machine, after: .seconds(31)) == .nothing)
    }

    @Test("an answer's head has its time once the request is out, and an answer that began has none of its own")
    func answerHead() {
        var machine = exchanging()
        #expect(due(machine, after: .seconds(299)) == .nothing)
        #expect(due(machine, after: .seconds(301)) == .fail(.timedOut))
        _ = machine.answerBegan(
            answer(.chunked, isEventStream: true), to: request(), isDraining: false, idleLimit: .seconds(5), at: start)
        #expect(due(machine, after: .hours(100)) == .nothing)
    }

    @Test("a silent body ends, unless the client is the one who takes nothing")
    func silentBody() {
        var machine = exchanging()
        _ = machine.answerBegan(answer(.length(5)), to: request(), isDraining: false, idleLimit: .seconds(5), at: start)
        #expect(due(machine, after: .seconds(6)) == .fail(.timedOut))
        #expect(due(machine, after: .seconds(6), clientTakes: false) == .nothing)
        machine.answerProgressed(at: start + .seconds(4))
        #expect(due(machine, after: .seconds(6)) == .nothing)
    }

    @Test(
        "how an answer's body goes on (RFC 9112 §6.3)",
        arguments: [
            (BodyFraming.none, RequestHead.Version.http11, BodyFraming.none, true),
            (.length(3), .http11, .length(3), true), (.length(3), .http10, .length(3), true),
            (.chunked, .http11, .chunked, true), (.chunked, .http10, .untilClose, false),
            (.untilClose, .http11, .chunked, true), (.untilClose, .http10, .untilClose, false),
        ])
    func framing(upstream: BodyFraming, version: RequestHead.Version, client: BodyFraming, goesOn: Bool) {
        var machine = exchanging()
        let output = machine.answerBegan(
            answer(upstream), to: request(version), isDraining: false, idleLimit: .zero, at: start)
        #expect(machine.answerFraming == client)
        #expect(machine.goesOn == goesOn)
        #expect(output == (upstream == client && upstream != .untilClose ? .framed : .content))
    }

    @Test("the connection ends when its client says so, when the process drains, and when the request is not over")
    func ends() {
        for (keepsAlive, isDraining, hasBody) in [(false, false, false), (true, true, false), (true, false, true)] {
            var machine = exchanging(hasBody: hasBody)
            _ = machine.answerBegan(
                answer(.length(1)), to: request(keepsAlive: keepsAlive), isDraining: isDraining, idleLimit: .zero,
                at: start)
            #expect(!machine.goesOn)
        }
    }

    @Test(
        "what fails before an answer is retried once if it may be, then answered; afterwards only a broken end is true")
    func failures() {
        var machine = exchanging()
        #expect(machine.failed(mayRetry: true) == .retry)
        #expect(machine.failed(mayRetry: true) == .answer)
        machine = exchanging()
        #expect(machine.failed(mayRetry: false) == .answer)
        _ = machine.answerBegan(answer(.length(1)), to: request(), isDraining: false, idleLimit: .zero, at: start)
        #expect(machine.failed(mayRetry: true) == .abort)
    }

    @Test(
        "streams end a minute after their credential (RS-24), and when the process drains: first those that clients opened"
    )
    func streams() {
        var machine = exchanging()
        #expect(due(machine, after: .zero, endsAt: wall - .seconds(61)) == .nothing)
        _ = machine.answerBegan(
            answer(.chunked, isEventStream: true), to: request(), isDraining: false, idleLimit: .zero, at: start)
        #expect(due(machine, after: .zero, endsAt: wall - .seconds(61)) == .endStream)
        #expect(due(machine, after: .zero, endsAt: wall - .seconds(59)) == .nothing)
        #expect(due(machine, after: .zero, mode: .draining) == .nothing)
        #expect(due(machine, after: .zero, mode: .draining, isOpenEnded: true) == .endStream)
        #expect(due(machine, after: .zero, mode: .endingStreams) == .endStream)
        machine.switchedProtocols()
        #expect(due(machine, after: .hours(9)) == .nothing)
        #expect(due(machine, after: .zero, endsAt: wall - .seconds(61)) == .endStream)
        #expect(due(machine, after: .zero, mode: .closing) == .close)
    }

    @Test("a drain closes connections that wait, but not before a request that is on its way can arrive")
    func drainIdle() {
        let machine = machine()
        #expect(due(machine, after: .milliseconds(900), mode: .draining) == .nothing)
        #expect(due(machine, after: .milliseconds(1_100), mode: .draining) == .linger)
        #expect(due(machine, after: .milliseconds(1_100), mode: .draining, held: 1) == .nothing)
    }

    @Test("reading stops while what was read cannot go on")
    func backPressure() {
        func paused(_ machine: GatewayStateMachine, held: Int = 0, upstreamTakes: Bool = true) -> Bool {
            machine.isReadingPaused(held: held, limit: 10, upstreamTakes: upstreamTakes)
        }
        var machine = machine()
        #expect(!paused(machine, held: 100))
        machine.headRead(at: start)
        #expect(!paused(machine, held: 10) && paused(machine, held: 11))
        machine.admitted(hasBody: true, isInspected: true, at: start)
        #expect(!paused(machine, held: 100))
        machine = exchanging(hasBody: true)
        #expect(!paused(machine, held: 100) && paused(machine, upstreamTakes: false))
        machine = exchanging()
        #expect(!paused(machine, upstreamTakes: false) && paused(machine, held: 11))
        machine.switchedProtocols()
        #expect(paused(machine, upstreamTakes: false))
        machine.linger(at: start)
        #expect(!paused(machine, held: 100, upstreamTakes: false))
    }

    @Test("lingering first waits for the answer to go out, then for the peer")
    func lingering() {
        var machine = exchanging()
        machine.linger(at: start)
        #expect(due(machine, after: .seconds(59)) == .nothing)
        #expect(due(machine, after: .seconds(61)) == .close)
        machine.outputEnded(at: start)
        #expect(due(machine, after: .seconds(3)) == .close)
    }

    @Test("a stream keeps nothing of the configuration that it was admitted under", arguments: [false, true])
    func streamLetsGo(isStream: Bool) {
        let id = RequestID.make()
        let exchange = Exchange(
            requestID: id, trace: .make(for: id), startedAt: .now, method: "GET", path: "/", remoteAddress: "unix",
            allowedOrigin: nil)
        let edits = RequestEdits(appendedLines: Array("X-MS-CLIENT-PRINCIPAL-ID: alice\r\n".utf8), allowsUpgrade: true)
        let current = CurrentExchange(
            plan: ForwardPlan(destination: .upstream(0), edits: edits, endsAt: wall, exchange: exchange),
            head: ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"), framer: BodyFramer(.none))
        current.answerBegan(isStream: isStream)

        #expect(current.head.readableBytes == 0 && current.isStreaming == isStream)
        #expect(current.plan.edits.appendedLines.isEmpty == isStream)
        #expect(current.plan.edits.allowsUpgrade && current.plan.endsAt == wall && current.plan.exchange === exchange)
    }
}
