"""D1 to D10, clause by clause: what d01_d10_tokens.py does not say, in both protocols."""
import json, os, threading, time
import gates, seclib, stubs
from d01_d10_tokens import parts, resign
from harness import AUDIENCE
from spoken import Cases, speak


def run(gate, report):
    key_set(report)
    token_form(gate, report)
    nothing_fetched(gate, report)
    times(gate, report)
    places(gate, report)
    addresses(gate, report)
    key_cache(report)


def refused(cases, what, token, statuses=(401,), **more):
    cases.refused(what, statuses=statuses, challenged=True, token=token, judge=lambda a: a.status != 401
                  or 'error="invalid_token"' in a.first("www-authenticate"), **more)


def key_set(report):
    """D1: the key says what it is for; symmetric, weak and foreign keys of a fetched set are no keys."""
    gate = gates.Lazy(lambda: gates.KeylessGate(start=False))
    cases = Cases(gate, report, "D1")
    secret = b"0123456789abcdef0123456789abcdef"

    class Set:
        started = False

        def __call__(self):
            if not self.started:
                k = gate.keys
                gate.provider_set(jwks={"keys": [
                    {"kty": "oct", "kid": "sym", "use": "sig", "alg": "HS256", "k": seclib.b64u(secret)},
                    {"kty": "oct", "kid": "bare", "k": seclib.b64u(secret)},
                    k["rsa-1"].jwk(alg=None, use=None), k["ec-1"].jwk(alg=None, use=None), k["rsa-enc"].jwk(), k["rsa-weak"].jwk(),
                    k["ec-384"].jwk(alg=None),
                    k["evil"].jwk(kid="ops", alg=None, use=None, key_ops=["sign", "encrypt"]), k["evil-ec"].jwk(kid="lying", alg="ES384"),
                    k["rsa-next"].jwk(kid="private", d="AAAA")]})
                gate.start()
                self.started = True
            return gate
    begin = Set()
    mac = lambda kid, algorithm="HS256": seclib.compact({"alg": algorithm, "kid": kid, "typ": "at+jwt"}, gate.claims(),
                                                        lambda m: seclib.mac(algorithm, secret, m))
    forged = {
        "a symmetric key of the set": lambda g: mac("sym"), "a symmetric key without alg": lambda g: mac("bare"),
        "a symmetric key, kid of another": lambda g: mac("rsa-1"), "a symmetric key, HS512": lambda g: mac("bare", "HS512"),
        "a key of 1024 bits": lambda g: g.token(key="rsa-weak"), "a key for encryption": lambda g: g.token(key="rsa-enc"),
        "a key whose key_ops are others": lambda g: g.token(key="evil", header={"kid": "ops"}),
        "a key whose alg is not its curve's": lambda g: g.token(key="evil-ec", algorithm="ES256", header={"kid": "lying"}),
        "a key whose private part is published": lambda g: g.token(key="rsa-next", header={"kid": "private"}),
        "an algorithm that is not allowed (RS512)": lambda g: g.token(algorithm="RS512"),
        "ES384's name on a P-256 key": lambda g: g.token(key="ec-1", algorithm="ES256", header={"alg": "ES384"}),
        "RS256's name on PS256": lambda g: g.token(algorithm="PS256", header={"alg": "RS256"}),
        "no kid, and no key fits": lambda g: g.token(key="evil", header={"kid": None})}
    good = {"an RSA key without alg and use": lambda g: g.token(), "the same for PS256": lambda g: g.token(algorithm="PS256"),
            "a P-256 key without alg": lambda g: g.token(key="ec-1", algorithm="ES256"),
            "a P-384 key": lambda g: g.token(key="ec-384", algorithm="ES384")}
    for table, expected in ((forged, 401), (good, 200)):
        for what, make in table.items():
            for protocol, title in cases.each(f"{'control: ' if expected == 200 else ''}{what}"):
                answer, hits = cases.send(protocol, token=make(begin()))
                report.check(title, answer.status == expected and len(hits) == (expected == 200), f"{answer}")
    gate.stop()


