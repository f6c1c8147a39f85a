// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateHTTP
import GateTestKit
import Testing

@Suite("Bodies")
struct BodyFramerTests {
    /// What a framer made of octets.
    private struct Outcome: Equatable, CustomStringConvertible {
        var passed = ""
        var used = 0
        var isComplete = false
        var trailers = ""
        var refusal: HTTPRefusal?
        var description: String {
            "\(passed.debugDescription), \(used) used, complete: \(isComplete), \(refusal.map { "\($0)" } ?? "sound")"
        }
    }

    private func run(
        _ octets: String, _ framing: BodyFraming = .chunked, output: BodyFramer.Output = .framed,
        keepsTrailers: Bool = false, pieces: (Int) -> Int = { $0 }
    ) -> Outcome {
        var framer = BodyFramer(framing, output: output, keepsTrailers: keepsTrailers)
        var outcome = Outcome()
        var passed: [UInt8] = []
        var rest = Array(octets.utf8)[...]
        while !rest.isEmpty, !framer.isComplete {
            let piece = Array(rest.prefix(max(1, pieces(rest.count))))
            do throws(HTTPRefusal) {
                let used = try framer.consume(piece.span) { part in
                    switch part {
                    case .input(let range): passed += piece[range]
                    case .made(let made): passed += made
                    }
                }
                outcome.used += used
                rest = rest.dropFirst(used)
                if used == 0 { break }
            } catch {
                outcome.refusal = error
                break
            }
        }
        outcome.passed = text(passed)
        outcome.isComplete = framer.isComplete
        outcome.trailers = text(framer.trailers)
        return outcome
    }

