// swift-tools-version: 6.2

import PackageDescription

/// What every target is compiled with; a warning is an error.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]

/// Targets that read bytes from strangers add strict memory safety.
let parsing: [SwiftSetting] = house + [.strictMemorySafety()]

// Third-party products, named once.
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let certificateReloading = Target.Dependency.product(name: "NIOCertificateReloading", package: "swift-nio-extras")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "gatehouse",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .library(name: "GateTime", targets: ["GateTime"]),
        .library(name: "GateJSON", targets: ["GateJSON"]),
        .library(name: "GateHTTP", targets: ["GateHTTP"]),
        .library(name: "GateConfig", targets: ["GateConfig"]),
        .library(name: "GateOAuth", targets: ["GateOAuth"]),
        .library(name: "GateJOSE", targets: ["GateJOSE"]),
        .library(name: "GateMCP", targets: ["GateMCP"]),
        .library(name: "GatePolicy", targets: ["GatePolicy"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // L0
        .target(name: "GateTime", swiftSettings: parsing),
        .target(name: "GateJSON", swiftSettings: parsing),
        .target(name: "GateSeal", dependencies: ["GateJSON", crypto], swiftSettings: parsing),
        // L1
        .target(
            name: "GateJOSE", dependencies: ["GateTime", "GateJSON", crypto, cryptoExtras], swiftSettings: parsing),
        .target(name: "GateOAuth", dependencies: ["GateTime", "GateJSON", crypto], swiftSettings: parsing),
        .target(name: "GateHTTP", swiftSettings: parsing),
        .target(name: "GateMCP", dependencies: ["GateJSON"], swiftSettings: parsing),
        // L2
        .target(name: "GatePolicy", dependencies: ["GateTime", "GateOAuth"], swiftSettings: parsing),
        .target(
            name: "GateConfig",
            dependencies: [
                "GateTime", "GateJSON", "GateOAuth", "GatePolicy", yams, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        // L3
        .target(
            name: "GateFetch",
            dependencies: [
                "GateTime", "GateJSON", "GateOAuth", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, logging,
            ],
            swiftSettings: house
        ),
        .target(
            name: "GateObserve",
            dependencies: ["GateTime", "GateJSON", logging, metrics, crypto, serviceLifecycle],
            swiftSettings: house
        ),
        .target(
            name: "GateIdentity",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GatePolicy", "GateFetch", crypto, logging,
                serviceLifecycle,
            ],
            swiftSettings: house
        ),
        .target(
            name: "GateSession", dependencies: ["GateTime", "GateJSON", "GateOAuth", "GateSeal", crypto],
            swiftSettings: parsing),
        // L4
        .target(
            name: "GateCore",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GateHTTP", "GateMCP", "GatePolicy", "GateFetch",
                "GateIdentity", "GateSession", "GateObserve", crypto, logging,
            ],
            swiftSettings: parsing
        ),
        // L5
        .target(
            name: "GateProxy",
            dependencies: [
                "GateTime", "GateHTTP", "GateFetch", "GateIdentity", "GateCore", "GateObserve", nioCore, nioPosix,
                nioHTTP1,
                nioHTTP2, nioHPACK, nioTLS, nioSSL, certificateReloading,
                hummingbirdCore, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        .target(
            name: "GateWeb",
            dependencies: [
                "GateTime", "GateJSON", "GateOAuth", "GateIdentity", "GateSession", "GateCore", "GateObserve", crypto,
                hummingbird, hummingbirdCore, mustache, nioCore, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        // L6
        .target(
            name: "GateServer",
            dependencies: [
                "GateTime", "GateJSON", "GateOAuth", "GatePolicy", "GateConfig", "GateJOSE", "GateFetch", "GateObserve",
                "GateIdentity", "GateSeal", "GateSession", "GateHTTP", "GateCore", "GateMCP", "GateProxy", "GateWeb",
                logging, metrics, nioCore, nioPosix,
                hummingbird, serviceLifecycle, unixSignals, nioSSL, certificateReloading, hummingbirdCore,
            ],
            swiftSettings: house
        ),
        .target(
            name: "GateDemo",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GateMCP", "GateConfig", "GateObserve", "GateServer",
                crypto,
                hummingbird, mustache, nioCore, nioPosix, logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        // L7
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "GateTime", "GateOAuth", "GateConfig", "GateFetch", "GateObserve", "GateServer", "GateDemo",
                argumentParser,
                logging, serviceLifecycle,
            ],
            swiftSettings: house
        ),
        // Tests
        .target(
            name: "GateTestKit",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GateHTTP", "GatePolicy", "GateFetch", "GateIdentity",
                "GateObserve", "GateCore", crypto, nioSSL,
            ],
            path: "Tests/GateTestKit",
            swiftSettings: house
        ),
        .testTarget(name: "GateSealTests", dependencies: ["GateSeal"], swiftSettings: house),
        .testTarget(
            name: "GateSessionTests",
            dependencies: ["GateTime", "GateOAuth", "GateSeal", "GateSession", "GateTestKit"], swiftSettings: house),
        .testTarget(name: "GateJSONTests", dependencies: ["GateJSON", "GateTestKit"], swiftSettings: house),
        .testTarget(
            name: "GateJOSETests", dependencies: ["GateTime", "GateJSON", "GateJOSE", "GateTestKit", crypto],
            swiftSettings: house),
        .testTarget(
            name: "GateOAuthTests", dependencies: ["GateTime", "GateJSON", "GateOAuth", "GateTestKit"],
            swiftSettings: house),
        .testTarget(
            name: "GateHTTPTests", dependencies: ["GateHTTP", "GateJSON", "GateTestKit"], swiftSettings: house),
        .testTarget(name: "GateMCPTests", dependencies: ["GateJSON", "GateMCP", "GateTestKit"], swiftSettings: house),
        .testTarget(
            name: "GatePolicyTests", dependencies: ["GateTime", "GateOAuth", "GatePolicy", "GateTestKit"],
            swiftSettings: house),
        .testTarget(
            name: "GateConfigTests",
            dependencies: [
                "GateTime", "GateOAuth", "GatePolicy", "GateConfig", "GateTestKit", logging, serviceLifecycle,
            ],
            swiftSettings: house),
        .testTarget(
            name: "GateFetchTests",
            dependencies: ["GateTime", "GateOAuth", "GateFetch", "GateTestKit", nioCore, nioPosix, nioHTTP1, nioSSL],
            swiftSettings: house),
        .testTarget(
            name: "GateObserveTests",
            dependencies: ["GateTime", "GateJSON", "GateObserve", "GateTestKit", logging, metrics],
            swiftSettings: house),
        .testTarget(
            name: "GateIdentityTests",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GatePolicy", "GateFetch", "GateIdentity",
                "GateTestKit",
                crypto, logging,
            ],
            swiftSettings: house),
        .testTarget(
            name: "GateCoreTests",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GateHTTP", "GateMCP", "GatePolicy", "GateFetch",
                "GateIdentity", "GateSeal", "GateSession", "GateObserve", "GateCore", "GateTestKit", logging,
            ],
            swiftSettings: house),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "GateTime", "GateJSON", "GateJOSE", "GateOAuth", "GateHTTP", "GatePolicy", "GateIdentity", "GateSeal",
                "GateSession", "GateObserve", "GateCore", "GateProxy", "GateWeb", "GateTestKit", nioCore, nioPosix,
                nioHTTP1, nioHTTP2, nioHPACK,
                nioSSL, hummingbird, hummingbirdCore, logging, serviceLifecycle,
            ],
            swiftSettings: house),
        .testTarget(
            name: "GateServerTests",
            dependencies: [
                "GateTime", "GateJSON", "GateOAuth", "GatePolicy", "GateConfig", "GateIdentity", "GateSeal",
                "GateSession", "GateObserve", "GateCore", "GateServer", "GateDemo", "GateTestKit", logging,
            ],
            swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
