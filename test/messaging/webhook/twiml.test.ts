import fc from "fast-check";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../src/messaging/webhook/read-answer.ts";
import { MAX_TWIML_OCTETS, parseTwiml } from "../../../src/messaging/webhook/twiml.ts";

const message = (body: string) => ({ verb: "message", body, to: null, from: null, statusCallback: null });
const verbsOf = (inner: string) => parseTwiml(`<Response>${inner}</Response>`).verbs;
const codesOf = (xml: string) => parseTwiml(xml).problems.map(({ code }) => code);

describe("TwiML", () => {
  it.each([
    ["plain text, trimmed", "<Message>\n  Hello\n</Message>", [message("Hello")]],
    ["a Body", "<Message><Body> Hello </Body></Message>", [message("Hello")]],
    [
      "several Bodies joined",
      "<Message><Body>Hello </Body><Body>world</Body></Message>",
      [message("Hello world")],
    ],
    ["entities and references", "<Message>a &lt;&amp;&gt; &#233; &#x20AC;</Message>", [message("a <&> é €")]],
    ["CDATA", "<Message><![CDATA[<b>&]]></Message>", [message("<b>&")]],
    ["comments between", "<Message>Hel<!-- x -->lo</Message>", [message("Hello")]],
    ["the old name Sms", "<Sms>Hello</Sms>", [message("Hello")]],
    ["several messages in order", "<Message>1</Message><Message>2</Message>", [message("1"), message("2")]],
    ["an astral character", "<Message>🌦 Brest</Message>", [message("🌦 Brest")]],
    [
      "a redirect, after which nothing counts",
      '<Redirect method="GET"> ../next </Redirect><Message>x</Message>',
      [{ verb: "redirect", url: "../next", method: "GET" }],
    ],
    [
      "a redirect by POST unless told",
      "<Redirect>/n</Redirect>",
      [{ verb: "redirect", url: "/n", method: "POST" }],
    ],
    [
      "attributes",
      '<Message to="+33612345678" from="PYLONE" statusCallback="/s">x</Message>',
      [{ verb: "message", body: "x", to: "+33612345678", from: "PYLONE", statusCallback: "/s" }],
    ],
    [
      "action before statusCallback",
      '<Message action="/a" statusCallback="/s">x</Message>',
      [{ ...message("x"), statusCallback: "/a" }],
    ],
    ["empty attributes as none", '<Message to="" action="">x</Message>', [message("x")]],
  ])("reads %s", (_what, inner, verbs) => {
    expect(parseTwiml(`<Response>${inner}</Response>`)).toEqual({ verbs, problems: [] });
  });

  it("reads what the SDK writes", () => {
    const response = new twilio.twiml.MessagingResponse();
    response.message({ to: "+33612345678", action: "/status" }, "hi <&> O'Brien “é”");
    response.message("").body("second");
    response.redirect({ method: "GET" }, "/next?a=1&b=2");
    expect(parseTwiml(response.toString())).toEqual({
      verbs: [
        { ...message("hi <&> O'Brien “é”"), to: "+33612345678", statusCallback: "/status" },
        message("second"),
        { verb: "redirect", url: "/next?a=1&b=2", method: "GET" },
      ],
      problems: [],
    });
  });

  it("takes an empty response, and white space before the declaration", () => {
    expect(parseTwiml("<Response/>")).toEqual({ verbs: [], problems: [] });
    expect(parseTwiml('\n <?xml version="1.0"?><Response></Response>\n')).toEqual({
      verbs: [],
      problems: [],
    });
  });

  it.each([
    ["an unknown verb", "<Play>x</Play>", 14110],
    ["a verb in the wrong case", "<message>x</message>", 14110],
    ["an unknown attribute", '<Message colour="red">ok</Message>', 12200],
    ["media", "<Message>ok<Media>http://a/cat.png</Media></Message>", 12200],
    ["text outside of verbs", "hello", 12200],
    ["an unknown element in a message", "<Message>ok<Bold/></Message>", 14110],
    ["a message without text", "<Message> </Message>", 14103],
    ["a message with a bad method", '<Message method="PUT">x</Message>', 14104],
    ["a redirect with a bad method", '<Redirect method="PUT">/x</Redirect>', 14104],
    ["a redirect to nowhere", "<Redirect/>", 11100],
  ])("skips %s, says so, and goes on", (_what, inner, code) => {
    const { verbs, problems } = parseTwiml(`<Response>${inner}<Message>after</Message></Response>`);
    expect(verbs.at(-1)).toEqual(message("after"));
    expect(problems).toEqual([{ code, text: expect.any(String), fatal: false }]);
  });

  it.each([
    ["<Message><Body>a <b>c</b></Body></Message>", [message("a c")]],
    ["<Redirect>/n<i>ext</i></Redirect>", [{ verb: "redirect", url: "/next", method: "POST" }]],
  ])("reads the text of %s without its tags, and says so", (inner, verbs) => {
    const read = parseTwiml(`<Response>${inner}</Response>`);
    expect(read.verbs).toEqual(verbs);
    expect(read.problems.map(({ code }) => code)).toEqual([12200]);
  });

  it("sends the text of a message whose media it skips", () => {
    expect(verbsOf("<Message><Body>cat</Body><Media>http://a/cat.png</Media></Message>")).toEqual([
      message("cat"),
    ]);
  });

  it.each([
    ["nothing", "", 12100],
    ["text", "Hello", 12100],
    ["an HTML page", "<!DOCTYPE html><html><body>Oops<br></body></html>", 12100],
    ["well-formed HTML", "<html><body/></html>", 12102],
    ["another root", "<response/>", 12102],
    ["an unclosed element", "<Response><Message>x</Response>", 12100],
    ["a bare ampersand", "<Response><Message>a & b</Message></Response>", 12100],
    ["two roots", "<Response/><Response/>", 12100],
    ["JSON", '{"ok":true}', 12100],
    ["an unknown entity", "<Response><Message>&nbsp;</Message></Response>", 12100],
    ["a document type", "<!DOCTYPE Response><Response/>", 12100],
    [
      "an entity bomb",
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Response><Message>&b;</Message></Response>',
      12100,
    ],
    [
      "a file as an entity",
      '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Response><Message>&f;</Message></Response>',
      12100,
    ],
    ["more than 64 kB", `<Response><Message>${"a".repeat(MAX_TWIML_OCTETS)}</Message></Response>`, 11750],
    ["elements without end", "<a>".repeat(20_000), 12100],
  ])("refuses %s as a whole", (_what, xml, code) => {
    const { verbs, problems } = parseTwiml(xml);
    expect(verbs).toEqual([]);
    expect(problems).toEqual([{ code, text: expect.any(String), fatal: true }]);
  });

  it("never repeats the text of a document in a problem", () => {
    const { problems } = parseTwiml("<Response><Message>secret & secret</Message></Response>");
    expect(JSON.stringify(problems)).not.toContain("secret");
  });

  it("tells of twenty problems and no more", () => {
    expect(codesOf(`<Response>${"<Nope/>".repeat(500)}</Response>`)).toHaveLength(20);
  });

  it("sends nothing of elements nested thousands deep", () => {
    const deep = `${"<a>".repeat(9_000)}<Message>x</Message>${"</a>".repeat(9_000)}`;
    const { verbs, problems } = parseTwiml(`<Response>${deep}</Response>`);
    expect(verbs).toEqual([]);
    expect(problems).toHaveLength(1);
  });

  it("never throws, whatever the octets", () => {
    const piece = fc.constantFrom(
      "<",
      "</",
      ">",
      "/>",
      "Response",
      "Message",
      "Body",
      "&amp;",
      "&#0;",
      "<![CDATA[",
      "]]>",
      '"',
      "=",
      "<!--",
      "<?xml",
      " a='",
    );
    const soup = fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 60 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), soup, (octets, pieces) => {
        parseTwiml(Buffer.from(octets).toString("latin1"));
        parseTwiml(pieces.join(""));
        parseTwiml(`<Response>${pieces.join("")}</Response>`);
        for (const type of ["text/xml", "text/plain", "text/html; charset=utf-16", "image/png", null]) {
          readAnswer(type, octets);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("any document at all", () => {
  const name = fc.constantFrom(
    "Response",
    "Message",
    "Sms",
    "Body",
    "Media",
    "Redirect",
    "Play",
    "x".repeat(300),
  );
  const attribute = fc.tuple(
    fc.constantFrom("to", "from", "method", "action", "y".repeat(300)),
    fc.constant("GET"),
  );
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc
      .tuple(
        name,
        fc.option(attribute),
        fc.array(fc.oneof({ maxDepth: 4 }, fc.constant("SECRET"), tie("tree")), { maxLength: 4 }),
      )
      .map(([tag, given, inner]) => {
        const attributes = given === null ? "" : ` ${given[0]}="${given[1]}"`;
        return `<${tag}${attributes}>${inner.join("")}</${tag}>`;
      }),
  }));

  it("asks for no more than it has verbs, and is told about in few and short words that repeat no text", () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 30 }), (trees) => {
        const xml = `<Response>${trees.join("")}</Response>`;
        const { verbs, problems } = parseTwiml(xml);
        const written = xml.match(/<(Message|Sms|Redirect)[ >]/g)?.length ?? 0;
        expect(verbs.length).toBeLessThanOrEqual(written);
        expect(verbs.slice(0, -1).every(({ verb }) => verb === "message")).toBe(true);
        expect(problems.length).toBeLessThanOrEqual(20);
        for (const { text, code } of problems) {
          expect(text.length).toBeLessThan(200);
          expect(text).not.toContain("SECRET");
          expect(String(code)).toMatch(/^1[124]\d{3}$/);
        }
      }),
    );
  });
});

