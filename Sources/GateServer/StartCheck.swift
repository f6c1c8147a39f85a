// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation
package import GateConfig
import GateFetch
import GateIdentity
import Logging
import NIOSSL

/// Finds what keeps the gate from starting although every setting is well-formed: files that are not there or not what they should be,
/// providers that cannot work as configured. Asks nobody.
package struct StartCheck: Sendable {
    private let settings: Settings

    package init(_ settings: Settings) { self.settings = settings }

    /// One line for each problem, with the setting's name first; none when the gate can start.
    package func problems() -> [String] {
        var problems: [String] = []
        func attempt(_ setting: String, _ body: () throws -> Void) {
            do { try body() } catch { problems.append("\(setting): \(error)") }
        }
        if let tls = settings.tls {
            attempt("tls (\(tls.certificate), \(tls.key))") {
                _ = try ListenerTLS(tls, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            }
        }
        for (index, upstream) in settings.upstreams.enumerated() {
            guard let path = upstream.certificateAuthority else { continue }
            attempt("upstreams[\(index)].certificateAuthority (\(path))") {
                guard try !NIOSSLCertificate.fromPEMFile(path).isEmpty else {
                    throw TranslationError("has no certificate")
                }
            }
        }
        if case .file(let path) = settings.audit, let fault = Self.fault(ofLog: path) {
            problems.append("audit.to (\(path)): \(fault)")
        }
        attempt("configuration") {
            let translation = try SettingsTranslation(settings)
            _ = try settings.upstreams.map(UpstreamTranslation.upstream)
            _ = try UpstreamTranslation.listener(settings)
            let identity = IdentityService(
                fetcher: NoFetcher(), logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            _ = try identity.make(
                chains: translation.providerConfigurations(), signIns: translation.signIn.configurations())
            _ = try translation.signIn.keyRing()
        }
        return problems
    }

    /// An audit log that cannot be written is no audit log.
    private static func fault(ofLog path: String) -> String? {
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        if files.fileExists(atPath: path, isDirectory: &isDirectory) {
            if isDirectory.boolValue { return "is a directory" }
            return files.isWritableFile(atPath: path) ? nil : "cannot be written"
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            return "there is no folder \(folder)"
        }
        return files.isWritableFile(atPath: folder) ? nil : "the folder \(folder) cannot be written"
    }
}

/// Asks nobody.
private struct NoFetcher: HTTPFetching {
    func fetch(_ request: FetchRequest, under policy: EgressPolicy) async throws(FetchError) -> FetchedResponse {
        throw FetchError(.connect, "nobody is asked here")
    }
}
