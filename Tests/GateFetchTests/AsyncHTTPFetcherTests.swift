// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation
import GateFetch
import GateOAuth
import GateTestKit
import Synchronization
import Testing

@Suite("Outbound HTTP")
struct AsyncHTTPFetcherTests {
    /// Answers from a table and counts.
    final class FixedResolver: AddressResolving {
        private let table: [String: [String]]
        private let count = Mutex(0)
        private let isBroken = Mutex(false)

        init(_ table: [String: [String]]) { self.table = table }

        var questions: Int { count.withLock { $0 } }
        func breakDown() { isBroken.withLock { $0 = true } }

        func addresses(of host: String) async throws(FetchError) -> [IPAddress] {
            count.withLock { $0 += 1 }
            if isBroken.withLock({ $0 }) { throw FetchError(.nameResolution, "broken") }
            return (table[host] ?? []).compactMap { IPAddress($0) }
        }
    }

    static let loopback = EgressPolicy(reachable: [.loopback], plainHTTP: [.loopback])

    private func withServer(
        _ configuration: AsyncHTTPFetcher.Configuration = .init(),
        resolver: any AddressResolving = FixedResolver([:]),
        _ body: (HostileServer, AsyncHTTPFetcher) async throws -> Void
    ) async throws {
        let server = try await HostileServer.start()
        let fetcher = try AsyncHTTPFetcher(configuration, resolver: resolver)
        do {
            try await body(server, fetcher)
        } catch {
            await fetcher.shutdown()
            try await server.stop()
            throw error
        }
        await fetcher.shutdown()
        try await server.stop()
    }

    private func code(
        _ fetcher: AsyncHTTPFetcher, _ address: String, _ policy: EgressPolicy = loopback
    ) async -> FetchError.Code? {
        do {
            _ = try await fetcher.fetch(.json(try HTTPURL(address)), under: policy)
            return nil
        } catch let error as FetchError {
            return error.code
        } catch {
            Issue.record("\(address) is no address")
            return nil
        }
    }

    @Test("an answer comes whole, whatever its status, and redirects are not followed")
    func answers() async throws {
        try await withServer { server, fetcher in
            let good = try await fetcher.fetch(.json(try server.url("/ok")), under: Self.loopback)
            #expect(good.status == 200)
            #expect(good.mediaType == "application/json")
            #expect(good.body == Array("{}".utf8))
            #expect(try await fetcher.fetch(.json(try server.url("/500")), under: Self.loopback).status == 500)
            let redirect = try await fetcher.fetch(.json(try server.url("/redirect")), under: Self.loopback)
            #expect(redirect.status == 302)
            #expect(redirect.fields.values(of: "location") == ["/ok"])
        }
    }

    @Test("a form is sent as it should be")
    func form() async throws {
        try await withServer { server, fetcher in
            let request = FetchRequest.form(
                try server.url("/echo"), ["token": "t 1"], fields: [.init("authorization", "Basic eDp5")])
            let echo = String(decoding: try await fetcher.fetch(request, under: Self.loopback).body, as: UTF8.self)
            #expect(echo.hasPrefix("post /echo http/1.1"))
            #expect(echo.contains("content-type: application/x-www-form-urlencoded"))
            #expect(echo.contains("authorization: basic edp5"))
            #expect(echo.contains("user-agent: gatehouse"))
            #expect(echo.hasSuffix("\n\ntoken=t%201"))
        }
    }

    @Test(
        "a peer that misbehaves is given up, by its size or by the deadline",
        arguments: [
            ("/close", FetchError.Code.broken), ("/cut", .broken), ("/garbage", .broken), ("/declares-huge", .tooLarge),
            ("/huge", .tooLarge), ("/hang", .timeout), ("/drip", .timeout),
        ])
    func faults(_ path: String, _ expected: FetchError.Code) async throws {
        try await withServer(.init(deadline: .seconds(5))) { server, fetcher in
            #expect(await code(fetcher, server.address(path)) == expected)
        }
    }

    @Test("nobody there")
    func refused() async throws {
        let server = try await HostileServer.start()
        let url = server.address("/ok")
        try await server.stop()
        let fetcher = try AsyncHTTPFetcher(resolver: FixedResolver([:]))

        #expect(await code(fetcher, url) == .connect)
        await fetcher.shutdown()
        #expect(await code(fetcher, url) == .closed)
    }

