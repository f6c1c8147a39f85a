// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateObserve
import Testing

@Suite("Readiness")
struct HealthStateTests {
    @Test("a process is ready from start to drain, and says why when it is not")
    func life() {
        let health = HealthState()
        #expect(health.reasons == [.init(component: "process", detail: "is starting")])

        health.markStarted()
        #expect(health.isReady)

        health.markDraining()
        health.markStarted()
        #expect(health.isDraining)
        #expect(health.reasons == [.init(component: "process", detail: "is draining")])
    }

    @Test("a part's report replaces its earlier one, and checks are asked each time")
    func reports() {
        let health = HealthState()
        health.markStarted()
        health.report("jwks", notReady: "no keys")
        health.report("jwks", notReady: "too old")
        health.addCheck { [.init(component: "check", detail: "no")] }

        #expect(health.reasons.map(\.detail) == ["too old", "no"])

        health.report("jwks", notReady: nil)
        #expect(health.reasons.map(\.component) == ["check"])
    }
}
