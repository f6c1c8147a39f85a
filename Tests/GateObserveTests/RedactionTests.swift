// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateObserve
import Testing

@Suite("Redaction")
struct RedactionTests {
    private static let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

    @Test(
        "what looks like a secret is left out",
        arguments: [
            ("Authorization: Bearer abcdefghijk.lmn", "Authorization: [redacted]"),
            ("got bearer abcdefghijk~+/= from client", "got bearer [redacted] from client"),
            ("Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"),
            ("token was \(jwt)!", "token was [redacted]!"),
            ("client_secret=s3cr3t&x=1", "client_secret=[redacted]&x=1"),
            (#"{"client_secret":"s3\"cr3t","a":1}"#, #"{"client_secret":"[redacted]","a":1}"#),
            (#"{"Refresh_Token" : "abc"}"#, #"{"Refresh_Token" : "[redacted]"}"#),
            ("Cookie: a=b; c=d\nnext", "Cookie: [redacted]\nnext"),
            ("set-cookie: s=1; HttpOnly", "set-cookie: [redacted]"),
            ("GET /cb?code=abc&state=xyz&iss=i", "GET /cb?code=[redacted]&state=[redacted]&iss=i"),
            ("password: hunter2, next", "password: [redacted], next"),
            ("access_token=\(jwt)", "access_token=[redacted]"),
        ])
    func redacts(_ text: String, _ expected: String) {
        #expect(Redaction.redact(text) == expected)
    }

    @Test(
        "ordinary text stays as it is",
        arguments: [
            "listening on 127.0.0.1:8080", "error code: 42", #"Bearer error="invalid_token""#, "the secret is safe",
            "token cache emptied", "basic authentication is off", "https://login.example/.well-known/jwks.json?v=1",
            "state changed to draining", "sha256 eyJ", "päßwort – ok", "",
        ])
    func keeps(_ text: String) {
        #expect(Redaction.redact(text) == text)
    }

    @Test(
        "metadata keys that name secrets",
        arguments: [
            ("oauth.client_secret", true), ("Authorization", true), ("set-cookie", true), ("oauth.client_id", false),
            ("gatehouse.phase", false), ("token", true), ("token.kind", false),
        ])
    func keys(_ key: String, _ isSecret: Bool) {
        #expect(Redaction.isSecretKey(key) == isSecret)
    }
}
