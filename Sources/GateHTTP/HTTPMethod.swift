// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// The request methods the gate tells apart (RFC 9110 §9, RFC 5789); any other token is `other` and is forwarded as it is.
public enum HTTPMethod: UInt8, Sendable { case get, head, post, put, delete, options, patch, connect, trace, other }
