// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Foundation
import GateConfig
import Logging
import ServiceLifecycle
import Testing

@Suite("Noticing changed files", .timeLimit(.minutes(1)))
struct SettingsWatcherTests {
    @Test("a written file, a link that points elsewhere, and a request are noticed; shutdown ends it")
    func watches() async throws {
        let directory = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(at: directory) }
        let first = directory.appending(path: "first")
        let link = directory.appending(path: "link")
        try Data("a".utf8).write(to: first)
        try Data("b".utf8).write(to: directory.appending(path: "second"))
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: first)
        let (changes, source) = AsyncStream.makeStream(of: Void.self)
        let watcher = SettingsWatcher(paths: [link.path], interval: .milliseconds(10)) { source.yield() }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: watcher)], logger: Logger(label: "test")))

        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var seen = changes.makeAsyncIterator()

            try Data("longer".utf8).write(to: first)
            await seen.next()
            try FileManager.default.removeItem(at: link)
            try FileManager.default.createSymbolicLink(
                at: link, withDestinationURL: directory.appending(path: "second"))
            await seen.next()
            watcher.trigger()
            await seen.next()

            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
