// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Crypto
import GateJOSE
import GateJSON
import GateTestKit
import Testing

@Suite("Signatures and keys (D1, D4, D5)")
struct SignatureTests {
    let mint: TokenMint
    let judge: Judge

    init() throws {
        mint = try TokenMint()
        judge = try Judge(mint)
    }

    private var rsa: JWSSigner { mint.signers[0] }
    private var ec: JWSSigner { mint.signers[1] }

    /// The good token of a key with its signature replaced.
    private func resigned(_ signer: JWSSigner, _ change: ([UInt8]) -> [UInt8]) throws -> String {
        let good = try mint.token(at: judge.now, signer: signer)
        let dot = try #require(good.lastIndex(of: "."))
        let signature = try #require(Base64URL.decode(good[good.index(after: dot)...]))
        return good[...dot] + Base64URL.encode(change(signature))
    }

    /// A set of the mint's RSA key with some JWK members changed.
    private func judge(editing edits: [String: JSONValue?], algorithms: Set<JWAlgorithm>? = nil) throws -> JWSVerifier {
        var key = rsa.publicJWK
        for (name, value) in edits { key[name] = value }
        let document = JSONValue.object(["keys": [.object(key)]]).serialized()
        return JWSVerifier(keys: try JWKSet(parsing: document), algorithms: algorithms ?? Set(JWAlgorithm.allCases))
    }

    private func code(_ verifier: JWSVerifier, _ token: String) -> JOSEError.Code? {
        do throws(JOSEError) {
            try verifier.verify(try JWSCompact(parsing: Array(token.utf8)))
            return nil
        } catch {
            return error.code
        }
    }

