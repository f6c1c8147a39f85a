// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
import GateOAuth
import GateTime
import Testing

@Suite("Token requests and responses")
struct TokenTests {
    private static func parse(_ body: String, _ authorization: String? = nil) throws(OAuthError) -> TokenRequest {
        try TokenRequest(parsing: Array(body.utf8), authorization: authorization)
    }

    private static func code(of body: String, _ authorization: String? = nil) -> OAuthError.Code? {
        do throws(OAuthError) {
            _ = try parse(body, authorization)
            return nil
        } catch { return error.code }
    }

    private static func basic(_ pair: String) -> String { "Basic " + Base64.encode(pair.utf8) }

    @Test("the grants, written and read back (RFC 6749 §4.1.3, §4.4, §6, RFC 8707 §2.2)")
    func grants() throws {
        let grants: [TokenRequest.Grant] = [
            .authorizationCode(code: Secret("c"), redirectURI: "http://127.0.0.1:1/cb", verifier: Secret("v")),
            .authorizationCode(code: Secret("c"), redirectURI: nil, verifier: Secret("v")),
            .refreshToken(Secret("r"), scope: nil), .refreshToken(Secret("r"), scope: ["a", "b"]),
            .clientCredentials(scope: ["a"]),
        ]
        let clients = [
            TokenRequest.Client(id: ClientID("a:b c")),
            TokenRequest.Client(id: ClientID("a:b c"), secret: Secret("s: é+"), method: .secretBasic),
            TokenRequest.Client(id: ClientID("c"), secret: Secret("s"), method: .secretPost),
        ]
        for grant in grants {
            for client in clients {
                let request = TokenRequest(grant, client: client, resources: [ResourceIndicator("https://gw/mcp")])
                #expect(try Self.parse(request.parameters.encoded, request.authorization?.revealed) == request)
            }
        }
    }

    @Test(
        "TOK-02, TOK-13, TOK-14: what is refused, and as what (RFC 6749 §5.2)",
        arguments: [
            ("client_id=c", "invalid_request"),
            ("grant_type=password&client_id=c&username=u&password=p", "unsupported_grant_type"),
            ("grant_type=implicit&client_id=c", "unsupported_grant_type"),
            ("grant_type=authorization_code&client_id=c&code_verifier=v", "invalid_request"),
            ("grant_type=authorization_code&client_id=c&code=x", "invalid_request"),
            ("grant_type=refresh_token&client_id=c", "invalid_request"),
            ("grant_type=refresh_token&client_id=c&refresh_token=", "invalid_request"),
            ("grant_type=refresh_token&client_id=c&refresh_token=r&refresh_token=r", "invalid_request"),
            ("grant_type=refresh_token&refresh_token=r", "invalid_client"),
            (#"{"grant_type":"refresh_token"}"#, "invalid_client"),
            ("grant_type=refresh_token&client_id=c&refresh_token=r&resource=x", "invalid_target"),
            ("grant_type=%ff", "invalid_request"),
        ])
    func refused(_ body: String, _ code: String) {
        #expect(Self.code(of: body) == OAuthError.Code(code))
    }

    @Test("a body that is no text is refused")
    func notText() {
        #expect(throws: OAuthError.self) { try TokenRequest(parsing: [0xFF, 0xFE], authorization: nil) }
    }

    @Test("TOK-12: one proof of the client, in one place (RFC 6749 §2.3)")
    func clients() throws {
        let refresh = "grant_type=refresh_token&refresh_token=r"
        #expect(try Self.parse(refresh + "&client_id=c&client_secret=").client == .init(id: ClientID("c")))
        #expect(
            try Self.parse(refresh + "&client_id=c&client_secret=s").client
                == .init(id: ClientID("c"), secret: Secret("s"), method: .secretPost))
        let basic = TokenRequest.Client(id: ClientID("c"), secret: Secret("s"), method: .secretBasic)
        #expect(try Self.parse(refresh, Self.basic("c:s")).client == basic)
        #expect(try Self.parse(refresh, Self.basic("c:s").replacing("Basic", with: "bASIC ")).client == basic)
        #expect(try Self.parse(refresh + "&client_id=c", Self.basic("c:s")).client == basic)
        #expect(try Self.parse(refresh, Self.basic("c:")).client == .init(id: ClientID("c")))
        #expect(try Self.parse(refresh, Self.basic("a%3Ab:s%20t")).client.id == ClientID("a:b"))

        #expect(Self.code(of: refresh + "&client_id=d", Self.basic("c:s")) == .invalidClient)
        #expect(Self.code(of: refresh + "&client_id=c&client_secret=s", Self.basic("c:s")) == .invalidRequest)
        for field in [
            "", "Basic", "Basic !", "Bearer x", Self.basic("c"), Self.basic(":s"), Self.basic("c:%zz"),
            Self.basic("c:s") + " x",
        ] {
            #expect(Self.code(of: refresh + "&client_id=c", field) == .invalidClient, "\(field)")
        }
    }

