// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import Synchronization

/// Standard output, standard error, or a file that is appended to.
///
/// A file is created with mode 0600 when it is opened first, and opened anew when the path no longer leads to it (it was
/// rotated) or ``reopen()`` is called. A pipe or terminal nobody reads is not waited for beyond the caller's patience.
/// The only place of this module that hands memory to the operating system.
package final class FileSink: LineSink {
    package enum Destination: Sendable, Hashable {
        case standardOutput, standardError
        case file(path: String)
    }

    private struct State {
        /// -1 while the file could not be opened.
        var descriptor: Int32
        /// True for regular files, which are always ready.
        var isFile: Bool
        /// When the path was last compared with what is open.
        var lastLook: ContinuousClock.Instant
    }

    private let destination: Destination
    private let state: Mutex<State>

    package init(_ destination: Destination) {
        self.destination = destination
        let descriptor = Self.open(destination)
        state = Mutex(
            State(descriptor: descriptor, isFile: Self.isRegularFile(descriptor), lastLook: ContinuousClock.now))
    }

    deinit {
        guard case .file = destination else { return }
        state.withLock { if $0.descriptor >= 0 { _ = close($0.descriptor) } }
    }

    package var isTerminal: Bool { state.withLock { $0.descriptor >= 0 && isatty($0.descriptor) == 1 } }

    package func reopen() {
        guard case .file = destination else { return }
        state.withLock { replaceDescriptor(&$0) }
    }

    package func write(_ bytes: [UInt8], from offset: Int, patience: Duration) -> LineWrite {
        state.withLock { state in
            followRotation(&state)
            guard state.descriptor >= 0 else { return LineWrite(count: 0, failure: ENOENT) }
            return Self.write(
                bytes, from: offset, to: state.descriptor, inPieces: !state.isFile, until: .now + patience)
        }
    }

    /// A pipe that reports room takes at least 4,096 octets at once (POSIX `PIPE_BUF` on Linux), so such pieces never block.
    private static func write(
        _ bytes: [UInt8], from offset: Int, to descriptor: Int32, inPieces: Bool,
        until deadline: ContinuousClock.Instant
    ) -> LineWrite {
        var done = offset
        while done < bytes.count {
            if inPieces, !isReady(descriptor, until: deadline) { break }
            let length = inPieces ? min(bytes.count - done, 4_096) : bytes.count - done
            let start = done
            let taken = bytes.withUnsafeBytes { memory in
                #if canImport(Darwin)
                Darwin.write(descriptor, memory.baseAddress?.advanced(by: start), length)
                #elseif canImport(Musl)
                Musl.write(descriptor, memory.baseAddress?.advanced(by: start), length)
                #else
                Glibc.write(descriptor, memory.baseAddress?.advanced(by: start), length)
                #endif
            }
            if taken < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { break }
                return LineWrite(count: done - offset, failure: errno)
            }
            done += taken
        }
        return LineWrite(count: done - offset)
    }

    private static func isReady(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        let (seconds, attoseconds) = (deadline - .now).components
        let milliseconds = max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // A broken pipe counts as ready: the write then says what is wrong.
        return poll(&entry, 1, Int32(min(milliseconds, 60_000))) > 0
    }

    /// At most once a second: is the open file still the one at the path?
    private func followRotation(_ state: inout State) {
        guard case .file(let path) = destination else { return }
        let now = ContinuousClock.now
        guard state.descriptor < 0 || now - state.lastLook >= .seconds(1) else { return }
        state.lastLook = now
        var open = stat()
        var named = stat()
        if state.descriptor >= 0, fstat(state.descriptor, &open) == 0, stat(path, &named) == 0,
            open.st_ino == named.st_ino, open.st_dev == named.st_dev
        {
            return
        }
        replaceDescriptor(&state)
    }

    /// Keeps writing to the old file if the new one cannot be opened.
    private func replaceDescriptor(_ state: inout State) {
        let fresh = Self.open(destination)
        guard fresh >= 0 else { return }
        if state.descriptor >= 0 { _ = close(state.descriptor) }
        state.descriptor = fresh
        state.isFile = Self.isRegularFile(fresh)
    }

    private static func open(_ destination: Destination) -> Int32 {
        switch destination {
        case .standardOutput: return 1
        case .standardError: return 2
        case .file(let path):
            let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
            #if canImport(Darwin)
            return Darwin.open(path, flags, 0o600)
            #elseif canImport(Musl)
            return Musl.open(path, flags, 0o600)
            #else
            return Glibc.open(path, flags, 0o600)
            #endif
        }
    }

    private static func isRegularFile(_ descriptor: Int32) -> Bool {
        var facts = stat()
        return descriptor >= 0 && fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }
}