    @Test("every algorithm verifies what it signed, and nothing else does", arguments: JWAlgorithm.allCases)
    func algorithms(_ algorithm: JWAlgorithm) throws {
        let signer =
            algorithm.rawValue.hasPrefix("RS") || algorithm.rawValue.hasPrefix("PS")
            ? try rsa.using(algorithm) : try JWSSigner.make(algorithm, keyID: "k")
        let mint = try TokenMint(signers: [signer])
        let judge = try Judge(mint, algorithms: Set(JWAlgorithm.allCases))
        let good = try mint.token(at: judge.now)

        #expect(judge.refusal(good) == nil)
        var bytes = Array(good.utf8)
        let dot = try #require(bytes.lastIndex(of: UInt8(ascii: ".")))
        bytes[dot + 10] = bytes[dot + 10] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(judge.refusal(String(decoding: bytes, as: UTF8.self)) == .signature)
        #expect(
            try Judge(mint, algorithms: Set(JWAlgorithm.allCases).subtracting([algorithm])).refusal(good) == .algorithm)
    }

    @Test("an RSA key without alg verifies RS and PS tokens, in any order and after any garbage")
    func statelessness() throws {
        let verifier = try judge(editing: ["alg": nil])
        let rs = try mint.token(at: judge.now, signer: rsa)
        let ps = try mint.token(at: judge.now, signer: try rsa.using(.PS512))
        let garbage = try resigned(try rsa.using(.PS512)) { $0.reversed() }

        #expect(code(verifier, garbage) == .signature)
        #expect(code(verifier, rs) == nil)
        #expect(code(verifier, ps) == nil)
        #expect(code(verifier, garbage) == .signature)
        #expect(code(verifier, rs) == nil)
    }

    @Test(
        "a key's own alg is the only one it is used with (RFC 8725 §3.1)",
        arguments: [
            JWAlgorithm.RS384, .RS512, .PS256, .PS384, .PS512,
        ])
    func pinned(_ algorithm: JWAlgorithm) throws {
        let verifier = try judge(editing: [:])

        #expect(code(verifier, try mint.token(at: judge.now, signer: try rsa.using(algorithm))) == .algorithm)
    }

    @Test(
        "the header's alg never decides (RFC 8725 §3.1, §3.2)",
        arguments: [
            "none", "None", "NONE", "nOnE", "none ", " none", "none\u{0}", "n\u{43e}ne", "HS256", "HS384", "HS512",
            "rs256",
            "RS256 ", "RS256\u{0}", "ES256", "ES256K", "EdDSA", "RSA-OAEP", "dir", "SHA256withRSA", "RS1",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        ])
    func confusedAlgorithm(_ name: String) throws {
        #expect(judge.refusal(try mint.token(at: judge.now, header: ["alg": .string(name)])) == .algorithm)
    }

    @Test("public octets are never an HMAC key (RFC 8725 §2.1)")
    func confusedKey() throws {
        let header = Base64URL.encode(#"{"alg":"HS256","kid":"rsa-1"}"#.utf8)
        let payload = Base64URL.encode(JSONValue.object(mint.claims(at: judge.now)).serialized())
        let keys = [
            JSONValue.object(rsa.publicJWK).serialized(), mint.keySet(),
            Base64URL.decode(rsa.publicJWK["n"]?.string ?? "") ?? [],
            [], [0], Array("rsa-1".utf8), Array(mint.issuer.utf8),
        ]
        for key in keys {
            let mac = HMAC<SHA256>.authenticationCode(
                for: Array("\(header).\(payload)".utf8), using: SymmetricKey(data: key))
            #expect(judge.refusal("\(header).\(payload).\(Base64URL.encode(mac))") == .algorithm)
        }
    }

    @Test("a stranger's key is not believed, under any kid, embedded or referred to")
    func strangers() throws {
        let evil = try JWSSigner.makeES256(keyID: "ec-1")

        #expect(judge.refusal(try mint.token(at: judge.now, signer: evil)) == .signature)
        for parameter in ["jwk", "jku", "x5u", "x5c"] {
            let values: [String: JSONValue] = [
                "jwk": .object(evil.publicJWK), "jku": "https://evil.example/jwks", "x5u": "file:///etc/passwd",
                "x5c": ["AAAA"],
            ]
            let token = try mint.token(at: judge.now, header: [parameter: values[parameter]], signer: evil)
            #expect(judge.refusal(token) == .signature, "\(parameter)")
        }
        #expect(judge.refusal(try mint.token(at: judge.now, header: ["kid": nil], signer: evil)) == .keyUnknown)
        // Our own key under a kid of another type of key.
        #expect(judge.refusal(try mint.token(at: judge.now, header: ["kid": "rsa-1"], signer: ec)) == .algorithm)
        #expect(judge.refusal(try mint.token(at: judge.now, header: ["kid": "ec-1"], signer: rsa)) == .algorithm)
    }

    @Test(
        "kid is compared exactly and interpreted never",
        arguments: [
            "nope", "", " rsa-1", "RSA-1", "rsa-1\u{0}", "../../../dev/null", "x' UNION SELECT 'k';--", "*",
            "rsa\u{2010}1",
            "__proto__", "https://evil.example/kid",
        ])
    func keyIDs(_ keyID: String) throws {
        #expect(judge.refusal(try mint.token(at: judge.now, header: ["kid": .string(keyID)])) == .keyUnknown)
    }

    @Test("a token without kid is tried with the keys that fit, if they are few")
    func withoutKeyID() throws {
        let token = try mint.token(at: judge.now, header: ["kid": nil])
        #expect(judge.refusal(token) == nil)

        let crowd = try (0..<5).map { try JWSSigner.makeES256(keyID: "k\($0)") }
        let judge = try Judge(TokenMint(signers: crowd))
        let anonymous = try mint.token(at: judge.now, header: ["kid": nil], signer: crowd[4])
        #expect(judge.refusal(anonymous) == .signature)
        let four = try Judge(TokenMint(signers: Array(crowd.suffix(4))))
        #expect(four.refusal(anonymous) == nil)
    }

    @Test("several keys of one kid are all tried, eight at most")
    func sharedKeyID() throws {
        let same = try (0..<9).map { _ in try JWSSigner.makeES256(keyID: "k") }
        let judge = try Judge(TokenMint(signers: [rsa] + same))

        #expect(judge.refusal(try mint.token(at: judge.now, signer: same[0])) == nil)
        #expect(judge.refusal(try mint.token(at: judge.now, signer: same[7])) == nil)
        #expect(judge.refusal(try mint.token(at: judge.now, signer: same[8])) == .signature)
    }

    @Test("ES256 signatures of any other shape are refused (RFC 7518 §3.4)")
    func ellipticSignatures() throws {
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD,
            0xA7,
            0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        let zero = [UInt8](repeating: 0, count: 32)
        let one: [UInt8] = zero.dropLast() + [1]
        let changes: [([UInt8]) -> [UInt8]] = [
            { _ in zero + zero }, { zero + $0.suffix(32) }, { $0.prefix(32) + zero }, { order + $0.suffix(32) },
            { $0.prefix(32) + order }, { _ in order + order }, { _ in one + one },
            { _ in [UInt8](repeating: 0xFF, count: 64) }, { Array($0.dropLast()) }, { $0 + [0] },
            { [0] + $0.prefix(32) + [0] + $0.suffix(32) },
            { Array($0 + $0.prefix(32)) }, { $0 + $0 }, { $0.suffix(32) + $0.prefix(32) },
            { [$0[0] ^ 1] + $0.dropFirst() },
            { _ in [0] }, { _ in zero },
        ]
        for (index, change) in changes.enumerated() {
            #expect(judge.refusal(try resigned(ec, change)) == .signature, "\(index)")
        }
    }

    @Test("RSA signatures of any other length or value are refused (D5)")
    func rsaSignatures() throws {
        let modulus = try #require(Base64URL.decode(rsa.publicJWK["n"]?.string ?? ""))
        let changes: [([UInt8]) -> [UInt8]] = [
            { _ in [UInt8](repeating: 0, count: 256) }, { _ in [UInt8](repeating: 0, count: 255) + [1] },
            { _ in modulus },
            { _ in [UInt8](repeating: 0xFF, count: 256) }, { Array($0.dropLast()) }, { Array($0.prefix(128)) },
            { $0 + [0] },
            { [0] + $0 }, { [$0[0] ^ 1] + $0.dropFirst() }, { $0.dropLast() + [$0[255] ^ 1] },
        ]
        for (index, change) in changes.enumerated() {
            #expect(judge.refusal(try resigned(rsa, change)) == .signature, "\(index)")
        }
    }

    @Test("parts of two good tokens do not make a third")
    func mixing() throws {
        let a = try mint.token(at: judge.now, signer: ec).split(separator: ".")
        let b = try mint.token(at: judge.now, claims: ["sub": "bob"], signer: ec).split(separator: ".")
        let c = try mint.token(at: judge.now, signer: rsa).split(separator: ".")

        #expect(judge.refusal("\(a[0]).\(b[1]).\(a[2])") == .signature)
        #expect(judge.refusal("\(c[0]).\(a[1]).\(a[2])") == .signature)
    }
}
