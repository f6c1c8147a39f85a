// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import Testing

/// Defences D13 and D14: names by which a client could speak for the gate.
@Suite("Field names")
struct FieldNameTests {
    private func id(_ name: String) -> FieldID {
        let bytes = Array(name.utf8)
        return FieldNames.classify(bytes.span, 0..<bytes.count)
    }

    @Test(
        "every spelling that a server may fold into x-ms-… is an identity field (D13)",
        arguments: [
            "x-ms-client-principal", "X-MS-CLIENT-PRINCIPAL", "X-Ms-Token-Aad-Access-Token", "x_ms_client_principal",
            "x-ms_client-principal", "x.ms.client.principal", "x--ms--client-principal", "X-_-ms-x", "x!ms#x",
            "http-x-ms-client-principal", "HTTP_X_MS_CLIENT_PRINCIPAL", "http--x-ms-y", "-x-ms-y", "_X_MS_Y",
            "_http_x_ms_y", "x-ms", "x-ms-", "http_x_ms", "x~ms~y", "x-ms'y", "+x-ms-y", "x|ms|y", "x`ms`y", "x^ms",
        ])
    func identity(_ name: String) { #expect(id(name) == .identity) }

    @Test(
        "names that only look alike are not",
        arguments: [
            "x-msx", "xms-client", "x-m-s", "x-mst-y", "my-x-ms-y", "http", "https-x-ms-y", "x", "x-", "h", "x1-ms-y",
            "ms-x", "y-ms-z", "http-y",
        ])
    func notIdentity(_ name: String) { #expect(id(name) != .identity) }

    @Test("names are recognised in any case (RFC 9110 §5.1)")
    func knownNames() {
        let known: [String: FieldID] = [
            "host": .host, "connection": .connection, "content-length": .contentLength,
            "transfer-encoding": .transferEncoding, "te": .te, "trailer": .trailer, "upgrade": .upgrade,
            "keep-alive": .keepAlive, "expect": .expect, "proxy-connection": .proxyConnection,
            "proxy-authorization": .proxyAuthorization, "proxy-authenticate": .proxyAuthenticate,
            "proxy-anything": .proxyConnection, "http2-settings": .http2Settings, "authorization": .authorization,
            "cookie": .cookie, "x-zumo-auth": .zumoAuth, "content-type": .contentType,
            "content-encoding": .contentEncoding, "accept": .accept, "origin": .origin,
            "access-control-request-method": .accessControlRequestMethod,
            "access-control-request-headers": .accessControlRequestHeaders, "sec-fetch-mode": .secFetchMode,
            "sec-fetch-site": .secFetchSite, "forwarded": .forwarded, "x-forwarded-for": .xForwardedFor,
            "x-forwarded-proto": .xForwardedProto, "x-forwarded-host": .xForwardedHost,
            "x-forwarded-port": .xForwardedPort, "x-forwarded-prefix": .xForwardedPrefix,
            "x-forwarded-anything": .xForwardedPrefix, "x-real-ip": .xRealIP, "x-client-ip": .xRealIP,
            "true-client-ip": .xRealIP, "cf-connecting-ip": .xRealIP, "fastly-client-ip": .xRealIP,
            "x-cluster-client-ip": .xRealIP, "x-envoy-external-address": .xRealIP, "x-original-url": .pathOverride,
            "x-rewrite-url": .pathOverride, "x-forwarded-uri": .pathOverride, "x-forwarded-path": .pathOverride,
            "x-forwarded-method": .pathOverride, "x-http-method-override": .pathOverride,
            "x-method-override": .pathOverride, "mcp-session-id": .mcpSessionID,
            "mcp-protocol-version": .mcpProtocolVersion, "mcp-method": .mcpMethod, "mcp-name": .mcpName,
            "last-event-id": .lastEventID, "traceparent": .traceparent, "tracestate": .tracestate,
            "x-request-id": .requestID, "set-cookie": .setCookie, "server": .server, "date": .date,
            "www-authenticate": .wwwAuthenticate, "vary": .vary, "cache-control": .cacheControl, "location": .location,
            "access-control-allow-origin": .accessControlAnswer, "x-other": .other, "etag": .other, "a": .other,
        ]
        for (name, expected) in known {
            #expect(id(name) == expected, "\(name)")
            #expect(id(name.uppercased()) == expected, "\(name)")
        }
    }

    @Test(
        "D13: names that gateway interfaces turn into known ones are ambiguous, and never forwarded",
        arguments: [
            "Content.Length", "Transfer--Encoding", "Transfer~Encoding", "X.Forwarded.For", "X--Real-IP",
            "Mcp.Session.Id",
            "-Cookie", "X.Original.URL", "Proxy!Authorization", "Last|Event|ID",
        ])
    func imitations(_ name: String) throws {
        let (head, bytes) = try scanned("GET / HTTP/1.1\r\nHost: a\r\n\(name): 1\r\nX-A: b\r\n\r\n")
        var out: [UInt8] = []
        RequestHeadWriter.write(head, bytes.span, RequestEdits(dropsForwarding: false), into: &out)

        #expect(head.first(.ambiguousName) != nil)
        #expect(text(out) == "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n")
    }

    @Test("odd names that imitate nothing go on", arguments: ["x.custom", "X--Custom", "$WSEP", "X-A-", "!", "Host-"])
    func harmless(_ name: String) throws {
        let (head, _) = try scanned("GET / HTTP/1.1\r\nHost: a\r\n\(name): 1\r\n\r\n")

        #expect(head.fields.last?.id == .other)
    }

    @Test("a name with an underscore is never forwarded (D13)")
    func underscore() throws {
        let (head, bytes) = try scanned("GET / HTTP/1.1\r\nHost: a\r\nX_Y: z\r\nAuthorization_: b\r\n\r\n")
        var out: [UInt8] = []
        RequestHeadWriter.write(head, bytes.span, RequestEdits(forwardsAuthorization: true), into: &out)

        #expect(text(out) == "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    }
}
