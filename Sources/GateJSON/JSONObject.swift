// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// A JSON object: members in the order they were written, each name once.
///
/// Names are compared code point by code point. Equality takes the order into account.
public struct JSONObject: Sendable, Hashable {
    /// One name with its value.
    public struct Member: Sendable, Hashable {
        public let name: String
        public var value: JSONValue

        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }

        public static func == (a: Member, b: Member) -> Bool { a.name.isExactly(b.name) && a.value == b.value }
    }

    public private(set) var members: [Member]

    public init() {
        members = []
    }

    /// When a name is given twice, the later value wins.
    public init(_ members: KeyValuePairs<String, JSONValue>) {
        self.members = []
        self.members.reserveCapacity(members.count)
        for (name, value) in members { self[name] = value }
    }

    /// The scanner has made sure that the names differ.
    init(unique members: [Member]) {
        self.members = members
    }

    public var isEmpty: Bool { members.isEmpty }

    /// The member's value; nil when there is no such member, `.null` when it is there and null. Setting nil removes it.
    public subscript(name: String) -> JSONValue? {
        get {
            for member in members where member.name.isExactly(name) { return member.value }
            return nil
        }
        set {
            let index = members.firstIndex { $0.name.isExactly(name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (name, value) in elements { self[name] = value }
    }
}
