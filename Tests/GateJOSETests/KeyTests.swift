// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJOSE
import GateJSON
import GateTestKit
import Testing

@Suite("JSON Web Keys (RFC 7517, RFC 7518 §6)")
struct KeyTests {
    let rsa: JSONObject
    let ec: JSONObject

    init() throws {
        let mint = try TokenMint()
        rsa = mint.signers[0].publicJWK
        ec = mint.signers[1].publicJWK
    }

    private func unusable(_ base: JSONObject, _ edits: [String: JSONValue?]) -> Bool {
        var object = base
        for (name, value) in edits { object[name] = value }
        do throws(JOSEError) {
            _ = try JWK(parsing: object)
            return false
        } catch {
            return error.code == .keyUnusable
        }
    }

    @Test("use, key_ops and alg are honoured (RFC 7517 §4.2 to §4.4)")
    func purpose() {
        #expect(!unusable(rsa, [:]))
        #expect(!unusable(rsa, ["use": nil, "key_ops": ["verify"]]))
        #expect(!unusable(rsa, ["use": nil, "alg": nil]))
        #expect(unusable(rsa, ["use": "enc"]))
        #expect(unusable(rsa, ["use": 1]))
        #expect(unusable(rsa, ["use": "SIG"]))
        #expect(unusable(rsa, ["key_ops": ["encrypt"]]))
        #expect(unusable(rsa, ["key_ops": []]))
        #expect(unusable(rsa, ["key_ops": "verify"]))
        for algorithm in ["RSA-OAEP-256", "ES256", "HS256", "none", "rs256", "ES256K", ""] {
            #expect(unusable(rsa, ["alg": .string(algorithm)]), "\(algorithm)")
        }
        #expect(unusable(rsa, ["alg": .null]))
        #expect(unusable(ec, ["alg": "ES384"]))
        #expect(unusable(rsa, ["kid": 7]))
        #expect(unusable(rsa, ["kty": "rsa"]))
        #expect(unusable(rsa, ["kty": nil]))
        #expect(unusable(rsa, ["kty": "oct", "k": "AAAA"]))
        #expect(unusable(ec, ["crv": "secp256k1", "alg": nil]))
        #expect(unusable(ec, ["crv": "P-384", "alg": nil]))
        #expect(unusable(["kty": "OKP", "crv": "X25519", "x": ec["x"] ?? nil], [:]))
        #expect(unusable(["kty": "OKP", "crv": "Ed25519", "x": "AAAA"], [:]))
    }

    @Test(
        "RSA exponents that make no sense are refused",
        arguments: ["AQ", "Ag", "BA", "AA", "", "AQABAA", "AQAAAAAB", "AQA", "A+A"])
    func exponents(_ exponent: String) {
        #expect(unusable(rsa, ["e": .string(exponent)]))
    }

    @Test("RSA moduli that are short, even, padded or long are refused")
    func moduli() throws {
        let modulus = try #require(Base64URL.decode(rsa["n"]?.string ?? ""))
        func refused(_ bytes: [UInt8]) -> Bool { unusable(rsa, ["n": .string(Base64URL.encode(bytes))]) }

        #expect(refused(Array(modulus.prefix(128)).dropLast() + [1]))
        #expect(refused(modulus.dropLast() + [modulus[255] & 0xFE]))
        #expect(refused([0, 0] + modulus))
        #expect(refused([]))
        #expect(refused([UInt8](repeating: 0xFF, count: 1_025)))
        #expect(refused([0x7F] + modulus.dropFirst()))
        // Some libraries write one leading zero (RFC 7518 §6.3.1.1); the key is the same.
        #expect(!refused([0] + modulus))
        var padded = rsa
        padded["n"] = .string(Base64URL.encode([0] + modulus))
        #expect(try JWK(parsing: padded).thumbprint == JWK(parsing: rsa).thumbprint)
    }

    @Test("points off the curve or of the wrong length are refused (RFC 7518 §6.2.1.2)")
    func points() throws {
        let y = try #require(Base64URL.decode(ec["y"]?.string ?? ""))

        #expect(unusable(ec, ["y": .string(Base64URL.encode([y[0] ^ 1] + y.dropFirst()))]))
        #expect(unusable(ec, ["y": .string(Base64URL.encode([0] + y))]))
        #expect(unusable(ec, ["y": nil]))
        #expect(unusable(ec, ["y": 5]))
        #expect(
            unusable(
                ec,
                [
                    "x": .string(Base64URL.encode([UInt8](repeating: 0, count: 32))),
                    "y": .string(Base64URL.encode([UInt8](repeating: 0, count: 32))),
                ]))
    }

    @Test("odd keys are left out of a set, good ones stay, junk is refused")
    func sets() throws {
        let odd: [JSONValue] = [
            1, "x", nil, [], [:], ["kty": "oct", "k": "AAAA", "kid": "sym"], ["kty": "RSA", "n": "AQ", "e": "AQAB"],
            ["kty": "OKP", "crv": "X25519", "x": "AAAA"], .object(ec),
        ]
        var leaked = ec
        leaked["d"] = "AAAA"
        let document = JSONValue.object(["keys": .array([.object(rsa)] + odd + [.object(leaked)]), "x": 1])

        let set = try JWKSet(parsing: document.serialized())

        #expect(set.keys.map(\.keyID) == ["rsa-1", "ec-1"])
        #expect(set.skipped.count == 9)
        #expect(set.skipped.contains { $0.contains("private part") })
        #expect(try JWKSet(parsing: Array(#"{"keys":[]}"#.utf8)).keys.isEmpty)
        for junk in ["", "[]", "{}", "<html>", "null", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, #"{"keys":null}"#] {
            let error = #expect(throws: JOSEError.self) { try JWKSet(parsing: Array(junk.utf8)) }
            #expect(error?.code == .malformed, "\(junk)")
        }
    }

    @Test("kids that appear twice are kept twice")
    func duplicates() throws {
        let set = try JWKSet(parsing: JSONValue.object(["keys": [.object(ec), .object(ec)]]).serialized())

        #expect(set.keys.count == 2)
    }

    @Test("thumbprint of RFC 7638 §3.1")
    func thumbprint() throws {
        let key = try JWK(parsing: [
            "kty": "RSA",
            "n": """
            0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok\
            njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu\
            6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a\
            wapJzKnqDKgw
            """,
            "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        ])

        #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    }

    @Test("thumbprint of RFC 8037 appendix A.3")
    func edwardsThumbprint() throws {
        let key = try JWK(parsing: ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])

        #expect(key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }
}