    @Test("a request that is given up ends at once")
    func cancellation() async throws {
        // So long a deadline that only giving up can end it.
        try await withServer(.init(deadline: .seconds(3_600))) { server, fetcher in
            let url = server.address("/hang")
            let task = Task { await code(fetcher, url) }
            for _ in 0..<1_000 { await Task.yield() }
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }

    @Test("the guard looks at addresses, not names, and connects to the one it looked at")
    func guardLooksAtAddresses() async throws {
        let resolver = FixedResolver([
            "public.example": ["127.0.0.1"], "mixed.example": ["10.255.255.1", "169.254.169.254", "127.0.0.1"],
            "metadata.example": ["169.254.169.254", "fd00:ec2::254"], "nobody.example": [],
        ])
        try await withServer(resolver: resolver) { server, fetcher in
            let named = { (host: String) in "http://\(host):\(server.port)/ok" }
            #expect(await code(fetcher, named("public.example"), .publicOnly) == .forbidden)
            #expect(resolver.questions == 0)
            let plain = EgressPolicy(reachable: [.global], plainHTTP: [.global])
            #expect(await code(fetcher, named("public.example"), plain) == .forbidden)
            #expect(await code(fetcher, named("metadata.example")) == .forbidden)
            #expect(await code(fetcher, named("mixed.example")) == nil)
            #expect(await code(fetcher, "http://[::ffff:10.0.0.1]:\(server.port)/ok") == .forbidden)
            #expect(await code(fetcher, "https://127.0.0.1:\(server.port)/ok", .publicOnly) == .forbidden)
        }
    }

    @Test("another address is tried when one does not answer")
    func severalAddresses() async throws {
        let resolver = FixedResolver(["two.example": ["127.0.0.2", "127.0.0.1"]])
        try await withServer(resolver: resolver) { server, fetcher in
            for _ in 0..<3 {
                #expect(await code(fetcher, "http://two.example:\(server.port)/ok") == nil)
            }
        }
    }

    @Test("messages name the host and hold nothing of the request")
    func messages() async throws {
        try await withServer(.init(deadline: .milliseconds(200))) { server, fetcher in
            for path in ["/hang?token=SECRET", "/close?token=SECRET"] {
                var request = FetchRequest.form(try server.url(path), ["token": "SECRET"])
                request.fields.append(.init("authorization", "Bearer SECRET"))
                do throws(FetchError) {
                    _ = try await fetcher.fetch(request, under: Self.loopback)
                    Issue.record("an answer")
                } catch {
                    #expect(!"\(error)".contains("SECRET"))
                    #expect("\(error)".contains("127.0.0.1"))
                }
            }
        }
    }

    @Test("a known address is used again, and kept while the resolver fails")
    func remembersAddresses() async throws {
        let base = FixedResolver(["a.example": ["192.0.2.1"]])
        let time = Mutex(ContinuousClock.now)
        let resolver = CachingAddressResolver(base) { time.withLock { $0 } }

        for _ in 0..<3 { #expect(try await resolver.addresses(of: "a.example").count == 1) }
        #expect(base.questions == 1)
        base.breakDown()
        time.withLock { $0 += .seconds(3_600) }
        #expect(try await resolver.addresses(of: "a.example").count == 1)
        #expect(base.questions == 2)
        time.withLock { $0 += .seconds(86_400) }
        await #expect(throws: FetchError.self) { try await resolver.addresses(of: "a.example") }
    }

    @Test("the operating system's resolver")
    func systemResolver() async throws {
        let found = try await SystemAddressResolver().addresses(of: "localhost")

        #expect(found.contains { AddressClassifier.classify($0) == .loopback })
    }

    @Test("trust roots that cannot be read are the operator's fault")
    func trustRoots() {
        #expect(throws: FetchError.self) {
            _ = try AsyncHTTPFetcher(.init(additionalTrustRoots: ["/nonexistent/ca.pem"]))
        }
    }

    @Test(
        "a certificate for the peer's address is none for its name (RFC 9525 §6.3)",
        arguments: [("localhost", "200"), ("127.0.0.1", "200"), ("login.example", "tls")])
    func serverNames(_ host: String, _ expected: String) async throws {
        let authority = FileManager.default.temporaryDirectory.appending(
            path: "gatehouse-\(UInt64.random(in: 0...UInt64.max)).pem")
        try Data(TestCertificates.authority.utf8).write(to: authority)
        defer { try? FileManager.default.removeItem(at: authority) }
        // The certificate is for localhost and 127.0.0.1, and that is where every name leads.
        let server = try await HostileServer.start(tls: try TestCertificates.server(alpn: ["http/1.1"]))
        let fetcher = try AsyncHTTPFetcher(
            .init(additionalTrustRoots: [authority.path]),
            resolver: FixedResolver(["login.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]]))
        let outcome: String
        do {
            let request = FetchRequest.json(try HTTPURL("https://\(host):\(server.port)/ok"))
            outcome = "\(try await fetcher.fetch(request, under: Self.loopback).status)"
        } catch let error as FetchError {
            outcome = "\(error.code)"
        }
        await fetcher.shutdown()
        try await server.stop()

        #expect(outcome == expected)
    }
}