def token_form(gate, report):
    """D2, D3, D5, D7: octets of the token that are not canonical, also where the signature covers them; ends of ranges."""
    cases = Cases(gate, report, "D2")
    sign = lambda text: text + "." + seclib.b64u(gate.keys["rsa-1"].sign("RS256", text.encode()))
    head, payload = parts(gate.token())[:2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    def spare(part):
        """The same octets, spelt with spare bits; None where the length leaves none."""
        left = len(part) % 4
        return part[:-1] + alphabet[alphabet.index(part[-1]) | 1] if left in (2, 3) else None

    def padded(claims):
        """A part whose length leaves spare bits."""
        for n in range(3):
            text = seclib.b64u(seclib.dumps({**claims, "pad": "x" * n}))
            if spare(text):
                return text
    odd_head, odd_payload = padded({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}), padded(gate.claims())
    for what, token in {"spare bits in the header, signed": sign(f"{spare(odd_head)}.{payload}"),
                        "spare bits in the payload, signed": sign(f"{head}.{spare(odd_payload)}"),
                        "padding in the header, signed": sign(f"{odd_head}=.{payload}"),
                        "padding in the payload, signed": sign(f"{head}.{odd_payload}="),
                        "a length that base64 does not have": sign(f"{head}.{payload}" + "A" * ((1 - len(payload)) % 4)),
                        "white space inside": f"{head} .{payload}.{parts(gate.token())[2]}",
                        "a tab inside": f"{head}.\t{payload}.{parts(gate.token())[2]}",
                        "an escaped dot": gate.token().replace(".", "%2e", 1)}.items():
        refused(cases, what, token)
    text = json.dumps(gate.claims())[:-1]
    refused(cases, "depth 33", resign(gate, {"alg": "RS256", "kid": "rsa-1"}, text + ',"a":' + "[" * 32 + "]" * 32 + "}"))
    refused(cases, "a header that is an array", resign(gate, '[{"alg":"RS256","kid":"rsa-1"}]', gate.claims()))
    refused(cases, "white space before the payload's object is JSON, something after it is not",
            resign(gate, {"alg": "RS256", "kid": "rsa-1"}, " " + text + "} x"))
    cases.passes("control: depth 30", token=resign(gate, {"alg": "RS256", "kid": "rsa-1"}, text + ',"a":' + "[" * 29 + "]" * 29 + "}"))
    cases.passes("control: 6 KiB", token=gate.token(filler="x" * 4000))
    cases.passes("control: white space and escapes in the claims",
                 token=resign(gate, {"alg": "RS256", "kid": "rsa-1"}, json.dumps(gate.claims(name="Zo\u00eb \u2603"), indent=2)))
    cases = Cases(gate, report, "D3")
    for name, value in (("crit", ["b64"]), ("crit", "exp"), ("crit", None), ("b64", True), ("zip", ""), ("enc", "A128GCM"),
                        ("crit", ["http://example.com/UNDEFINED"])):
        refused(cases, f"{name} {value!r}", resign(gate, {"alg": "RS256", "kid": "rsa-1", "typ": "JWT", name: value}, gate.claims()))
    refused(cases, "five parts of an encrypted token", ".".join([seclib.b64u(b'{"alg":"dir","enc":"A128GCM"}'), "", "AAAA", "AAAA",
                                                                 "AAAA"]))
    cases.passes("control: members of the header that nobody knows",
                 token=gate.token(header={"x-custom": 1, "jku": "https://evil.example/", "x5t": "AAAA"}))
    cases = Cases(gate, report, "D5")
    ec_head, ec_payload, signature = parts(gate.token(key="ec-1", algorithm="ES256"))
    raw = seclib.unb64u(signature)
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    number = lambda *values: b"".join(v.to_bytes(32, "big") for v in values)
    for what, octets in {"r = n": number(n, s), "r = n + 1": number(n + 1, s), "s above n": number(r, (1 << 256) - 1),
                         "r and s the other way round": raw[32:] + raw[:32], "96 octets": bytes(32) + raw,
                         "r and s one": number(1, 1)}.items():
        refused(cases, f"ES256 signature {what}", f"{ec_head}.{ec_payload}.{seclib.b64u(octets)}")
    if r + n < 1 << 256:
        refused(cases, "ES256 signature r + n", f"{ec_head}.{ec_payload}.{seclib.b64u(number(r + n, s))}")
    rsa = seclib.unb64u(parts(gate.token())[2])
    modulus = gate.keys["rsa-1"].priv.public_key().public_numbers().n
    refused(cases, "RS256 signature plus the modulus", f"{head}.{payload}.{seclib.b64u((int.from_bytes(rsa, 'big') + modulus).to_bytes(257, 'big'))}")
    cases = Cases(gate, report, "D7")
    for kind in ("AT+JWT", "application/at+jwt", "jwt", "APPLICATION/AT+JWT", "application/jwt"):
        cases.passes(f"control: typ {kind}", token=gate.token(header={"typ": kind}))
    refused(cases, "cnf empty", gate.token(cnf={}))
    refused(cases, "aud with an object beside ours", gate.token(aud=[AUDIENCE, {"x": 1}]))


def nothing_fetched(gate, report):
    """D4: what a token names is not fetched, whoever's signature it carries."""
    cases = Cases(gate, report, "D4")
    for protocol, title in cases.each("nothing that a token names is fetched"):
        with stubs.trap() as (port, caught):
            evil, before = f"http://127.0.0.1:{port}/x", len(gate.provider_log())
            for name in ("jku", "x5u", "kid", "url"):
                for key, kid in (("rsa-1", "rsa-1"), ("evil", "rsa-1")):
                    cases.send(protocol, token=gate.token(key=key, header={"kid": kid, name: evil} if name != "kid" else {"kid": evil}))
                    cases.send(protocol, token=gate.token(key=key, header={"kid": kid, name: gate.issuer + "/evil"}))
            asked = [entry["path"] for entry in gate.provider_log()[before:]]
            report.check(title, not caught and set(asked) <= {"/jwks", "/.well-known/openid-configuration"}, f"{caught} {asked}")
    cases.passes("control: jku, x5u and jwk beside the right key change nothing",
                 token=gate.token(header={"jku": "https://evil.example/jwks", "x5u": "https://evil.example/",
                                          "jwk": gate.keys["evil"].jwk()}))


def times(gate, report):
    """D6: the leeway is a minute and no more, and a remembered verdict ends with the token."""
    cases, now = Cases(gate, report, "D6"), int(time.time())
    bare = json.dumps({k: v for k, v in gate.claims().items() if k != "exp"})[:-1]
    for literal in ("9223372036854775808", "-9223372036854775809", "1e19", "99999999999999999999.5", "{}", "[]", '"1e10"', "-1e10", "01"):
        refused(cases, f"exp {literal}", resign(gate, {"alg": "RS256", "kid": "rsa-1"}, f'{bare},"exp":{literal}}}'))
    refused(cases, "nbf beyond a minute", gate.token(nbf=now + 120))
    refused(cases, "nbf not a number", gate.token(nbf=[now]))
    cases.passes("control: exp within the minute", token=gate.token(exp=now - 20))
    cases.passes("control: nbf within the minute", token=gate.token(nbf=now + 20, iat=now + 20))
    cases.passes("control: exp with a fraction", token=resign(gate, {"alg": "RS256", "kid": "rsa-1"}, f'{bare},"exp":{now + 600}.5}}'))
    cases.passes("control: exp with an exponent", token=resign(gate, {"alg": "RS256", "kid": "rsa-1"},
                                                               f'{bare},"exp":{(now + 600) / 1e9:.9f}e9}}'))
    titles = list(cases.each("a remembered verdict ends with the token"))
    if titles:
        token = gate.token(exp=int(time.time()) - 57)
        first = [cases.send(protocol, token=token)[0].status for protocol, _ in titles for _ in (1, 2)]
        time.sleep(4.2)
        for protocol, title in titles:
            answer, hits = cases.send(protocol, token=token)
            report.check(title, set(first) == {200} and answer.status == 401 and not hits, f"{first}, then {answer}")


def places(gate, report):
    """D8 in HTTP/2: one Authorization field, its scheme in any case, one space; nothing from query, cookie or form."""
    cases, good = Cases(gate, report, "D8"), gate.token()
    told = lambda value: dict(token=None, fields=[("Authorization", value)])
    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
        cases.passes(f"control: scheme {scheme}", protocols=("h2",), **told(f"{scheme} {good}"))
    two = lambda *values: dict(token=None, fields=[("Authorization", v) for v in values])
    for what, request in {
        "two Authorization fields": two(f"Bearer {good}", "Bearer x"), "two, the bad one first": two("Bearer x", f"Bearer {good}"),
        "two equal Authorization fields": two(f"Bearer {good}", f"Bearer {good}"),
        "list in one field": told(f"Bearer {good}, Bearer x"), "Basic then Bearer": told(f"Basic eDp5, Bearer {good}"),
        "two spaces": told(f"Bearer  {good}"), "tab": told(f"Bearer\t{good}"), "no space": told(f"Bearer{good}"),
        "no scheme": told(good), "other scheme": told(f"Token {good}"), "DPoP scheme": told(f"DPoP {good}"),
        "quoted": told(f'Bearer "{good}"'), "parameter": told(f"Bearer token={good}"), "empty": told("Bearer"),
        "empty value": told(""),
        "two tokens": told(f"Bearer {good} {good}"), "query": dict(token=None, path=f"/mcp?access_token={good}"),
        "query in upper case": dict(token=None, path=f"/mcp?ACCESS_TOKEN={good}"),
        "query and field": dict(path=f"/mcp?access_token={good}"),
        "query, encoded name, and field": dict(path=f"/mcp?access%5Ftoken={good}"),
        "query after a semicolon": dict(token=None, path=f"/mcp?a=b;access_token={good}"),
        "cookie": dict(token=None, fields=[("Cookie", f"access_token={good}; Authorization=Bearer {good}")]),
        "cookie crumbs": dict(token=None, fields=[("Cookie", f"access_token={good}"), ("Cookie", f"token={good}")]),
        "form": dict(token=None, method="POST", fields=[("Content-Type", "application/x-www-form-urlencoded")],
                     body=f"access_token={good}"),
        "Proxy-Authorization": dict(token=None, fields=[("Proxy-Authorization", f"Bearer {good}")]),
        "X-Forwarded-Authorization": dict(token=None,
                                          fields=[("X-Forwarded-Authorization", f"Bearer {good}"),
                                                  ("X-Access-Token", good)]),
        "trailer": dict(token=None, method="POST", fields=[("Content-Type", "application/json")], body="{}",
                        trailers=[("authorization", f"Bearer {good}")]),
        "X-Authorization and underscores": dict(token=None, fields=[("X-Authorization", f"Bearer {good}")]),
    }.items():
        both = what not in ("trailer", "two, the bad one first", "query after a semicolon", "cookie crumbs", "two tokens",
                            "X-Authorization and underscores")
        cases.refused(what, statuses=(400, 401, 415), protocols=("h2",) if both else ("h1", "h2"), **request)


def addresses(gate, report):
    """D9 in HTTP/2, and for every kind of challenge: the metadata's address comes from configuration."""
    cases = Cases(gate, report, "D9")
    told = lambda answer: 'resource_metadata="https://mcp.example.test/' in answer.first("www-authenticate") and "evil" not in answer.text
    for what, request in {
        "plain": {}, "X-Forwarded-Host": dict(fields=[("X-Forwarded-Host", "evil.example")]),
        "X-Forwarded-Proto": dict(fields=[("X-Forwarded-Proto", "http")]),
        "Forwarded": dict(fields=[("Forwarded", "host=evil.example;proto=http")]),
        "X-Forwarded-Prefix": dict(fields=[("X-Forwarded-Prefix", "/evil")]),
        "X-Original-Host": dict(fields=[("X-Original-Host", "evil.example")]), "localhost": dict(host="localhost:1234"),
        "the public name": dict(host="mcp.example.test:8443"),
        "an expired token": dict(token=gate.token(exp=1)), "a token in the query": dict(path="/mcp?access_token=evil"),
        "below the resource": dict(path="/mcp/evil"), "DELETE": dict(method="DELETE"), "HEAD": dict(method="HEAD"),
        "POST": dict(method="POST", body="{}"),
    }.items():
        request.setdefault("token", None)
        cases.refused(what, statuses=(401,), judge=told, **request)
    for host in ("evil.example", 'a"b', "evil.example, 127.0.0.1"):
        cases.refused(f"host {host}", statuses=(400, 421), token=None, host=host, judge=lambda answer: "evil" not in answer.text)


def key_cache(report):
    """D10: keys are fetched beside the requests, once for all who wait, not for everybody who asks, and are kept while the provider is ill."""
    gate = gates.Lazy(lambda: gates.QuickKeysGate(start=False))
    cases = Cases(gate, report, "D10")

    def begin(**modes):
        gate.provider_reset()
        gate.start()
        if modes:
            gate.provider_set(**modes)
            gates.wait_for_fetch(gate)

    for what, mode in {"500": "500", "half a document": "garbage", "a page": "html", "an empty set": "empty",
                       "128 MiB, of which 1 MiB is read": "huge", "one octet at a time, for 3 s": "slow",
                       "no answer, for 3 s": "hang"}.items():
        titles = list(cases.each(f"good keys are kept: {what}"))
        if titles:
            begin(jwks=mode)
            memory = gates.resident(gate)
            for protocol, title in titles:
                started = time.time()
                sent = [cases.send(protocol, token=t)[0].status
                        for t in (gate.token(), gate.token(key="ec-1", algorithm="ES256"),
                                  gate.token(key="evil", header={"kid": os.urandom(4).hex()}),
                                  gate.token(key="evil", header={"kid": "rsa-1"}))]
                grown = gates.resident(gate) - memory
                report.check(title, sent == [200, 200, 401, 401] and time.time() - started < 3 and grown < 16 << 10,
                             f"{sent} in {time.time() - started:.1f} s, {grown} KiB more")
            gate.process.stop()
    titles = list(cases.each("one odd key does not lose the others"))
    if titles:
        gate.provider_reset()
        gate.start()
        gate.provider_set(jwks={"keys": [{"kty": "RSA", "kid": "odd", "n": "!", "e": "AQAB"}, gate.keys["rsa-1"].jwk(), {"kty": "??"},
                                         gate.keys["ec-1"].jwk()]})
        gates.wait_for_fetch(gate)
        for protocol, title in titles:
            sent = [cases.send(protocol, token=t)[0].status for t in (gate.token(), gate.token(key="ec-1", algorithm="ES256"))]
            report.check(title, sent == [200, 200], f"{sent}")
        gate.process.stop()
    titles = list(cases.each("a new key works at once, a withdrawn one no longer"))
    if titles:
        begin()
        tokens = {"old": gate.token(key="ec-1", algorithm="ES256"), "fresh": gate.token(key="rsa-next")}
        before = [cases.send(protocol, token=tokens["old"])[0].status for protocol, _ in titles]
        gate.provider_set(published=["rsa-1", "rsa-next"])
        started = time.time()
        at_once = cases.send("h1", token=tokens["fresh"])[0].status
        end = time.time() + 6
        while time.time() < end and cases.send("h1", token=tokens["old"])[0].status == 200:
            time.sleep(0.2)
        for protocol, title in titles:
            after = [cases.send(protocol, token=t)[0].status
                     for t in (tokens["fresh"], tokens["old"], gate.token(key="ec-1", algorithm="ES256"), gate.token())]
            report.check(title, set(before) == {200} and at_once == 200 and after == [200, 401, 401, 200],
                         f"{before}, at once {at_once}, after {time.time() - started:.1f} s {after}")
        gate.process.stop()
    titles = list(cases.each("forty who wait for one unknown key make one fetch"))
    for protocol, title in titles:
        begin()
        asked = lambda: sum(e["path"] == "/jwks" for e in gate.provider_log())
        before, token, answers = asked(), gate.token(header={"kid": os.urandom(4).hex()}), []
        threads = [threading.Thread(target=lambda: answers.append(speak(gate, protocol, token=token).status)) for _ in range(40)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        fetched = asked() - before
        # One for the key, and those that the clock made meanwhile.
        report.check(title, answers.count(401) == 40 and 1 <= fetched <= 3, f"{sorted(set(answers))}, {fetched} fetches")
        gate.process.stop()
    gate.stop()