describe("an answer's content type", () => {
  const answer = (type: string | null, body: string | Uint8Array) =>
    readAnswer(type, typeof body === "string" ? Buffer.from(body) : body);

  it.each(["text/xml", "application/xml", "text/html", "Text/XML; charset=UTF-8"])("%s is TwiML", (type) => {
    expect(answer(type, "<Response><Message>hé</Message></Response>").verbs).toEqual([message("hé")]);
  });

  it("text/plain is one message, whole and trimmed", () => {
    expect(answer("text/plain", "a <b> & c\n").verbs).toEqual([message("a <b> & c")]);
    expect(answer("text/plain; charset=utf-8", "hé").verbs).toEqual([message("hé")]);
  });

  it.each(["text/xml", "text/plain", "application/json", null])(
    "of an empty body does not matter: %s",
    (type) => {
      expect(answer(type, " \r\n")).toEqual({ verbs: [], problems: [] });
    },
  );

  it.each(["application/json", "image/png", null])("%s is refused with 12300", (type) => {
    expect(answer(type, "<Response/>").problems).toMatchObject([{ code: 12300, fatal: true }]);
  });

  it("names the characters, and the XML declaration does where it does not", () => {
    const latin1 = Buffer.from("<Response><Message>Orléans</Message></Response>", "latin1");
    const declared = Buffer.from(
      '<?xml version="1.0" encoding="ISO-8859-1"?><Response><Message>Orléans</Message></Response>',
      "latin1",
    );
    expect(answer("text/xml; charset=iso-8859-1", latin1).verbs).toEqual([message("Orléans")]);
    expect(answer("text/xml", declared).verbs).toEqual([message("Orléans")]);
    expect(answer("text/xml", latin1).problems).toMatchObject([{ code: 12100, fatal: true }]);
    expect(answer("text/plain", Buffer.from("Orléans", "latin1")).verbs).toEqual([message("Orléans")]);
  });
});
