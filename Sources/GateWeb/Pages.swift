// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

import Hummingbird
import Mustache
import NIOCore

/// Renders the pages that people see: HTML without scripts, in their language.
struct Pages: Sendable {
    struct Link: Sendable {
        let label: String
        let target: String
        var isSecond = false
    }

    struct Content: Sendable {
        var title: String
        var text: String?
        var problem: String?
        var person: String?
        var links: [Link] = []
        /// What to tell whoever is asked for help.
        var facts: [(name: String, value: String)] = []
    }

    private let template: MustacheTemplate
    /// What the site is called: its host.
    private let site: String

    /// - Throws: when the template is not well-formed, which tests exclude.
    init(site: String) throws {
        template = try MustacheTemplate(string: PageTemplates.frame)
        self.site = site
    }

    func page(_ content: Content, _ texts: PageTexts, status: HTTPResponse.Status = .ok) -> Response {
        var values: [String: Any] = [
            "language": Self.escaped(texts.language), "site": Self.escaped(site), "title": Self.escaped(content.title),
            "style": PageStyle.sheet, "signedInAs": Self.escaped(texts.signedInAs), "hasLinks": !content.links.isEmpty,
            "hasFacts": !content.facts.isEmpty,
            "links": content.links.map {
                ["label": Self.escaped($0.label), "target": Self.escaped($0.target), "isSecond": $0.isSecond]
                    as [String: Any]
            },
            "facts": content.facts.map { ["name": Self.escaped($0.name), "value": Self.escaped($0.value)] },
        ]
        values["text"] = content.text.map(Self.escaped)
        values["problem"] = content.problem.map(Self.escaped)
        values["person"] = content.person.map { Self.escaped(Self.visible($0)) }
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentLanguage: texts.language,
                .contentSecurityPolicy: PageStyle.contentSecurityPolicy, .vary: "Accept-Language, Cookie",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: template.render(values))))
    }

    /// For HTML, scalar by scalar: what a template engine takes for one character may hide a bracket.
    static func escaped(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": scalars.append(contentsOf: "&amp;".unicodeScalars)
            case "<": scalars.append(contentsOf: "&lt;".unicodeScalars)
            case ">": scalars.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": scalars.append(contentsOf: "&quot;".unicodeScalars)
            case "'": scalars.append(contentsOf: "&#39;".unicodeScalars)
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// A name of somebody else's choosing: without characters that reorder or hide what stands around them (defence D36).
    static func visible(_ text: String) -> String {
        let shown = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        return String(String.UnicodeScalarView(shown.prefix(120)))
    }
}
