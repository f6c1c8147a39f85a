// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

@main
struct Gatehouse {
    static func main() {}
}
