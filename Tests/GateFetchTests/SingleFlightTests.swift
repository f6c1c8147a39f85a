// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateFetch
import Synchronization
import Testing

@Suite("Single flight")
struct SingleFlightTests {
    /// Work that waits until the test lets it go on.
    final class Gate: Sendable {
        private let state = Mutex<(isOpen: Bool, waiting: [AsyncStream<Void>.Continuation], count: Int)>((false, [], 0))

        var count: Int { state.withLock { $0.count } }

        func pass() async {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            state.withLock { state in
                state.count += 1
                if state.isOpen { continuation.finish() } else { state.waiting.append(continuation) }
            }
            for await _ in stream {}
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.finish() }
        }
    }

    @Test("many callers, one piece of work, one result")
    func shares() async {
        let flights = SingleFlight<String, Int>()
        let gate = Gate()

        let results = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await flights.run("k") {
                        await gate.pass()
                        return gate.count
                    }
                }
            }
            while gate.count == 0 { await Task.yield() }
            for _ in 0..<200 { await Task.yield() }
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(results.count == 50)
        #expect(gate.count <= 2)
        #expect(!flights.isFlying("k"))
    }

    @Test("different keys do not wait for each other")
    func keys() async {
        let flights = SingleFlight<Int, Int>()
        let gate = Gate()
        let held = Task {
            await flights.run(1) {
                await gate.pass(); return 1
            }
        }
        while gate.count == 0 { await Task.yield() }

        #expect(await flights.run(2) { 2 } == 2)

        gate.open()
        #expect(await held.value == 1)
    }

    @Test("a caller that is cancelled while it waits leaves at once")
    func cancelledWaiter() async {
        let flights = SingleFlight<Int, Int>()
        let gate = Gate()
        let leader = Task {
            await flights.run(1) {
                await gate.pass(); return 1
            }
        }
        while gate.count == 0 { await Task.yield() }

        let waiter = Task { await flights.run(1) { 2 } }
        for _ in 0..<100 { await Task.yield() }
        waiter.cancel()
        #expect(await waiter.value == nil)

        gate.open()
        #expect(await leader.value == 1)
    }

    @Test("when the leader is cancelled, the next in line does the work")
    func cancelledLeader() async {
        let flights = SingleFlight<Int, Int>()
        let gate = Gate()
        let leader = Task {
            await flights.run(1) {
                await gate.pass(); return Task.isCancelled ? -1 : 1
            }
        }
        while gate.count == 0 { await Task.yield() }
        let waiter = Task { await flights.run(1) { 2 } }
        for _ in 0..<100 { await Task.yield() }

        leader.cancel()

        #expect(await leader.value == -1)
        #expect(await waiter.value == 2)
        #expect(!flights.isFlying(1))
    }

    @Test("work that takes too long is cancelled and answered with nothing")
    func deadline() async {
        let gate = Gate()
        #expect(
            await withDeadline(.milliseconds(20)) {
                await gate.pass(); return 1
            } == nil)
        #expect(await withDeadline(.seconds(60)) { 1 } == 1)
    }
}
