// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A result that is usually here already. `pending` is the only way off the event loop.
package enum Eventually<Value: Sendable>: Sendable {
    case ready(Value)
    case pending(@Sendable () async -> Value)

    /// The value, waiting for it when it is pending.
    package var value: Value {
        get async {
            switch self {
            case .ready(let value): value
            case .pending(let work): await work()
            }
        }
    }

    /// Transforms the value without leaving the event loop when it is ready.
    package func map<Other: Sendable>(_ transform: @escaping @Sendable (Value) -> Other) -> Eventually<Other> {
        switch self {
        case .ready(let value): .ready(transform(value))
        case .pending(let work): .pending { transform(await work()) }
        }
    }
}
