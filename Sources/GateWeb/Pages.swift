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
            "language": texts.language, "site": site, "title": content.title, "style": PageStyle.sheet,
            "signedInAs": texts.signedInAs, "hasLinks": !content.links.isEmpty, "hasFacts": !content.facts.isEmpty,
            "links": content.links.map {
                ["label": $0.label, "target": $0.target, "isSecond": $0.isSecond] as [String: Any]
            },
            "facts": content.facts.map { ["name": $0.name, "value": $0.value] },
        ]
        values["text"] = content.text
        values["problem"] = content.problem
        values["person"] = content.person.map(Self.visible)
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentLanguage: texts.language,
                .contentSecurityPolicy: PageStyle.contentSecurityPolicy, .vary: "Accept-Language, Cookie",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: template.render(values))))
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
