// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A parser of strangers' octets and the properties it must have, whatever the octets.
///
/// A target traps, through `precondition`, when a property does not hold; libFuzzer keeps the input.
struct FuzzTarget: Sendable {
    /// How the target is called on the command line; its corpus is `Corpus/NAME`.
    let name: String
    /// The longest input worth trying.
    let maximumBytes: Int
    let run: @Sendable ([UInt8]) -> Void

    /// Every target. To add one, write it in a file of its own, add a line here, and put a few inputs in `Corpus/NAME`.
    static let all: [FuzzTarget] = [
        FuzzTarget(name: "JSON", maximumBytes: 4_096, run: fuzzJSON),
        FuzzTarget(name: "JWS", maximumBytes: 4_096, run: fuzzJWS),
        FuzzTarget(name: "JWKSet", maximumBytes: 8_192, run: fuzzJWKSet),
        FuzzTarget(name: "RequestHead", maximumBytes: 4_096, run: fuzzRequestHead),
        FuzzTarget(name: "Body", maximumBytes: 2_048, run: fuzzBody),
        FuzzTarget(name: "Path", maximumBytes: 512, run: fuzzPath),
        FuzzTarget(name: "Challenge", maximumBytes: 1_024, run: fuzzChallenge),
        FuzzTarget(name: "Message", maximumBytes: 2_048, run: fuzzMessage),
        FuzzTarget(name: "Configuration", maximumBytes: 4_096, run: fuzzConfiguration),
    ]
}
