// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import Logging
import NIOCertificateReloading
import NIOSSL
import ServiceLifecycle

/// The listener's certificate: read at the start, and again every few seconds, so that a renewed one is used without a restart.
struct ListenerTLS: Service {
    let context: NIOSSLContext
    private let reloader: TimedCertificateReloader

    /// - Throws: when the certificate or its key cannot be read or do not fit.
    init(_ settings: Settings.TLS, logger: Logger) throws {
        reloader = try TimedCertificateReloader.makeReloaderValidatingSources(
            refreshInterval: .seconds(5),
            certificateSource: .init(location: .file(path: settings.certificate), format: .pem),
            privateKeySource: .init(location: .file(path: settings.key), format: .pem), logger: logger)
        var configuration = try TLSConfiguration.makeServerConfiguration(certificateReloader: reloader)
        configuration.applicationProtocols = ["h2", "http/1.1"]
        configuration.minimumTLSVersion = .tlsv12
        context = try NIOSSLContext(configuration: configuration)
    }

    func run() async throws { try await reloader.run() }
}