    @Test("TOK-01: an answer, written and read back; no member is null (RFC 6749 §5.1)")
    func responses() throws {
        let full = TokenResponse(
            accessToken: Secret("a"), expiresIn: .seconds(3_600), refreshToken: Secret("r"), scope: ["x", "y"],
            idToken: Secret("i"))
        #expect(
            String(decoding: full.json, as: UTF8.self)
                == #"{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r","scope":"x y","id_token":"i"}"#
        )
        #expect(try TokenResponse(parsing: full.json) == full)
        #expect(
            String(decoding: TokenResponse(accessToken: Secret("a")).json, as: UTF8.self)
                == #"{"access_token":"a","token_type":"Bearer"}"#)
        let lax = try TokenResponse(
            parsing: Array(
                #"{"token_type":"bearer","access_token":"a","expires_in":"3599","scope":"","refresh_token":null}"#.utf8)
        )
        #expect(lax.expiresIn == .seconds(3_599) && lax.scope == [] && lax.refreshToken == nil && lax.isBearer)
        #expect(!"\(full)".contains("\"a\"") && !"\(full)".contains("\"r\""))
    }

    @Test(
        "an answer of another shape is none",
        arguments: [
            ("<html>", "(document)"), ("[]", "(document)"), ("{}", "access_token"),
            (#"{"access_token":"a"}"#, "token_type"),
            (#"{"access_token":"","token_type":"Bearer"}"#, "access_token"),
            (#"{"access_token":1,"token_type":"Bearer"}"#, "access_token"),
            (#"{"access_token":"a","token_type":"Bearer","expires_in":-1}"#, "expires_in"),
            (#"{"access_token":"a","token_type":"Bearer","expires_in":1e30}"#, "expires_in"),
            (#"{"access_token":"a","token_type":"Bearer","expires_in":"soon"}"#, "expires_in"),
            (#"{"access_token":"a","token_type":"Bearer","scope":["x"]}"#, "scope"),
            (#"{"access_token":"a","token_type":"Bearer","refresh_token":""}"#, "refresh_token"),
        ])
    func malformedResponses(_ text: String, _ member: String) {
        #expect {
            try TokenResponse(parsing: Array(text.utf8))
        } throws: { ($0 as? TokenResponse.ParseError)?.member == member }
    }

    @Test("TOK-04, TOK-15: errors and their status (RFC 6749 §5.2)")
    func errors() {
        let error = OAuthError(.invalidGrant, "the code is \"used\"\\\r\n é")
        #expect(
            String(decoding: error.json, as: UTF8.self)
                == #"{"error":"invalid_grant","error_description":"the code is used "}"#)
        #expect(OAuthError(parsing: error.json)?.code == .invalidGrant)
        #expect(
            error.status == 400 && OAuthError(.invalidClient).status == 401 && OAuthError(.serverError).status == 500)
        for text in ["", "{}", #"{"error":""}"#, #"{"error":{"code":1}}"#, #"{"error":"a\"b"}"#, "<html>"] {
            #expect(OAuthError(parsing: Array(text.utf8)) == nil)
        }
    }
}

@Suite("Client registration")
struct ClientMetadataTests {
    private static func parse(_ text: String) throws(OAuthError) -> ClientMetadata {
        try ClientMetadata(parsing: Array(text.utf8), applicationSchemes: ["cursor"])
    }

    @Test("DCR-01, DCR-04, DCR-05: what was registered is echoed (RFC 7591 §3.2.1)")
    func rfc7591_3_2_1_echo() throws {
        let metadata = try Self.parse(
            #"{"client_name":"Claude Code (gw)","redirect_uris":["http://localhost:53111/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native","scope":"mcp.read offline_access","logo_uri":"http://10.0.0.1/","x":1}"#
        )
        #expect(
            String(
                decoding: metadata.json(clientID: ClientID("c_1"), issuedAt: Instant(seconds: 1_795_411_200)),
                as: UTF8.self)
                == #"{"client_id":"c_1","client_id_issued_at":1795411200,"redirect_uris":["http://localhost:53111/callback"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],"client_name":"Claude Code (gw)","scope":"mcp.read offline_access","application_type":"native"}"#
        )
    }

    @Test("DCR-03: defaults, and secrets that do not expire (RFC 7591 §2)")
    func defaults() throws {
        let metadata = try Self.parse(#"{"redirect_uris":["https://c/cb","cursor://x/cb"],"scope":null}"#)
        #expect(metadata.authenticationMethod == .secretBasic && metadata.grantTypes == ["authorization_code"])
        #expect(metadata.responseTypes == ["code"] && metadata.scope == nil && metadata.displayName == nil)
        let json = try JSONValue.parse(
            metadata.json(clientID: ClientID("c"), secret: Secret("s"), issuedAt: Instant(seconds: 0)))
        #expect(json.object?["client_secret"]?.string == "s" && json.object?["client_secret_expires_at"]?.int64 == 0)
    }

    @Test(
        "DCR-02, DCR-06: what is refused, and as what (RFC 7591 §3.2.2)",
        arguments: [
            ("", "invalid_client_metadata"), ("[]", "invalid_client_metadata"),
            (#"{"redirect_uris":["https://c/"],"redirect_uris":[]}"#, "invalid_client_metadata"),
            ("{}", "invalid_redirect_uri"), (#"{"redirect_uris":[]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":"https://c/"}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://evil.example/"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["javascript:x"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["https://c/","*"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["https://c/#f"]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["https://c/",1]}"#, "invalid_redirect_uri"),
            (#"{"redirect_uris":["http://127.0.0.1/"],"application_type":"web"}"#, "invalid_redirect_uri"),
            (
                #"{"redirect_uris":["https://c/"],"token_endpoint_auth_method":"private_key_jwt"}"#,
                "invalid_client_metadata"
            ),
            (#"{"redirect_uris":["https://c/"],"grant_types":["password"]}"#, "invalid_client_metadata"),
            (#"{"redirect_uris":["https://c/"],"response_types":["token"]}"#, "invalid_client_metadata"),
            (#"{"redirect_uris":["https://c/"],"client_name":7}"#, "invalid_client_metadata"),
            (#"{"redirect_uris":["https://c/"],"scope":["a"]}"#, "invalid_client_metadata"),
        ])
    func refused(_ text: String, _ code: String) {
        #expect {
            try Self.parse(text)
        } throws: { ($0 as? OAuthError)?.code == OAuthError.Code(code) }
    }

    @Test("D34: documents and lists have limits")
    func limits() {
        let uris = (0...ClientMetadata.maximumRedirectURIs).map { #""https://c/\#($0)""# }.joined(separator: ",")
        #expect(throws: OAuthError.self) { try Self.parse(#"{"redirect_uris":[\#(uris)]}"#) }
        let padding = String(repeating: "x", count: ClientMetadata.maximumDocumentBytes)
        #expect(throws: OAuthError.self) { try Self.parse(#"{"redirect_uris":["https://c/"],"x":"\#(padding)"}"#) }
    }

    @Test(
        "D36: a name is shown without what misleads",
        arguments: [
            ("Codex", "Codex"), ("\u{202E}evil\u{202C}", "evil"), ("a\n\tb\u{0}", "ab"),
            ("  two   words ", "two words"), ("\u{200B}", nil), ("", nil),
            (String(repeating: "é", count: 100), String(repeating: "é", count: 80)),
        ] as [(String, String?)])
    func names(_ name: String, _ shown: String?) {
        #expect(ClientMetadata(redirectURIs: [], name: name).displayName == shown)
    }
}
