// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateTestKit
import GateTime
import Testing

@Suite("Published vectors")
struct VectorTests {
    private func refuses(_ token: String) -> Bool {
        (try? JWSParts(parsing: Array(token.utf8).span)) == nil
    }

    /// Whether the key or key set verifies the token as a compact JWS of whatever content.
    private func verifies(_ token: String, _ key: JSONObject) -> Bool {
        do throws(JOSEError) {
            let set = try key["keys"] == nil ? JWKSet(keys: [JWK(parsing: key)]) : JWKSet(parsing: key)
            try JWSVerifier(keys: set, algorithms: Set(JWAlgorithm.allCases))
                .verify(JWSParts(parsing: Array(token.utf8).span))
            return true
        } catch {
            return false
        }
    }

    private func isSymmetric(_ key: JSONObject) -> Bool {
        let keys = key["keys"]?.array?.compactMap(\.object) ?? [key]
        return keys.contains { $0["kty"]?.string == "oct" }
    }

    /// The key of a vector that gives it as a SubjectPublicKeyInfo, which ends with the uncompressed point.
    private func ellipticKey(_ vector: Corpora.Vector) -> JSONObject? {
        let curves = [91: ("P-256", 32), 120: ("P-384", 48), 158: ("P-521", 66)]
        guard let encoded = vector.hex("key"), let (curve, size) = curves[encoded.count] else { return nil }
        let x = encoded.suffix(2 * size).prefix(size)
        return [
            "kty": "EC", "crv": .string(curve), "x": .string(Base64URL.encode(x)),
            "y": .string(Base64URL.encode(encoded.suffix(size))),
        ]
    }

    @Test("the example of RFC 8037 appendix A.4 verifies")
    func edwards() throws {
        let key: JSONObject = ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
        let token =
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

        #expect(verifies(token, key))
    }

    @Test("the example of RFC 7515 appendix A.3 verifies, and its claims expired long ago")
    func elliptic() throws {
        let key: JSONObject = [
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
        let token = """
            eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
            .DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q
            """
        let parsed = try JWSCompact(parsing: Array(token.utf8))

        #expect(verifies(token, key))
        #expect(try JWTClaims(parsed.payload).expiresAt?.seconds == 1_300_819_380)
    }

    @Test(
        "Wycheproof: JWS and JWE vectors",
        .enabled(if: Corpora.isPresent("wycheproof_jose"), "the shared vectors are absent"))
    func wycheproofJOSE() throws {
        var counts: [String: Int] = [:]
        for vector in try Corpora.vectors("wycheproof_jose") {
            guard let token = vector.string("token"), let key = vector.object["key"]?.object else {
                // A JSON serialisation, or no token at all: not a compact token.
                counts["not compact", default: 0] += 1
                let text = String(decoding: (vector.object["token_json"] ?? .null).serialized(), as: UTF8.self)
                #expect(refuses(text), "\(vector.id)")
                continue
            }
            let accepted = verifies(token, key)
            if vector.string("class") == "jwe" {
                counts["jwe", default: 0] += 1
                #expect(refuses(token) && !accepted, "\(vector.id)")
            } else if isSymmetric(key) {
                // HMAC algorithms are never supported, so even their good tokens are refused.
                counts["hmac", default: 0] += 1
                #expect(!accepted, "\(vector.id)")
            } else if vector.why.contains("emptyPayload") {
                // Valid JWS, but no JWT: a bearer token has three non-empty parts.
                counts["empty payload", default: 0] += 1
                #expect(refuses(token), "\(vector.id)")
            } else if vector.why.contains("Figure20") {
                // The key says PS256, the token PS384. We honour the key's alg (RFC 8725 §3.1).
                counts["key for another algorithm", default: 0] += 1
                #expect(!accepted, "\(vector.id)")
            } else {
                counts["scored", default: 0] += 1
                #expect(accepted == (vector.expected == .accept), "\(vector.id) \(vector.why)")
            }
        }

        #expect(
            counts == [
                "not compact": 8, "jwe": 172, "hmac": 72, "empty payload": 6, "key for another algorithm": 2,
                "scored": 389,
            ])
    }

    @Test(
        "Wycheproof: signature vectors",
        .enabled(if: Corpora.isPresent("wycheproof_sig"), "the shared vectors are absent"))
    func wycheproofSignatures() throws {
        var counts: [String: Int] = [:]
        for vector in try Corpora.vectors("wycheproof_sig") {
            let name = try #require(vector.string("alg"))
            guard let algorithm = JWAlgorithm(name: name) else {
                #expect(name == "HS256")
                counts["hmac", default: 0] += 1
                continue
            }
            let key = try JWK(parsing: #require(vector.object["key"]?.object ?? ellipticKey(vector)))
            let message = try #require(vector.hex("msg_hex"))
            let signature = try #require(vector.hex("sig_hex"))
            let accepted = key.isValid(signature, for: message, algorithm: algorithm)
            switch vector.expected {
            case .accept, .reject, .rejectOrNormalise:
                counts["scored", default: 0] += 1
                #expect(accepted == (vector.expected == .accept), "\(vector.id) \(vector.why)")
            case .info:
                // Signatures without the NULL parameter, which RFC 8017 §A.2.4 does not allow to write.
                counts["info", default: 0] += 1
                #expect(!accepted, "\(vector.id)")
            }
        }

        #expect(counts == ["hmac": 174, "scored": 2_150, "info": 4])
    }

    @Test(
        "the JOSE cookbook (RFC 7520)",
        .enabled(if: Corpora.isPresent("jose_cookbook"), "the shared vectors are absent"))
    func cookbook() throws {
        var counts: [String: Int] = [:]
        for vector in try Corpora.vectors("jose_cookbook") {
            let key = vector.object["key"]?.object ?? [:]
            guard let token = vector.string("token") else {
                if vector.string("class") == "jwk" {
                    counts["jwk", default: 0] += 1
                    let use = key["use"]?.string ?? "sig"
                    #expect((try? JWK(parsing: key)) != nil || isSymmetric(key) || use != "sig", "\(vector.id)")
                } else {
                    counts["not compact", default: 0] += 1
                }
                continue
            }
            if token.split(separator: ".", omittingEmptySubsequences: false).count == 5 {
                counts["jwe", default: 0] += 1
                #expect(refuses(token), "\(vector.id)")
            } else if isSymmetric(key) || vector.expected == .info {
                counts["hmac or detached", default: 0] += 1
                #expect(!verifies(token, key), "\(vector.id)")
            } else {
                counts["scored", default: 0] += 1
                #expect(verifies(token, key) == (vector.expected == .accept), "\(vector.id)")
            }
        }

        #expect(counts["jwk"] == 6 && (counts["scored"] ?? 0) >= 4, "\(counts)")
    }
}