    @Test(
        "chunked bodies that are not exactly RFC 9112 §7.1's are refused (D11)",
        arguments: [
            "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
            "-5\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
            "5 ;a\r\nhello\r\n0\r\n\r\n", "5;a\nhello\r\n0\r\n\r\n", "5;a\u{0}\r\nhello\r\n0\r\n\r\n",
            "5;a\rhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n",
            "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "0000000000000005\r\nhello\r\n0\r\n\r\n", ";a\r\n", "5_0\r\n",
            "0\r\nX y: z\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n\rX\n",
            "5;\r\nhello\r\n0\r\n\r\n",
            "5;bad[=x\r\nhello\r\n0\r\n\r\n", "5;a=\"\r\nhello\r\n0\r\n\r\n", "5;a=\"\\\"\r\nhello\r\n0\r\n\r\n",
            "5\r\n\nhello\r\n0\r\n\r\n", "5\r\nhello\r\r\n0\r\n\r\n",
        ])
    func refused(_ octets: String) {
        let whole = run(octets)

        #expect(
            whole.refusal == .chunkMalformed || whole.refusal == .fieldMalformed || whole.refusal == .fieldValueRefused)
        #expect(run(octets) { _ in 1 }.refusal == whole.refusal)
    }

    @Test("chunk extensions are dropped and bounded, trailers of a request are dropped (D11, D12)")
    func rewritten() {
        let body = run("5;a=b;c=\"d\"\r\nhello\r\n0;x\r\nX-T: y\r\nHost: z\r\n\r\nGET")

        #expect(body.passed == "5\r\nhello\r\n0\r\n\r\n")
        #expect(body.isComplete)
        #expect(body.used == "5;a=b;c=\"d\"\r\nhello\r\n0;x\r\nX-T: y\r\nHost: z\r\n\r\n".utf8.count)
        #expect(run("1; a = \"]\\\"[\" ;b\r\nx\r\n0\r\n\r\n").passed == "1\r\nx\r\n0\r\n\r\n")
        #expect(run("5;" + String(repeating: "a", count: 257)).refusal == .chunkMalformed)
        #expect(run("0\r\n" + String(repeating: "X: y\r\n", count: 2_000)).refusal == .trailersTooLarge)
        #expect(run("0\r\nX: " + String(repeating: "y", count: 9_000)).refusal == .trailersTooLarge)
    }

    @Test("an answer's trailers go on, but for those that frame, route or identify (RFC 9110 §6.5.1)")
    func trailers() {
        let body = run(
            "2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nx-ms-client-principal: r\r\nSet-Cookie: a=b\r\nETag: z\r\n\r\n",
            keepsTrailers: true)

        #expect(body.passed == "2\r\nok\r\n0\r\nX-Sum: 1\r\nETag: z\r\n\r\n")
        #expect(body.trailers == "X-Sum: 1\r\nETag: z\r\n")
    }

    @Test("content alone comes without the coding")
    func content() {
        #expect(run("5\r\nhello\r\n6;x\r\n world\r\n0\r\nX: y\r\n\r\n", output: .content).passed == "hello world")
    }

    @Test("a body with a length ends exactly there; one that ends with its connection takes everything")
    func plain() throws {
        let body = run("helloGET /", .length(5))
        #expect(body.passed == "hello" && body.used == 5 && body.isComplete)
        #expect(run("GET", .none).used == 0)

        var framer = BodyFramer(.untilClose)
        #expect(framer.mayEndHere && !framer.isComplete)
        let octets: [UInt8] = [1, 2, 3]
        let used = try framer.consume(octets.span) { _ in }
        #expect(used == 3)
        #expect(framer.mayEndHere && !framer.isComplete)
        #expect(!BodyFramer(.length(1)).mayEndHere && !BodyFramer(.chunked).mayEndHere)
    }

    @Test("octets in any pieces give what all at once give (property)")
    func anyPieces() {
        var generator = SeededGenerator(seed: 2)
        let alphabet = [
            "0", "5", "A", "f", ";a=b", ";c=\"", "\\", "\r\n", "\r\n", "\r", "\n", "hello", "X: y", ":", " ", "\u{0}",
        ]
        for round in 0..<3_000 {
            var octets = ""
            if round.isMultiple(of: 2) {
                // Sound, but for one octet now and then.
                for _ in 0..<Int.random(in: 0...4, using: &generator) {
                    let content = String(repeating: "x", count: Int.random(in: 1...40, using: &generator))
                    let suffix = Bool.random(using: &generator) ? ";e=1" : ""
                    octets += String(content.utf8.count, radix: 16) + suffix + "\r\n" + content + "\r\n"
                }
                octets += "0\r\n" + (Bool.random(using: &generator) ? "X-T: 1\r\n" : "") + "\r\nNEXT"
            } else {
                for _ in 0..<12 { octets += generator.pick(alphabet) ?? "" }
            }
            for output in [BodyFramer.Output.framed, .content] {
                let whole = run(octets, output: output, keepsTrailers: true)
                let single = run(octets, output: output, keepsTrailers: true) { _ in 1 }
                let random = run(octets, output: output, keepsTrailers: true) { _ in
                    Int.random(in: 1...9, using: &generator)
                }
                #expect(single.refusal == whole.refusal && random.refusal == whole.refusal)
                guard whole.refusal == nil else { continue }
                #expect(single == whole, "\(octets.debugDescription)")
                #expect(random == whole, "\(octets.debugDescription)")
            }
        }
    }

    @Test("what a framer passed on is a fixed point of framing (property)")
    func idempotence() {
        for octets in ["5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", "0005\r\nhello\r\na\r\n0123456789\r\n000\r\n\r\n"] {
            let once = run(octets)
            let twice = run(once.passed)

            #expect(twice.passed == once.passed && twice.isComplete)
        }
    }

    @Test("a framer knows when it stands between two chunks, where an answer may be ended for the client")
    func boundaries() throws {
        var framer = BodyFramer(.chunked)
        var boundaries: [Int] = []
        for (index, octet) in "5\r\nhello\r\n1\r\nx\r\n0\r\n\r\n".utf8.enumerated() {
            if framer.isBetweenChunks { boundaries.append(index) }
            let single = [octet]
            _ = try framer.consume(single.span) { _ in }
        }

        #expect(boundaries == [0, 10, 16])
        #expect(!framer.isBetweenChunks && !BodyFramer(.length(3)).isBetweenChunks)
    }
}
