// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import CFuzzer
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `fuzz list` prints the targets; `fuzz TARGET [libFuzzer options and corpus folders]` runs one.
@main
enum Main {
    private static let chosen = Mutex<FuzzTarget?>(nil)

    static func main() {
        let name = CommandLine.arguments.dropFirst().first ?? "list"
        guard name != "list" else {
            for target in FuzzTarget.all { print(target.name, target.maximumBytes) }
            return
        }
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            print("no such target: \(name)")
            exit(64)
        }
        chosen.withLock { $0 = target }
        // libFuzzer takes the first argument for the program's name: here the target's.
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
        let status = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            let target = Main.chosen.withLock { $0 }
            target?.run([UInt8](UnsafeBufferPointer(start: data, count: size)))
            return 0
        }
        exit(status)
    }
}
