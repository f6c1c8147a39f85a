// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateOAuth

/// What a path is (phase CLASSIFY).
enum RouteMatch: Sendable {
    /// The metadata document of a resource.
    case metadata(ProtectedResource)
    /// The control plane in this process: `/.auth/…`.
    case control
    /// Passed on without a credential (`excludedPaths`).
    case exempt(upstream: Int)
    case protected(ProtectedResource, isMCP: Bool)
    /// Discovery metadata that the gate answers for and does not have (requirement PRM-10, quirk Q23).
    case absent
    case nothing
}

/// The paths of one configuration, looked up on the one normalised path; the query plays no part (defence D15).
struct RouteTable: Sendable {
    /// An entry of `excludedPaths`: exact, or with `/*` everything below on a segment boundary.
    struct Exclusion: Sendable {
        let path: [UInt8]
        let includesBelow: Bool

        init(_ pattern: String) {
            if pattern == "/*" {
                path = [UInt8(ascii: "/")]
                includesBelow = true
            } else if pattern.hasSuffix("/*") {
                path = Array(pattern.utf8.dropLast(2))
                includesBelow = true
            } else {
                path = Array(pattern.utf8)
                includesBelow = false
            }
        }
    }

    private let exclusions: [Exclusion]
    private let apiPrefix: [UInt8]
    private let logoutEndpoint: [UInt8]?
    /// Longest path first.
    private let resources: [ProtectedResource]
    private let metadata: [(path: [UInt8], resource: ProtectedResource)]

    init(resources: [ProtectedResource], exclusions: [String], apiPrefix: String, logoutEndpoint: String? = nil) {
        self.exclusions = exclusions.map(Exclusion.init)
        self.apiPrefix = Array(apiPrefix.utf8)
        self.logoutEndpoint = logoutEndpoint.map { Array($0.utf8) }
        self.resources = resources.sorted { $0.pathOctets.count > $1.pathOctets.count }
        var metadata: [(path: [UInt8], resource: ProtectedResource)] = []
        for resource in resources where !resource.configuration.isImplied || resources.count == 1 {
            let path = resource.configuration.path == "/" ? "" : resource.configuration.path
            metadata += WellKnownPaths.metadata(ofResourceAt: path).map { (Array($0.utf8), resource) }
        }
        // The root address answers when there is no doubt which resource is meant (requirements PRM-02, PRM-11).
        let declared = resources.filter { !$0.configuration.isImplied || resources.count == 1 }
        if declared.count == 1, let only = declared.first {
            let root = Array(WellKnownPaths.protectedResource.utf8)
            if !metadata.contains(where: { $0.path == root }) { metadata.append((root, only)) }
        }
        self.metadata = metadata
    }

    func match(_ bytes: Span<UInt8>, _ path: Range<Int>) -> RouteMatch {
        // Nearly every path is that of a resource; only those with a dot segment name can be anything well known.
        let hasDotName = containsDotName(bytes, path)
        if hasDotName {
            for (known, resource) in metadata where NormalizedPath.matches(bytes, path, known, includingBelow: false) {
                return .metadata(resource)
            }
            if NormalizedPath.matches(bytes, path, apiPrefix, includingBelow: true) { return .control }
        }
        if let logoutEndpoint, NormalizedPath.matches(bytes, path, logoutEndpoint, includingBelow: false) {
            return .control
        }
        for exclusion in exclusions
        where NormalizedPath.matches(bytes, path, exclusion.path, includingBelow: exclusion.includesBelow) {
            return .exempt(upstream: owner(bytes, path)?.configuration.upstream ?? 0)
        }
        if hasDotName, isDiscovery(bytes.text(at: path)) { return .absent }
        guard let resource = owner(bytes, path), !isLookalike(bytes, path, of: resource) else { return .nothing }
        return .protected(resource, isMCP: resource.configuration.isMCP)
    }

    /// The resource with the longest path that the path lies at or below.
    private func owner(_ bytes: Span<UInt8>, _ path: Range<Int>) -> ProtectedResource? {
        for resource in resources where NormalizedPath.matches(bytes, path, resource.pathOctets, includingBelow: true) {
            return resource
        }
        return nil
    }

    /// The rest of the site must not be a way round a declared resource: many servers take `/MCP` for `/mcp`.
    private func isLookalike(_ bytes: Span<UInt8>, _ path: Range<Int>, of resource: ProtectedResource) -> Bool {
        guard resource.configuration.isImplied, resources.count > 1 else { return false }
        let folded = bytes.text(at: path).lowercased()
        let octets = Array(folded.utf8)
        return resources.contains { other in
            !other.configuration.isImplied
                && NormalizedPath.matches(octets.span, 0..<octets.count, other.foldedPathOctets, includingBelow: true)
        }
    }

    /// True when a segment begins with a dot, or the API prefix is a path without one.
    private func containsDotName(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Bool {
        if apiPrefix.count > 1, apiPrefix[1] != UInt8(ascii: ".") { return true }
        var previous: UInt8 = 0
        for i in path {
            if previous == UInt8(ascii: "/"), bytes[i] == UInt8(ascii: ".") { return true }
            previous = bytes[i]
        }
        return false
    }

    /// What clients probe for on the way to an authorization server; a clean 404 sends them on to the next place (quirk Q23).
    private func isDiscovery(_ path: String) -> Bool {
        path.contains("/.well-known/oauth-") || path.contains("/.well-known/openid-configuration")
    }
}
