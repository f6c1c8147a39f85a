// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// Where a setting's value was given.
enum SettingOrigin: Sendable, Hashable, CustomStringConvertible {
    case document(file: String, line: Int, column: Int)
    case environment(String)
    /// By its name, as in `--listen`.
    case flag(String)
    /// Worked out from another setting.
    case derived(String)

    var description: String {
        switch self {
        case .document(let file, let line, _): "\(file):\(line)"
        case .environment(let name): "environment \(name)"
        case .flag(let name): name
        case .derived(let path): "from \(path)"
        }
    }
}
