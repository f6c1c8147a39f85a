// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateConfig
import GateHTTP
import GateOAuth
import GateProxy
import NIOCore

/// Turns configured addresses, limits and times into what the data plane takes.
enum UpstreamTranslation {
    static func upstream(_ upstream: Settings.Upstream) throws(TranslationError) -> UpstreamConfiguration {
        var configuration: UpstreamConfiguration
        if upstream.url.hasPrefix("unix:") {
            configuration = UpstreamConfiguration(address: .unix(path: String(upstream.url.dropFirst(5))))
        } else {
            let url: HTTPURL
            do { url = try HTTPURL(upstream.url) } catch {
                throw TranslationError("upstream \(upstream.url): \(error.description)")
            }
            configuration = UpstreamConfiguration(
                address: .tcp(host: url.host, port: url.port), tlsServerName: url.scheme == .https ? url.host : nil)
        }
        configuration.certificateAuthority = upstream.certificateAuthority
        if let timeout = upstream.connectTimeout { configuration.connectTimeout = TimeAmount(timeout) }
        if let timeout = upstream.headTimeout { configuration.headTimeout = TimeAmount(timeout) }
        if let timeout = upstream.idleTimeout { configuration.idleTimeout = TimeAmount(timeout) }
        if let count = upstream.maximumConnections { configuration.maximumConnections = count }
        return configuration
    }

    /// What the upstream is sent as `Host`.
    static func host(_ upstream: Settings.Upstream) -> String {
        if let url = try? HTTPURL(upstream.url) { return url.authority }
        return "localhost"
    }

    /// What is put before the path of each request: the path of the upstream's URL, without a slash at its end.
    static func path(_ upstream: Settings.Upstream) -> String {
        guard let url = try? HTTPURL(upstream.url) else { return "" }
        return url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    }

    /// `host:port`, `[v6]:port`, `:port`, or `unix:/path`.
    static func listenAddress(_ text: String) throws(TranslationError) -> GateProxy.ListenAddress {
        if text.hasPrefix("unix:") { return .unix(path: String(text.dropFirst(5))) }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw TranslationError("\(text) is not an address: expected host:port, as in 127.0.0.1:8080")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return .tcp(host: host.isEmpty ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : host, port: port)
    }

    static func listener(_ settings: Settings) throws(TranslationError) -> GatewayListener.Configuration {
        var addresses: [GateProxy.ListenAddress] = []
        for text in settings.listen { addresses.append(try listenAddress(text)) }
        var configuration = GatewayListener.Configuration(addresses: addresses)
        configuration.limits.head.headBytes = settings.limits.headBytes
        configuration.limits.head.fieldCount = settings.limits.fieldCount
        configuration.limits.head.lineBytes = settings.limits.lineBytes
        configuration.limits.head.targetBytes = min(settings.limits.lineBytes, 8_000)
        configuration.limits.connections = settings.limits.connections
        configuration.limits.connectionsPerAddress = settings.limits.connectionsPerAddress
        configuration.timeouts.head = TimeAmount(settings.timeouts.head)
        configuration.timeouts.idle = TimeAmount(settings.timeouts.idle)
        configuration.timeouts.body = TimeAmount(settings.timeouts.body)
        configuration.timeouts.writeStall = TimeAmount(settings.timeouts.writeStall)
        configuration.drain = settings.timeouts.drain
        return configuration
    }
}
