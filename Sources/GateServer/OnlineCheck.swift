// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

package import GateConfig
import GateFetch
import GateIdentity
import GateOAuth
import GateProxy
import Logging
import NIOCore
import NIOPosix

/// Asks what the configuration names whether it answers: providers' metadata and keys, the upstreams, the public URL.
package struct OnlineCheck: Sendable {
    package struct Finding: Sendable {
        package var what: String
        package var isGood: Bool
        package var detail: String
    }

    private let settings: Settings

    package init(settings: Settings) { self.settings = settings }

    /// Takes a few seconds at most; never throws, since what does not answer is a finding.
    package func run() async -> [Finding] {
        var findings: [Finding] = []
        do {
            let fetcher = try AsyncHTTPFetcher(
                AsyncHTTPFetcher.Configuration(userAgent: "gatehouse/\(Version.current)"))
            findings += await providers(fetcher)
            findings += await publicURL(fetcher)
            await fetcher.shutdown()
        } catch {
            findings.append(Finding(what: "network", isGood: false, detail: "\(error)"))
        }
        for upstream in settings.upstreams { findings.append(await probe(upstream)) }
        return findings
    }

    private func providers(_ fetcher: AsyncHTTPFetcher) async -> [Finding] {
        do {
            let translation = try SettingsTranslation(settings)
            let identity = IdentityService(
                fetcher: fetcher, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            _ = try identity.makeChains(for: translation.providerConfigurations())
            await identity.warmUp()
            return identity.health().map { health in
                Finding(
                    what: "provider \(health.provider)", isGood: health.isReady && health.detail == nil,
                    detail: health.detail ?? "\(health.issuer), keys are here")
            }
        } catch {
            return [Finding(what: "providers", isGood: false, detail: "\(error)")]
        }
    }

    private func publicURL(_ fetcher: AsyncHTTPFetcher) async -> [Finding] {
        guard let publicURL = settings.publicURL,
            let metadata = try? HTTPURL(publicURL.origin + WellKnownPaths.protectedResource)
        else {
            return []
        }
        do {
            let policy = EgressPolicy.configured(
                for: metadata, allowsPrivateNetworks: true, allowsPlainHTTPInPrivateNetworks: true)
            let answer = try await fetcher.fetch(FetchRequest(.get, metadata), under: policy)
            return [
                Finding(
                    what: "public URL", isGood: (200..<500).contains(answer.status),
                    detail: "\(metadata) answers \(answer.status)")
            ]
        } catch {
            return [Finding(what: "public URL", isGood: false, detail: "\(metadata): \(error)")]
        }
    }

    private func probe(_ upstream: Settings.Upstream) async -> Finding {
        do {
            let configuration = try UpstreamTranslation.upstream(upstream)
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(
                configuration.connectTimeout)
            let channel =
                switch configuration.address {
                case .tcp(let host, let port): try await bootstrap.connect(host: host, port: port).get()
                case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
                }
            try? await channel.close()
            return Finding(what: "upstream \(upstream.url)", isGood: true, detail: "accepts connections")
        } catch {
            return Finding(what: "upstream \(upstream.url)", isGood: false, detail: "\(error)")
        }
    }
}
