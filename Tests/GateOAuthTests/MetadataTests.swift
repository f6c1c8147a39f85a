// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import Testing

@Suite("Metadata documents")
struct MetadataTests {
    private static func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    @Test("PRM-01, PRM-03, PRM-04, PRM-07: the document, byte for byte (RFC 9728 §2)")
    func rfc9728_2_document() {
        let metadata = ProtectedResourceMetadata(
            resource: ResourceIndicator("https://gw.example/mcp"),
            authorizationServers: [IssuerURL("https://idp.example/t/"), IssuerURL("https://idp.example")],
            scopesSupported: ["api://id/user_impersonation", "mcp.read"], resourceName: "Example \"MCP\"")
        #expect(
            Self.text(metadata.json) == #"""
                {"resource":"https://gw.example/mcp","authorization_servers":["https://idp.example/t/","https://idp.example"],\#
                "scopes_supported":["api://id/user_impersonation","mcp.read"],"bearer_methods_supported":["header"],\#
                "resource_name":"Example \"MCP\""}
                """#)
    }

    @Test("PRM-08: members without elements are left out (RFC 9728 §2)")
    func rfc9728_2_empty() {
        let metadata = ProtectedResourceMetadata(
            resource: ResourceIndicator("https://h"), authorizationServers: [], bearerMethodsSupported: [],
            resourceName: "", resourceDocumentation: "")
        #expect(Self.text(metadata.json) == #"{"resource":"https://h"}"#)
    }

    @Test("PRM-05: offline_access is not published (MCP 2026-07-28, Refresh Tokens)")
    func offlineAccess() {
        let metadata = ProtectedResourceMetadata(
            resource: ResourceIndicator("https://h"), authorizationServers: [],
            scopesSupported: ["b", "offline_access", "a"])
        #expect(Self.text(metadata.json).contains(#""scopes_supported":["b","a"]"#))
    }

    @Test(
        "PRM-02, PRM-12: every address that a client may ask, the challenge's first (RFC 9728 §3.1)",
        arguments: [
            (
                "/mcp",
                [
                    "/.well-known/oauth-protected-resource/mcp", "/mcp/.well-known/oauth-protected-resource",
                    "/.well-known/oauth-protected-resource/mcp/",
                ]
            ),
            (
                "/mcp/",
                [
                    "/.well-known/oauth-protected-resource/mcp", "/mcp/.well-known/oauth-protected-resource",
                    "/.well-known/oauth-protected-resource/mcp/",
                ]
            ),
            (
                "/a/b",
                [
                    "/.well-known/oauth-protected-resource/a/b", "/a/b/.well-known/oauth-protected-resource",
                    "/.well-known/oauth-protected-resource/a/b/",
                ]
            ),
            ("/", ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/"]),
            ("", ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/"]),
        ])
    func resourcePaths(_ path: String, _ expected: [String]) {
        #expect(WellKnownPaths.metadata(ofResourceAt: path) == expected)
    }

    @Test(
        "ASM-02: where an issuer's metadata may be (RFC 8414 §3.1, OIDC Discovery §4.1)",
        arguments: [
            (
                "https://i",
                ["https://i/.well-known/oauth-authorization-server", "https://i/.well-known/openid-configuration"]
            ),
            (
                "https://i/",
                ["https://i/.well-known/oauth-authorization-server", "https://i/.well-known/openid-configuration"]
            ),
            (
                "https://i:8443/t/v2.0",
                [
                    "https://i:8443/.well-known/oauth-authorization-server/t/v2.0",
                    "https://i:8443/.well-known/openid-configuration/t/v2.0",
                    "https://i:8443/t/v2.0/.well-known/openid-configuration",
                ]
            ),
        ])
    func issuerPaths(_ issuer: String, _ expected: [String]) throws {
        #expect(WellKnownPaths.metadata(ofIssuer: try HTTPURL(issuer)) == expected)
    }

    private static func server(_ members: String, expecting issuer: String? = "https://i")
        throws(AuthorizationServerMetadata.ParseError) -> AuthorizationServerMetadata
    {
        try AuthorizationServerMetadata(
            parsing: Array(#"{"issuer":"https://i"\#(members)}"#.utf8), expecting: issuer.map { IssuerURL($0) })
    }

    @Test("both kinds of document are read (RFC 8414 §2, OIDC Discovery §3)")
    func authorizationServer() throws {
        let metadata = try Self.server(
            #"""
            ,"authorization_endpoint":"https://i/a","token_endpoint":"https://i/t","jwks_uri":"https://keys.example/j",
            "introspection_endpoint":"https://i/i","revocation_endpoint":null,"registration_endpoint":"",
            "userinfo_endpoint":"https://i/u","end_session_endpoint":"https://i/e?x","scopes_supported":["a","b"],
            "grant_types_supported":"authorization_code","code_challenge_methods_supported":["S256"],
            "token_endpoint_auth_methods_supported":["none"],"introspection_endpoint_auth_methods_supported":[1],
            "id_token_signing_alg_values_supported":["RS256","none"],"authorization_response_iss_parameter_supported":true,
            "client_id_metadata_document_supported":"yes"
            """#)
        #expect(metadata.jwksURI?.host == "keys.example" && metadata.introspectionEndpoint?.path == "/i")
        #expect(metadata.authorizationEndpoint?.path == "/a" && metadata.tokenEndpoint?.path == "/t")
        #expect(metadata.revocationEndpoint == nil && metadata.registrationEndpoint == nil)
        #expect(metadata.userInfoEndpoint?.path == "/u" && metadata.endSessionEndpoint?.query == "x")
        #expect(metadata.scopesSupported == ["a", "b"] && metadata.grantTypes.isEmpty)
        #expect(metadata.codeChallengeMethods == ["S256"] && metadata.tokenEndpointAuthMethods == ["none"])
        #expect(metadata.introspectionEndpointAuthMethods.isEmpty)
        #expect(metadata.idTokenSigningAlgorithms == ["RS256", "none"])
        #expect(metadata.sendsIssuerInResponses && !metadata.acceptsClientIDDocuments)
    }

    @Test(
        "ASM-03: another issuer's metadata is not used (RFC 8414 §3.3)",
        arguments: ["https://i/", "https://I", "http://i", "https://j", ""])
    func issuerMismatch(_ expected: String) {
        #expect(throws: AuthorizationServerMetadata.ParseError.issuerMismatch(expected: expected, found: "https://i")) {
            try Self.server("", expecting: expected)
        }
        #expect(throws: Never.self) { try Self.server("", expecting: nil) }
    }

    @Test(
        "endpoints are http or https URLs",
        arguments: [#""javascript:x""#, #""/a""#, #""https://u@i/""#, "7", #"["https://i"]"#, "false"])
    func endpoints(_ value: String) {
        #expect(throws: AuthorizationServerMetadata.ParseError.endpointInvalid("jwks_uri")) {
            try Self.server(#","jwks_uri":\#(value)"#)
        }
    }

    @Test(
        "what is no object with one issuer is no metadata",
        arguments: [
            "", "[]", "{", #"{"issuer":1}"#, "{}", #"{"issuer":""}"#, #"{"issuer":"https://i","issuer":"https://i"}"#,
            "<html>",
        ])
    func junk(_ document: String) {
        #expect(throws: AuthorizationServerMetadata.ParseError.self) {
            try AuthorizationServerMetadata(parsing: Array(document.utf8), expecting: nil)
        }
    }

    @Test("a problem document's own members stand first and are not replaced (RFC 9457 §3)")
    func rfc9457_3_problem() throws {
        let problem = ProblemDetails(
            kind: "denied", title: "No", status: 403, detail: "d\n", traceID: "abc", phase: "authorize",
            extensions: ["status": 200, "hint": "x"])
        #expect(
            Self.text(problem.json) == #"""
                {"type":"\#(ProblemDetails.typePrefix)denied","title":"No","status":403,"detail":"d\n",\#
                "instance":"urn:trace:abc","phase":"authorize","hint":"x"}
                """#)
    }
}

@Suite("Introspection answers")
struct IntrospectionResponseTests {
    private static func parse(_ text: String) throws(IntrospectionResponse.ParseError) -> IntrospectionResponse {
        try IntrospectionResponse(parsing: Array(text.utf8))
    }

    @Test("RS-20: an active token's members (RFC 7662 §2.2)")
    func rfc7662_2_2_active() throws {
        let answer = try Self.parse(
            #"{"active":true,"iss":"https://i","sub":"s","aud":["a","b"],"client_id":"c","username":"u","token_type":"Bearer","scope":"x y","exp":1795411200,"nbf":1.5,"iat":null,"extra":{"a":1}}"#
        )
        #expect(answer.isActive && answer.issuer == "https://i" && answer.subject == "s" && answer.clientID == "c")
        #expect(answer.audiences == ["a", "b"] && answer.scope == ["x", "y"] && answer.tokenType == "Bearer")
        #expect(answer.expiresAt == 1_795_411_200 && answer.notBefore == 1 && answer.issuedAt == nil)
        #expect(answer.claims["extra"] != nil && answer.username == "u")
        #expect(try Self.parse(#"{"active":true,"aud":"a"}"#).audiences == ["a"])
        #expect(try Self.parse(#"{"active":true}"#).audiences.isEmpty)
    }

    @Test("of an inactive token nothing else is read (RFC 7662 §2.2)")
    func inactive() throws {
        let answer = try Self.parse(#"{"active":false,"sub":"s","aud":7,"scope":"x"}"#)
        #expect(!answer.isActive && answer.subject == nil && answer.scope.isEmpty && answer.claims.isEmpty)
    }

    @Test(
        "RS-20: an answer of another shape is no answer",
        arguments: [
            ("", "active"), ("[]", "active"), ("{}", "active"), (#"{"active":"true"}"#, "active"),
            (#"{"active":1}"#, "active"),
            (#"{"active":null}"#, "active"), (#"{"active":true,"active":true}"#, "active"),
            (#"{"Active":true}"#, "active"),
            (#"{"active":true,"aud":7}"#, "aud"), (#"{"active":true,"aud":["a",1]}"#, "aud"),
            (#"{"active":true,"aud":{"a":1}}"#, "aud"),
            (#"{"active":true,"exp":"1795411200"}"#, "exp"), (#"{"active":true,"exp":1e300}"#, "exp"),
            (#"{"active":true,"nbf":true}"#, "nbf"),
            (#"{"active":true,"iat":[1]}"#, "iat"), (#"{"active":true,"scope":["x"]}"#, "scope"),
            (#"{"active":true,"token_type":1}"#, "token_type"),
            (#"{"active":true,"client_id":1}"#, "client_id"), (#"{"active":true,"iss":[]}"#, "iss"),
            (#"{"active":true,"sub":5}"#, "sub"),
        ])
    func refused(_ text: String, _ member: String) {
        #expect {
            try Self.parse(text)
        } throws: { ($0 as? IntrospectionResponse.ParseError)?.member == member }
    }
}
