// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that fuzzing needs nothing from and adds nothing to the product. Built and run by `Fuzz/run`.
let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "gatehouse", path: "..")
    ],
    targets: [
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CFuzzer",
                .product(name: "GateConfig", package: "gatehouse"),
                .product(name: "GateHTTP", package: "gatehouse"),
                .product(name: "GateJOSE", package: "gatehouse"),
                .product(name: "GateJSON", package: "gatehouse"),
                .product(name: "GateMCP", package: "gatehouse"),
                .product(name: "GateOAuth", package: "gatehouse"),
                .product(name: "GateTime", package: "gatehouse"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
