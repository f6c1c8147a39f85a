// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateIdentity
import GateOAuth
import GateTestKit
import Logging
import Synchronization
import Testing

/// What the metrics of key refreshes are made of.
@Suite struct KeyLoadCountTests {
    @Test("every attempt to fetch keys is counted, and what came of it")
    func attemptsAreCounted() async throws {
        let counts = GatewayCounts()
        let fetcher = ScriptedFetcher()
        let service = IdentityService(
            fetcher: fetcher, clock: ManualClock(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { counts.note($0) }
        let mint = try TokenMint()
        let provider = OpenIDConnectConfiguration(
            provider: ProviderID("custom"), issuer: IssuerURL(mint.issuer),
            keySet: try HTTPURL(IdentityHarness.keySet), audiences: [mint.audience])

        _ = try service.makeChains(for: [[.openIDConnect(provider)]])
        await service.warmUp()
        #expect(counts.values == [false])
        fetcher.answer(IdentityHarness.keySet, with: .json(mint.keySet()))
        await service.warmUp()
        #expect(counts.values == [false, true])
    }
}

private final class GatewayCounts: Sendable {
    private let state = Mutex<[Bool]>([])
    var values: [Bool] { state.withLock { $0 } }
    func note(_ isSuccess: Bool) { state.withLock { $0.append(isSuccess) } }
}
