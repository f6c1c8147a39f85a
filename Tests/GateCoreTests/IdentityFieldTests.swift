// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateMCP
import GateObserve
import GatePolicy
import GateTime
import GateCore
import GateIdentity
import GateJSON
import GateOAuth
import GateTestKit
import Testing

/// Who calls, as the server behind the gate is told (Easy Auth: "Access user claims in app code"; defences D13, D19).
struct IdentityFieldTests {
    @Test("X-MS-CLIENT-PRINCIPAL is the claims document of Easy Auth, octet for octet")
    func golden() async throws {
        let gate = try GateHarness()
        let token = try gate.token(["email": "alice@example.com", "groups": ["g1", "g2"], "roles": ["Writer"]])

        let seen = await gate.ask("POST /mcp", bearer: token)

        let field = try #require(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL").first)
        let document = String(decoding: try #require(Base64.decode(field)), as: UTF8.self)
        #expect(
            document == #"{"auth_typ":"custom","claims":[{"typ":"iss","val":"https://login.example"},"#
                + #"{"typ":"aud","val":"https://mcp.example/mcp"},{"typ":"sub","val":"alice"},"#
                + #"{"typ":"iat","val":"1795391995"},{"typ":"nbf","val":"1795391995"},{"typ":"exp","val":"1795392600"},"#
                + #"{"typ":"jti","val":"t-1"},{"typ":"client_id","val":"client-1"},"#
                + #"{"typ":"scope","val":"mcp.read mcp.write"},{"typ":"email","val":"alice@example.com"},"#
                + #"{"typ":"groups","val":"g1"},{"typ":"groups","val":"g2"},{"typ":"roles","val":"Writer"}],"#
                + #""name_typ":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name","#
                + #""role_typ":"http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}"#)
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-ID") == ["alice"])
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-NAME") == ["alice@example.com"])
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-IDP") == ["custom"])
    }

    @Test(
        "a value is visible ASCII on one line; the rest is percent-encoded UTF-8 (D19)",
        arguments: [
            ("Zoë", "Zo%C3%AB"), ("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1"), ("50%", "50%25"), ("%0A", "%250A"),
            ("Alice Ng", "Alice Ng"), (" a ", "%20a%20"), ("a\u{0}b", "a%00b"), ("a\tb", "a%09b"), ("\u{7F}", "%7F"),
            ("山", "%E5%B1%B1"), ("a\u{85}b", "a%C2%85b"),
        ])
    func encoding(_ name: String, _ expected: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(["email": .string(name), "sub": .string(name)]))

        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-NAME") == [expected])
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-ID") == [expected])
        #expect(seen.upstreamFields("X-Evil").isEmpty)
        #expect(seen.upstream.utf8.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 0x0D || $0 == 0x0A) })
    }

    @Test("what is too long for a field is left out, not cut (D19)")
    func tooLong() async throws {
        let gate = try GateHarness()

        let seen = await gate.ask(
            "POST /mcp", bearer: try gate.token(["email": .string(String(repeating: "é", count: 300))]))

        #expect(seen.isForwarded)
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-NAME").isEmpty)
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-ID") == ["alice"])
    }

    @Test(
        "identity fields of the caller never go on (D13)",
        arguments: [
            "X-MS-CLIENT-PRINCIPAL-ID: root", "x-ms-client-principal: e30=", "X-MS-TOKEN-AAD-ACCESS-TOKEN: x",
            "X-Ms-Anything: root", "X--MS--CLIENT-PRINCIPAL-ID: root", "HTTP-X-MS-CLIENT-PRINCIPAL-ID: root",
        ])
    func spoofed(_ field: String) async throws {
        let gate = try GateHarness()

        let seen = await gate.ask("POST /mcp", bearer: try gate.token(), field)

        #expect(seen.isForwarded)
        #expect(!seen.upstream.contains("root"))
        #expect(!seen.upstream.contains("e30="))
        #expect(!seen.upstream.contains("TOKEN"))
        #expect(seen.upstreamFields("X-MS-CLIENT-PRINCIPAL-ID") == ["alice"])
    }

    @Test("a name with an underscore is 400 for whoever may pass, 401 for others (D13)")
    func underscore() async throws {
        let gate = try GateHarness()
        let field = "X_MS_CLIENT_PRINCIPAL_ID: root"

        #expect(await gate.ask("POST /mcp", bearer: try gate.token(), field).status == 400)
        #expect(await gate.ask("POST /mcp", field).status == 401)
    }
}
