// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import GateJSON
package import Logging
import ServiceLifecycle
import Synchronization

/// Keeps one line for every decision, without making a request wait for it.
///
/// ``record(_:)`` appends to a buffer in memory; ``run()`` hands the buffer to the sink ten times a second, sooner at
/// 64 KiB, and once more at shutdown. While the sink refuses, lines are kept up to a limit; past it new events are
/// dropped and counted, and serving goes on.
package final class AuditLog: AuditSink, Service {
    package struct Configuration: Sendable {
        /// Most octets that wait in memory.
        package var bufferBytes: Int
        /// How long an event may wait while everything is well.
        package var interval: Duration
        /// How long shutdown waits for a reader that does not read.
        package var shutdownPatience: Duration

        package init(
            bufferBytes: Int = 8 << 20, interval: Duration = .milliseconds(100),
            shutdownPatience: Duration = .seconds(2)
        ) {
            self.bufferBytes = bufferBytes
            self.interval = interval
            self.shutdownPatience = shutdownPatience
        }
    }

    private struct Buffer {
        var writer = JSONWriter(reservingCapacity: AuditLog.batchBytes * 2)
        /// Octets that were taken out and have not reached the sink yet.
        var outside = 0
        /// A flush was asked for and has not begun.
        var isFlushRequested = false
    }

    /// What the flusher works on; touched only under its lock, by one flush at a time.
    private struct Backlog {
        var bytes: [UInt8] = []
        var written = 0
        var lastComplaint: ContinuousClock.Instant?
    }

    private static let batchBytes = 64 << 10

    private let sink: any LineSink
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let configuration: Configuration
    private let buffer = Mutex(Buffer())
    private let backlog = Mutex(Backlog())
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    package init(
        sink: any LineSink, metrics: GatewayMetrics, logger: Logger, configuration: Configuration = Configuration()
    ) {
        self.sink = sink
        self.metrics = metrics
        self.logger = logger
        self.configuration = configuration
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package func record(_ event: borrowing AuditEvent) {
        enum Result { case kept, full, batchReady }
        // Passed through an optional, since a closure cannot capture a borrowed parameter.
        let event = copy event
        let result: Result = buffer.withLock { buffer in
            guard buffer.writer.bytes.count + buffer.outside < configuration.bufferBytes else { return .full }
            AuditLine.append(event, to: &buffer.writer)
            guard buffer.writer.bytes.count >= Self.batchBytes, !buffer.isFlushRequested else { return .kept }
            buffer.isFlushRequested = true
            return .batchReady
        }
        switch result {
        case .kept: metrics.auditEvents.increment()
        case .batchReady:
            metrics.auditEvents.increment()
            waker.yield()
        case .full: metrics.auditEventsDropped.increment()
        }
    }

    /// Opens the file anew, as operators ask for with SIGHUP after they moved it away.
    package func reopen() { sink.reopen() }

    /// Flushes until graceful shutdown or cancellation, and then once more.
    package func run() async {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.tick() }
                    for await _ in wakes { flush(patience: .zero) }
                    group.cancelAll()
                }
            } onCancel: {
                waker.finish()
            }
        } onGracefulShutdown: {
            self.waker.finish()
        }
        flush(patience: configuration.shutdownPatience)
    }

    private func tick() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: configuration.interval) } catch { return }
            waker.yield()
        }
    }

    /// Hands on what is there. Returns when everything is written or the sink takes no more for now.
    package func flush(patience: Duration) {
        backlog.withLock { backlog in
            repeat {
                if backlog.written == backlog.bytes.count { takeBuffer(into: &backlog) }
                guard backlog.written < backlog.bytes.count else { return }
                let result = sink.write(backlog.bytes, from: backlog.written, patience: patience)
                backlog.written += result.count
                buffer.withLock { $0.outside = backlog.bytes.count - backlog.written }
                if let failure = result.failure { complain(of: failure, &backlog) }
            } while backlog.written == backlog.bytes.count
        }
    }

    /// Swaps the two arrays, so that neither is allocated anew.
    private func takeBuffer(into backlog: inout Backlog) {
        backlog.bytes.removeAll(keepingCapacity: true)
        backlog.written = 0
        var bytes = backlog.bytes
        backlog.bytes = []
        buffer.withLock { buffer in
            swap(&buffer.writer.bytes, &bytes)
            buffer.outside = bytes.count
            buffer.isFlushRequested = false
        }
        backlog.bytes = bytes
    }

    /// Counts always, but says so once a minute only.
    private func complain(of failure: Int32, _ backlog: inout Backlog) {
        metrics.auditWriteFailures.increment()
        let now = ContinuousClock.now
        if let last = backlog.lastComplaint, now - last < .seconds(60) { return }
        backlog.lastComplaint = now
        logger.error(
            "audit log cannot be written",
            metadata: ["errno": "\(failure)", "audit.dropped": "\(metrics.auditEventsDropped.value)"])
    }
}
