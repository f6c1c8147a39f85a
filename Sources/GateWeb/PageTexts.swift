// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

/// What the pages say, in each language they speak.
struct PageTexts: Sendable {
    let language: String
    let chooseTitle: String
    let chooseText: String
    /// Before a provider's name.
    let signInWith: String
    let signedInTitle: String
    let signedInText: String
    let signedInAs: String
    let signedOutTitle: String
    let signedOutText: String
    let signIn: String
    let signInAgain: String
    let signOut: String
    let toTheSite: String
    let failureTitle: String
    let deniedTitle: String
    let unavailableTitle: String
    let providerCode: String
    let trace: String
    let failures: [SignInProblem: String]

    static let english = PageTexts(
        language: "en", chooseTitle: "Sign in", chooseText: "Choose where you have an account.",
        signInWith: "Continue with", signedInTitle: "You are signed in", signedInText: "You may close this page.",
        signedInAs: "Signed in as", signedOutTitle: "You are signed out",
        signedOutText: "Close the browser if others use this computer, too.", signIn: "Sign in",
        signInAgain: "Try again", signOut: "Sign out", toTheSite: "Continue to the site",
        failureTitle: "Signing in did not work", deniedTitle: "You were not signed in",
        unavailableTitle: "Signing in is not possible now", providerCode: "Provider's code", trace: "Trace",
        failures: [
            .noAttempt:
                "This sign-in was not begun in this browser, or it took too long. If it happens again, see whether "
                + "the browser accepts cookies from this site.",
            .usedAttempt: "This sign-in was completed already.",
            .denied: "The provider says that access was not granted.",
            .provider: "The provider answered with an error. Whoever runs this site finds the reason in its log.",
            .refused:
                "What the provider answered cannot be trusted. Whoever runs this site finds the reason in its log.",
            .unavailable: "The provider does not answer. Try again in a moment.",
            .tooLarge: "The provider says more about you than a browser's cookie can hold.",
            .target: "The page to return to is not one of this site.",
        ])

    static let german = PageTexts(
        language: "de", chooseTitle: "Anmelden", chooseText: "Wählen Sie, wo Sie ein Konto haben.",
        signInWith: "Weiter mit", signedInTitle: "Sie sind angemeldet",
        signedInText: "Sie können diese Seite schließen.", signedInAs: "Angemeldet als",
        signedOutTitle: "Sie sind abgemeldet",
        signedOutText: "Schließen Sie den Browser, wenn auch andere diesen Computer benutzen.", signIn: "Anmelden",
        signInAgain: "Noch einmal versuchen", signOut: "Abmelden", toTheSite: "Weiter zur Seite",
        failureTitle: "Die Anmeldung hat nicht geklappt", deniedTitle: "Sie wurden nicht angemeldet",
        unavailableTitle: "Die Anmeldung ist gerade nicht möglich", providerCode: "Code des Anbieters",
        trace: "Vorgang",
        failures: [
            .noAttempt:
                "Diese Anmeldung wurde nicht in diesem Browser begonnen, oder sie hat zu lange gedauert. Falls das "
                + "wieder geschieht: Nimmt der Browser Cookies dieser Seite an?",
            .usedAttempt: "Diese Anmeldung wurde schon abgeschlossen.",
            .denied: "Der Anbieter meldet, dass der Zugang nicht erlaubt wurde.",
            .provider:
                "Der Anbieter hat mit einem Fehler geantwortet. Wer diese Seite betreibt, findet den Grund im Protokoll.",
            .refused:
                "Der Antwort des Anbieters ist nicht zu trauen. Wer diese Seite betreibt, findet den Grund im Protokoll.",
            .unavailable: "Der Anbieter antwortet nicht. Versuchen Sie es gleich noch einmal.",
            .tooLarge: "Der Anbieter sagt mehr über Sie, als in ein Cookie passt.",
            .target: "Die Seite, zu der es zurückgehen soll, gehört nicht hierher.",
        ])

    private static let all = [english, german]

    /// The language that the reader likes best among ours, English for everybody else (RFC 9110 §12.5.4).
    static func preferred(by acceptLanguage: String?) -> PageTexts {
        var best: (texts: PageTexts, weight: Double)?
        for range in (acceptLanguage ?? "").split(separator: ",").prefix(20) {
            let parts = range.split(separator: ";", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            guard let tag = parts.first?.lowercased().split(separator: "-").first,
                let texts = all.first(where: { $0.language == tag })
            else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if weight > 0, weight > best?.weight ?? 0 { best = (texts, weight) }
        }
        return best?.texts ?? english
    }
}

/// Why somebody was not signed in, as far as that person is concerned.
enum SignInProblem: String, Sendable, Hashable, CaseIterable {
    case noAttempt, usedAttempt, denied, provider, refused, unavailable, tooLarge, target

    /// The status of its page.
    var status: Int {
        switch self {
        case .noAttempt, .usedAttempt, .target: 400
        case .denied: 403
        case .provider, .refused: 502
        case .unavailable: 503
        case .tooLarge: 500
        }
    }
}
