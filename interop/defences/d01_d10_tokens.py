"""D1 to D10: bearer tokens, over HTTP/1.1 and over HTTP/2, judged by the answer and by what reached the upstream."""
import base64, concurrent.futures, json, os, time
import h2raw, seclib

RSA_PUBLIC_AS_SECRET = ("pem", "pkcs1", "der")


def resign(gate, header, payload, key="rsa-1", algorithm="RS256"):
    return seclib.compact(header, payload, lambda m: gate.keys[key].sign(algorithm, m))


def parts(token): return token.split(".")


def cases(g):
    """(name, token, expected): expected True reaches the upstream, False is 401 `invalid_token` and does not."""
    yield "control RS256", g.token(), True
    yield "control ES256", g.token(key="ec-1", algorithm="ES256"), True
    yield "control without typ", g.token(header={"typ": None}), True
    yield "control typ JWT", g.token(header={"typ": "JWT"}), True
    yield "control aud array", g.token(aud=["https://other.example", g_audience(g)]), True
    # D1
    none = {"alg": "none", "kid": "rsa-1", "typ": "at+jwt"}
    body = seclib.b64u(seclib.dumps(g.claims()))
    for spelling in ("none", "None", "NONE", "nOnE", ""):
        head = seclib.b64u(seclib.dumps({**none, "alg": spelling}))
        yield f"D1 alg {spelling!r} without signature", f"{head}.{body}.", False
        yield f"D1 alg {spelling!r} with a signature", f"{head}.{body}." + parts(g.token())[2], False
    for form in RSA_PUBLIC_AS_SECRET:
        key = g.keys["rsa-1"]
        secret = {"pem": key.pem(), "pkcs1": key.pem("pkcs1"), "der": key.der()}[form]
        for algorithm in ("HS256", "HS384", "HS512"):
            yield (f"D1 {algorithm} with the public key as {form}",
                   seclib.compact({"alg": algorithm, "kid": "rsa-1"}, g.claims(), lambda m: seclib.mac(algorithm, secret, m)), False)
    yield "D1 encryption key signs", g.token(key="rsa-enc"), False
    yield "D1 RS256 header on an EC kid", resign(g, {"alg": "RS256", "kid": "ec-1"}, g.claims()), False
    yield "D1 ES256 header on an RSA kid", resign(g, {"alg": "ES256", "kid": "rsa-1"}, g.claims(), "ec-1", "ES256"), False
    yield "D1 RS512 where the key says RS256", resign(g, {"alg": "RS512", "kid": "rsa-1"}, g.claims(), "rsa-1", "RS512"), False
    # D2
    good = g.token()
    head, payload, signature = parts(good)
    yield "D2 two parts", f"{head}.{payload}", False
    yield "D2 four parts", good + ".x", False
    yield "D2 empty header", f".{payload}.{signature}", False
    yield "D2 empty payload", f"{head}..{signature}", False
    yield "D2 empty signature", f"{head}.{payload}.", False
    yield "D2 padded signature", good + "==", False
    yield "D2 padded payload", f"{head}.{payload}=.{signature}", False
    yield "D2 standard alphabet", f"{head}.{payload}.{signature}".replace("-", "+").replace("_", "/") + "+/", False
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spare = alphabet[alphabet.index(signature[-1]) ^ 1]
    yield "D2 spare bits set", f"{head}.{payload}.{signature[:-1]}{spare}", False
    yield "D2 larger than 16 KiB", g.token(filler="x" * 17000), False
    claims = json.dumps(g.claims())
    yield "D2 duplicate sub", resign(g, {"alg": "RS256", "kid": "rsa-1"}, claims[:-1] + ',"sub":"root"}'), False
    yield "D2 duplicate alg", resign(g, '{"alg":"RS256","kid":"rsa-1","alg":"RS256"}', g.claims()), False
    yield "D2 duplicate by escape", resign(g, {"alg": "RS256", "kid": "rsa-1"}, claims[:-1] + ',"s\\u0075b":"root"}'), False
    yield "D2 nested duplicate", resign(g, {"alg": "RS256", "kid": "rsa-1"}, claims[:-1] + ',"a":{"b":1,"b":2}}'), False
    yield "D2 depth 40", resign(g, {"alg": "RS256", "kid": "rsa-1"}, claims[:-1] + ',"a":' + "[" * 40 + "]" * 40 + "}"), False
    yield "D2 trailing octets", resign(g, {"alg": "RS256", "kid": "rsa-1"}, claims + "{}"), False
    yield "D2 byte order mark", resign(g, {"alg": "RS256", "kid": "rsa-1"}, b"\xef\xbb\xbf" + claims.encode()), False
    yield "D2 broken UTF-8", resign(g, {"alg": "RS256", "kid": "rsa-1"}, claims[:-1].encode() + b',"n":"\xff\xfe"}'), False
    yield "D2 payload is an array", resign(g, {"alg": "RS256", "kid": "rsa-1"}, f"[{claims}]"), False
    # D3
    for name in ("crit", "b64", "zip"):
        extra = {"crit": {"crit": ["exp"], "exp": 1}, "b64": {"b64": False, "crit": ["b64"]}, "zip": {"zip": "DEF"}}[name]
        yield f"D3 {name}", g.token(header=extra), False
    yield "D3 crit empty", g.token(header={"crit": []}), False
    yield "D3 five parts", good + ".AAAA.AAAA", False
    # D4
    evil = g.keys["evil"]
    for name, value in (("jwk", evil.jwk()), ("jku", g.issuer + "/evil-jwks"), ("x5u", g.issuer + "/evil.pem"),
                        ("x5c", [base64.b64encode(evil.der()).decode()])):
        yield f"D4 {name} names the attacker's key", g.token(key="evil", header={"kid": "rsa-1", name: value}), False
    for kid in ("../../etc/passwd", "rsa-1\x00", "RSA-1", " rsa-1", "rsa-1 ", "' OR 1=1 --", "", "unknown-" + os.urandom(3).hex()):
        yield f"D4 kid {kid!r}", g.token(header={"kid": kid}), False
    yield "D4 kid is a number", g.token(header={"kid": 1}), False
    # D5
    ec = g.token(key="ec-1", algorithm="ES256")
    ec_head, ec_payload, ec_signature = parts(ec)
    raw = seclib.unb64u(ec_signature)
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    for name, octets in (("all zero", bytes(64)), ("63 octets", raw[:63]), ("65 octets", raw + b"\0"), ("r zero", bytes(32) + raw[32:]),
                         ("s zero", raw[:32] + bytes(32)), ("s = n", raw[:32] + n.to_bytes(32, "big")),
                         ("DER", bytes.fromhex("30") + bytes([70]) + b"\x02\x21\0" + raw[:32] + b"\x02\x21\0" + raw[32:])):
        yield f"D5 ES256 signature {name}", f"{ec_head}.{ec_payload}.{seclib.b64u(octets)}", False
    rsa = seclib.unb64u(signature)
    for name, octets in (("short by one", rsa[:-1]), ("leading zero", b"\0" + rsa), ("empty after decode", b""), ("zero", bytes(len(rsa))),
                         ("all ones", b"\xff" * len(rsa))):
        yield f"D5 RS256 signature {name}", f"{head}.{payload}.{seclib.b64u(octets)}", False
    # D6
    now = int(time.time())
    for name, changes in (("exp missing", {"exp": None}), ("exp string", {"exp": str(now + 600)}), ("exp null", {"exp": json.loads("null")}),
                          ("exp boolean", {"exp": True}), ("exp past the leeway", {"exp": now - 61}), ("exp zero", {"exp": 0}),
                          ("exp negative", {"exp": -1}), ("nbf past the leeway", {"nbf": now + 90}), ("nbf string", {"nbf": "0"}),
                          ("iat string", {"iat": "now"})):
        if name == "exp null":
            token = resign(g, {"alg": "RS256", "kid": "rsa-1"}, json.dumps({**g.claims(), "exp": None}))
        else:
            token = g.token(**changes)
        yield f"D6 {name}", token, False
    for literal in ("1e400", "99999999999999999999999", "Infinity", "NaN", "[%d]" % (now + 600)):
        text = json.dumps({k: v for k, v in g.claims().items() if k != "exp"})[:-1] + f',"exp":{literal}}}'
        yield f"D6 exp {literal[:24]}", resign(g, {"alg": "RS256", "kid": "rsa-1"}, text), False
    # D7
    audience = g_audience(g)
    for name, changes in (("iss other", {"iss": "https://evil.example"}), ("iss with a slash", {"iss": g.issuer + "/"}),
                          ("iss upper case", {"iss": g.issuer.upper()}), ("iss array", {"iss": [g.issuer]}), ("iss missing", {"iss": None}),
                          ("aud missing", {"aud": None}), ("aud other", {"aud": "https://other.example/mcp"}),
                          ("aud prefix", {"aud": audience[:-1]}), ("aud longer host", {"aud": audience.replace(".test", ".test.evil")}),
                          ("aud with a slash", {"aud": audience + "/"}), ("aud upper case", {"aud": audience.upper()}),
                          ("aud object", {"aud": {audience: 1}}), ("aud with a number", {"aud": [audience, 1]}), ("aud empty", {"aud": []}),
                          ("cnf jkt", {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}),
                          ("cnf x5t#S256", {"cnf": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}})):
        yield f"D7 {name}", g.token(**changes), False
    for kind in ("dpop+jwt", "logout+jwt", "application/dpop+jwt", "secevent+jwt", "JWE", 7):
        yield f"D7 typ {kind}", g.token(header={"typ": kind}), False
    yield "D7 ID token (nonce, at_hash)", g.token(header={"typ": "JWT"}, nonce="n", at_hash="x", aud="cli"), False


