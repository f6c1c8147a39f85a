// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateObserve
import GateJSON
import Hummingbird
package import Logging
import ServiceLifecycle

/// Answers operators on a port of their own: `/healthz`, `/readyz` and `/metrics`.
///
/// It should start first and so stop last, so that `/readyz` can say that the process is draining.
package struct OperationsServer: Service {
    package struct Configuration: Sendable {
        /// A numeric address or host name.
        package var host: String
        /// 0 lets the operating system choose; `started` is told which.
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Appends the metrics of one source to a scrape.
    package typealias MetricsWriter = @Sendable (inout PrometheusText) -> Void

    private let configuration: Configuration
    private let health: HealthState
    private let metrics: [MetricsWriter]
    private let logger: Logger
    private let started: @Sendable (Int) async -> Void

    /// - Parameter started: called with the port once the socket is open.
    package init(
        configuration: Configuration, health: HealthState, metrics: [MetricsWriter], logger: Logger,
        started: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.health = health
        self.metrics = metrics
        self.logger = logger
        self.started = started
    }

    package func run() async throws {
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in await started(channel.localAddress?.port ?? configuration.port) },
            logger: logger)
        try await application.run()
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders())
        router.get("healthz") { _, _ in Self.json(.ok, ["status": "ok"]) }
        router.get("readyz") { _, _ in readiness() }
        router.get("metrics") { _, _ in exposition() }
        return router
    }

    /// 200 when requests are welcome, else 503 with every reason.
    private func readiness() -> Response {
        let reasons = health.reasons
        guard !reasons.isEmpty else { return Self.json(.ok, ["ready": true]) }
        let list = reasons.map { reason -> JSONValue in
            ["component": .string(reason.component), "detail": .string(Redaction.redact(reason.detail))]
        }
        return Self.json(.serviceUnavailable, ["ready": false, "reasons": .array(list)])
    }

    private func exposition() -> Response {
        var text = PrometheusText()
        for write in metrics { write(&text) }
        return Response(
            status: .ok, headers: [.contentType: PrometheusText.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: text.bytes)))
    }

    private static func json(_ status: HTTPResponse.Status, _ value: JSONValue) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serialized())))
    }
}
