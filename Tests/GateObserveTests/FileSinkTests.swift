// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import GateObserve
import Testing

@Suite("File sink")
struct FileSinkTests {
    private let path = "/tmp/gatehouse-sink-\(RequestID.make().hex).log"

    private func contents(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "<absent>" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let next = getc(file)
            guard next >= 0 else { break }
            bytes.append(UInt8(truncatingIfNeeded: next))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("lines are appended, and after a rename and reopen they go to a new file")
    func rotation() {
        defer {
            unlink(path)
            unlink(path + ".1")
        }
        let sink = FileSink(.file(path: path))

        #expect(sink.write(Array("one\n".utf8), from: 0, patience: .zero) == LineWrite(count: 4))
        rename(path, path + ".1")
        sink.reopen()
        #expect(sink.write(Array("xxtwo\n".utf8), from: 2, patience: .zero) == LineWrite(count: 4))

        #expect(contents(of: path + ".1") == "one\n")
        #expect(contents(of: path) == "two\n")
        #expect(!sink.isTerminal)
    }

    @Test("the file's mode lets only its owner read it")
    func mode() {
        defer { unlink(path) }
        _ = FileSink(.file(path: path)).write([0x0A], from: 0, patience: .zero)

        var facts = stat()
        #expect(stat(path, &facts) == 0)
        #expect(facts.st_mode & 0o077 == 0)
    }

    @Test("a path that cannot be opened is an error on each write and a file once it can")
    func unopenable() {
        let directory = path + ".d"
        defer {
            unlink(directory + "/log")
            rmdir(directory)
        }
        let sink = FileSink(.file(path: directory + "/log"))
        #expect(sink.write([0x0A], from: 0, patience: .zero) == LineWrite(count: 0, failure: ENOENT))

        mkdir(directory, 0o700)
        #expect(sink.write([0x0A], from: 0, patience: .zero) == LineWrite(count: 1))
    }

    @Test("a full device is reported with its errno", .enabled(if: access("/dev/full", W_OK) == 0))
    func fullDevice() {
        let sink = FileSink(.file(path: "/dev/full"))
        #expect(sink.write([0x0A], from: 0, patience: .zero) == LineWrite(count: 0, failure: ENOSPC))
    }
}