def g_audience(g):
    from harness import AUDIENCE
    return AUDIENCE


def run(g, report):
    for name, token, good in cases(g):
        for protocol in ("h1", "h2"):
            case = f"{name} [{protocol}]"
            if not report.wants(case):
                continue
            canary = seclib.canary()
            if protocol == "h1":
                response = g.get("/mcp", token, [f"X-Canary: {canary}"])
                status, challenge = response.status, response.h("www-authenticate") or ""
            else:
                stream = h2raw.exchange(g.address, [(":method", "GET"), (":scheme", "http"), (":authority", g.host), (":path", "/mcp"),
                                                    ("x-canary", canary), ("authorization", "Bearer " + token)])
                status, challenge = stream.status, dict(stream.headers).get("www-authenticate", "")
            hits = g.arrived(canary)
            if good:
                report.check(case, status == 200 and hits and token not in str(hits), f"status {status}, {len(hits)} arrived")
            else:
                # A token larger than a head may be is refused as a head: 431.
                allowed = {401, 431, 0} if "16 KiB" in name else {400, 401} if "\x00" in name else {401}
                challenged = status != 401 or (challenge.startswith("Bearer ") and 'error="invalid_token"' in challenge
                                               and "resource_metadata=" in challenge)
                report.check(case, status in allowed and challenged and not hits, f"status {status} {challenge!r}, {len(hits)} arrived")
    transport(g, report)
    metadata_address(g, report)
    key_fetches(g, report)


