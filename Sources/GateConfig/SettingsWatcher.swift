// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import ServiceLifecycle

/// Notices when configuration files change, and says so.
///
/// Looks instead of being told: the kernel's notifications miss what network file systems and Kubernetes' link swaps do,
/// and two seconds are soon enough for a person. ``trigger()`` is for SIGHUP. What to do is the caller's business; its
/// calls never overlap.
package struct SettingsWatcher: Service {
    private let paths: [String]
    private let interval: Duration
    /// How the files were when the watcher was made, so that nothing is missed before it runs.
    private let initial: [ConfigurationFiles.Fingerprint?]
    private let onChange: @Sendable () async -> Void
    private let wakeups: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - paths: make the watcher before reading them. A file that is missing is fine: its coming is a change, too.
    ///   - interval: between two looks.
    package init(
        paths: [String], interval: Duration = .seconds(2), onChange: @escaping @Sendable () async -> Void
    ) {
        self.paths = paths
        self.interval = interval
        initial = paths.map(ConfigurationFiles.fingerprint)
        self.onChange = onChange
        // One waiting request is enough, however often it is made.
        (wakeups, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Reloads soon, whether a file has changed or not.
    package func trigger() { waker.yield() }

    /// Returns on graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                // The only one who reloads is the loop below.
                group.addTask { await look() }
                for await _ in wakeups { await onChange() }
                group.cancelAll()
            }
        }
    }

    private func look() async {
        var known = initial
        while (try? await Task.sleep(for: interval, tolerance: interval / 4)) != nil {
            let found = paths.map(ConfigurationFiles.fingerprint)
            guard found != known else { continue }
            known = found
            waker.yield()
        }
    }
}