def transport(g, report):
    """D8: one Authorization field, scheme in any case, one space; nothing from query, cookie or form."""
    good = g.token()
    def case(name, lines, path="/mcp", method="GET", body=b"", expected=(400, 401)):
        if not report.wants(name):
            return
        canary = seclib.canary()
        head = [f"{method} {path} HTTP/1.1", f"Host: {g.host}", f"X-Canary: {canary}", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        response = g.send("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)
        arrived = g.arrived(canary)
        report.check(name, response.status in expected and bool(arrived) == (200 in expected),
                     f"status {response.status}, {len(arrived)} arrived")
    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
        case(f"D8 control scheme {scheme}", [f"Authorization: {scheme} {good}"], expected=(200,))
    case("D8 two Authorization fields", [f"Authorization: Bearer {good}", "Authorization: Bearer x"])
    case("D8 two equal Authorization fields", [f"Authorization: Bearer {good}"] * 2)
    case("D8 list in one field", [f"Authorization: Bearer {good}, Bearer x"])
    case("D8 Basic then Bearer", [f"Authorization: Basic eDp5, Bearer {good}"])
    case("D8 two spaces", [f"Authorization: Bearer  {good}"])
    case("D8 tab", [f"Authorization: Bearer\t{good}"])
    case("D8 no space", [f"Authorization: Bearer{good}"])
    case("D8 no scheme", [f"Authorization: {good}"])
    case("D8 other scheme", [f"Authorization: Token {good}"])
    case("D8 DPoP scheme", [f"Authorization: DPoP {good}"])
    case("D8 quoted", [f'Authorization: Bearer "{good}"'])
    case("D8 parameter", [f"Authorization: Bearer token={good}"])
    case("D8 empty", ["Authorization: Bearer "])
    case("D8 empty value", ["Authorization:"])
    case("D8 query", [], path=f"/mcp?access_token={good}")
    case("D8 query in upper case", [], path=f"/mcp?ACCESS_TOKEN={good}")
    case("D8 query and field", [f"Authorization: Bearer {good}"], path=f"/mcp?access_token={good}", expected=(400,))
    case("D8 query, encoded name, and field", [f"Authorization: Bearer {good}"], path=f"/mcp?access%5Ftoken={good}", expected=(400,))
    case("D8 cookie", [f"Cookie: access_token={good}; Authorization=Bearer {good}"])
    case("D8 form", ["Content-Type: application/x-www-form-urlencoded"], method="POST", body=f"access_token={good}".encode(),
         expected=(400, 401, 415))
    case("D8 Proxy-Authorization", [f"Proxy-Authorization: Bearer {good}"])
    case("D8 X-Forwarded-Authorization", [f"X-Forwarded-Authorization: Bearer {good}", f"X-Access-Token: {good}"])


def metadata_address(g, report):
    """D9: the challenge's metadata address comes from configuration, whatever the request says of its host."""
    for name, host, lines in (("Host of the listener", g.host, []), ("X-Forwarded-Host", g.host, ["X-Forwarded-Host: evil.example"]),
                              ("Forwarded", g.host, ["Forwarded: host=evil.example;proto=http"]), ("evil Host", "evil.example", []),
                              ("Host with a quote", 'a"b', [])):
        case = f"D9 {name}"
        if not report.wants(case):
            continue
        response = g.send("\r\n".join(["POST /mcp HTTP/1.1", f"Host: {host}", "Content-Length: 0", *lines]) + "\r\n\r\n")
        challenge = response.h("www-authenticate") or ""
        evil = b"evil" in response.raw
        fine = response.status in (400, 421) if "evil Host" in name or "quote" in name else (
            response.status == 401 and 'resource_metadata="https://mcp.example.test/' in challenge)
        report.check(case, fine and not evil, f"status {response.status} {challenge!r}")


def key_fetches(g, report):
    """D10: three hundred unknown kids, forty at once, make a handful of fetches, and a good token passes meanwhile."""
    case = "D10 300 unknown kids make few fetches"
    if report.wants(case):
        before = len([x for x in g.provider_log() if "jwks" in json.dumps(x)])
        tokens = [g.token(header={"kid": "k" + os.urandom(4).hex()}) for _ in range(300)]
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda t: g.get("/mcp", t, timeout=5), tokens))
        fetched = len([x for x in g.provider_log() if "jwks" in json.dumps(x)]) - before
        good = g.get("/mcp", g.token()).status
        slowest = max(a.dt for a in answers)
        report.check(case, {a.status for a in answers} == {401} and fetched <= 5 and good == 200 and slowest < 3,
                     f"statuses {sorted({a.status for a in answers})}, {fetched} fetches, control {good}, slowest {slowest:.1f} s")
