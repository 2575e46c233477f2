//! What counts as a mark, in examples, and that nothing which somebody types costs more than its length.

use super::*;
use proptest::prelude::*;

/// A short way to write a tree down: `b(…)`, `i(…)`, `s(…)`, `h(…)` for spoilers, `c(…)` for code,
/// `a[href](…)` for links, with `!` in front where they deceive.
fn brief(blocks: &[Block]) -> String {
    let each = |block: &Block| match block {
        Block::Paragraph(inlines) => line(inlines),
        Block::Code { language, text } => {
            format!("code[{}]({text})", language.as_deref().unwrap_or_default())
        }
        Block::Quote(blocks) => format!("q({})", brief(blocks)),
        Block::List {
            ordered,
            start,
            items,
        } => {
            let items: Vec<_> = items.iter().map(|item| brief(item)).collect();
            let sign = if *ordered {
                format!("ol{start}")
            } else {
                "ul".to_owned()
            };
            format!("{sign}({})", items.join("; "))
        }
    };
    blocks.iter().map(each).collect::<Vec<_>>().join(" / ")
}

fn line(inlines: &[Inline]) -> String {
    let each = |inline: &Inline| match inline {
        Inline::Text(text) => text.clone(),
        Inline::Bold(inlines) => format!("b({})", line(inlines)),
        Inline::Italic(inlines) => format!("i({})", line(inlines)),
        Inline::Strike(inlines) => format!("s({})", line(inlines)),
        Inline::Spoiler(inlines) => format!("h({})", line(inlines)),
        Inline::Code(text) => format!("c({text})"),
        Inline::Link {
            href,
            deceptive,
            inlines,
            ..
        } => format!(
            "{}a[{href}]({})",
            if *deceptive { "!" } else { "" },
            line(inlines)
        ),
        Inline::Mention { user } => format!("@{user}"),
        Inline::MentionRole(role) => format!("@{role:?}"),
        Inline::LineBreak => "\n".to_owned(),
    };
    inlines.iter().map(each).collect()
}

#[track_caller]
fn reads(source: &str, tree: &str) {
    assert_eq!(brief(&parse(source)), tree, "of {source:?}");
}

#[test]
fn marks_that_fit_are_read() {
    reads(
        "**bold** and *italics* and _too_",
        "b(bold) and i(italics) and i(too)",
    );
    reads(
        "~~struck~~ and `code` and ||hidden||",
        "s(struck) and c(code) and h(hidden)",
    );
    reads("***both***", "i(b(both))");
    reads("***a** b*", "i(b(a) b)");
    reads("***a* b**", "b(i(a) b)");
    reads("**bold *inside* it**", "b(bold i(inside) it)");
    reads("**2*3**", "b(2*3)");
    reads("*a**b*", "i(a**b)");
    reads("**a***b*", "b(a)i(b)");
    reads("|| the **butler** ||", "h( the b(butler) )");
    reads("||**b**||", "h(b(b))");
    reads("**这。**是", "b(这。)是");
    reads("`` a`b ``", "c(a`b)");
    reads("`a\\`b", "c(a\\)b");
}

#[test]
fn marks_that_do_not_fit_stay_text() {
    for text in [
        "2 * 3 * 4",
        "snake_case_name",
        "**open",
        "close**",
        "* a",
        "****",
        "~one~",
        "~~~x",
        "a | b",
        "a || b",
        "`open",
        "**",
        "||||",
        "*a _b",
        "# Heading",
        "| a | b |",
        "---",
        "<b>html</b>",
        "<script>alert(1)</script>",
        "&lt;&amp;",
        "![alt](picture.png)",
        "[text]",
        "[text](",
        "[text](javascript:alert(1))",
        "<@nobody>",
        "<@>",
        ">_<",
        ">:(",
        "-",
        "1.",
        "1.5",
    ] {
        let expected = if text == "* a" { "ul(a)" } else { text };
        if text == "~~~x" {
            reads(text, "code[x]()");
        } else {
            reads(text, expected);
        }
    }
    reads("*a **b*", "*a *i(b)");
    reads("\\*not\\* \\`this\\` \\||nor\\||", "*not* `this` ||nor||");
    reads("¯\\_(ツ)_/¯", "¯_(ツ)_/¯");
}

#[test]
fn blocks_are_read() {
    reads("one\ntwo\n\nthree", "one\ntwo / three");
    reads(
        "```rust\nlet a = *b*;\n\nend\n```\nafter",
        "code[rust](let a = *b*;\n\nend) / after",
    );
    reads("```\nopen", "code[](open)");
    reads("```<b>\nx\n```", "code[](x)");
    reads("before\n```\nx\n```", "before / code[](x)");
    reads("```in a line```", "c(in a line)");
    reads("> said\n> **so**\nanswer", "q(said\nb(so)) / answer");
    reads("> a\n>> b\n> c", "q(a / q(b) / c)");
    reads("> - a\n> - b", "q(ul(a; b))");
    reads("- a\n- b\n  - c\n  - d\n- e", "ul(a; b / ul(c; d); e)");
    reads("- a\n\n- b\n\nafter", "ul(a; b) / after");
    reads("- a\n\n  more\n- b", "ul(a / more; b)");
    reads("- a\n* b", "ul(a) / ul(b)");
    reads("3. c\n4. d", "ol3(c; d)");
    reads("1) a\n2) b", "ol1(a; b)");
    reads("text\n- a", "text / ul(a)");
    reads("it was\n1986. A year", "it was\n1986. A year");
    reads("- ```\n  code\n  ```\n- b", "ul(code[](code); b)");
    reads("9999999999. too long", "9999999999. too long");
    reads("", "");
    reads(" \n\n ", "");
}

#[test]
fn people_are_mentioned_by_their_id() {
    let user = UserId::from_bytes([7; 16]);
    reads(
        &format!("**<@{user}>** and <@everyone>, <@admins>"),
        &format!("b(@{user}) and @Everyone, @Admins"),
    );
    reads(&format!("`<@{user}>`"), &format!("c(<@{user}>)"));
    let blocks = parse(&format!(
        "> <@{user}>\n\n- ||<@{user}>|| <@admins>\n```\n<@everyone>\n```"
    ));
    let expected = Mentioned {
        users: vec![user],
        everyone: false,
        admins: true,
    };
    assert_eq!(mentioned(&blocks), expected);
}

#[test]
fn links_lead_where_they_say() {
    reads(
        "[here](https://example.org/a_(b)?c=d#e)",
        "a[https://example.org/a_(b)?c=d#e](here)",
    );
    reads(
        "[a **b**](<https://example.org> \"title\")",
        "a[https://example.org](a b(b))",
    );
    reads(
        "see https://example.org/a_b_c.",
        "see a[https://example.org/a_b_c](https://example.org/a_b_c).",
    );
    reads(
        "(https://example.org/x)",
        "(a[https://example.org/x](https://example.org/x))",
    );
    reads(
        "**https://example.org**",
        "b(a[https://example.org](https://example.org))",
    );
    reads(
        "||https://example.org||",
        "h(a[https://example.org](https://example.org))",
    );
    reads(
        "<https://example.org/*a*>",
        "a[https://example.org/*a*](https://example.org/*a*)",
    );
    reads(
        "HTTPS://EXAMPLE.org:8443/Ä",
        "a[https://example.org:8443/Ä](HTTPS://EXAMPLE.org:8443/Ä)",
    );
    reads(
        "mailto:ada@example.org?bcc=eve@evil.example",
        "a[mailto:ada@example.org](mailto:ada@example.org?bcc=eve@evil.example)",
    );
    reads("http://[::1]:80/", "a[http://[::1]:80/](http://[::1]:80/)");
    reads("xhttps://example.org", "xhttps://example.org");
    reads(
        "[a [b](https://b.example) c](https://c.example)",
        "[a a[https://b.example](b) c](a[https://c.example](https://c.example))",
    );
    reads(
        "![x](https://example.org/p.png)",
        "![x](a[https://example.org/p.png](https://example.org/p.png))",
    );
    reads("*a [b*](https://example.org)", "*a a[https://example.org](b*)");
    reads("*[a](https://example.org)*", "i(a[https://example.org](a))");
    reads(
        "[x](https://münchen.example)",
        "a[https://xn--mnchen-3ya.example](x)",
    );
}

#[test]
fn nothing_else_is_a_link() {
    for address in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\u{0}script:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://example.org/1",
        "//example.org",
        "/relative",
        "#fragment",
        "https:example.org",
        "https:/example.org",
        "https://",
        "https://:80",
        "https://exa mple.org",
        "https://exa%6dple.org",
        "https://example.org\\@evil.example",
        "https://example.org:99999",
        "https://example.org:x",
        "https://a..b",
        "https://evil.example\u{ff0f}.example.org",
        "ftp://example.org",
        "mailto:",
        "mailto:a@b@c",
        "view-source:https://example.org",
        "intent://x",
    ] {
        for source in [
            format!("[text]({address})"),
            format!("<{address}>"),
            address.to_owned(),
        ] {
            let tree = brief(&parse(&source));
            assert!(!tree.contains("](text)"), "{source:?} gives {tree}");
            let link = tree.split_once("a[").map_or("https:", |(_, link)| link);
            assert!(link.starts_with("http"), "{source:?} gives {tree}");
        }
        assert!(link::target(address).is_none(), "{address:?}");
    }
}

#[test]
fn a_link_that_looks_like_another_is_named() {
    let host = |source: &str| match parse(source).first() {
        Some(Block::Paragraph(inlines)) => match inlines.first() {
            Some(Inline::Link { host, deceptive, .. }) => (host.clone(), *deceptive),
            other => panic!("{other:?} of {source:?}"),
        },
        other => panic!("{other:?} of {source:?}"),
    };
    for (source, real) in [
        ("[https://bank.example](https://evil.example)", "evil.example"),
        ("[bank.example/login](https://evil.example)", "evil.example"),
        (
            "[go to www.bank.example now](https://evil.example)",
            "evil.example",
        ),
        ("[**bank**.example](https://evil.example)", "evil.example"),
        ("[||bank.example||](https://evil.example)", "evil.example"),
        ("[b\u{200b}ank.example](https://evil.example)", "evil.example"),
        ("[bank。example](https://evil.example)", "evil.example"),
        ("[ada@bank.example](mailto:eve@bank.example)", "eve@bank.example"),
        ("[x](https://bank.example@evil.example/)", "evil.example"),
        ("https://bank.example@evil.example/", "evil.example"),
        ("https://аррӏе.com", "xn--80ak6aa92e.com"),
        ("https://xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
        ("[x](https://pаypal.com)", "xn--pypal-4ve.com"),
    ] {
        assert_eq!(host(source), (real.to_owned(), true), "of {source:?}");
    }
    for source in [
        "[https://example.org](https://example.org/path)",
        "[example.org](https://www.example.org)",
        "[the page. Really](https://example.org)",
        "[v1.2](https://example.org)",
        "[x](https://münchen.example)",
        "[x](https://пример.example)",
        "[x](https://例え.example)",
        "[ada@example.org](mailto:ada@example.org)",
        "https://example.org",
    ] {
        assert!(!host(source).1, "of {source:?}");
    }
}

#[test]
fn direction_is_not_turned_and_nothing_hides() {
    reads("a\u{202e}b\u{2066}c\u{2069}", "abc");
    reads("a\u{0}b\u{1b}[31mc\u{7f}\u{9b}d", "ab[31mcd");
    reads("a\r\nb\rc\u{2028}d", "a\nb\nc\nd");
    assert_eq!(clean("x\u{e0041}\u{e0042}"), "x");
    assert_eq!(clean("🏴\u{e0067}\u{e007f}"), "🏴\u{e0067}\u{e007f}");
    assert_eq!(clean(&format!("Z{}", "\u{336}".repeat(500))).chars().count(), 9);
    assert_eq!(clean("שלום\u{200f}!"), "שלום\u{200f}!");
}

#[test]
fn plain_text_keeps_the_words() {
    assert_eq!(
        plain("**a** _b_ [c](https://example.org)\n\n> d\n- e\n- f"),
        "a b c\n> d\n- e\n- f"
    );
    assert_eq!(plain("the ||butler|| did it"), "the ▒▒▒▒▒ did it");
    assert_eq!(plain_with("the ||butler||", Spoilers::Shown), "the butler");
    assert_eq!(plain("1. a\n   b\n2. c"), "1. a\n   b\n2. c");
    let user = UserId::from_bytes([7; 16]);
    let named = plain_with_names(&format!("<@{user}> <@everyone>"), Spoilers::Shown, &mut |_| {
        Some("Ada".to_owned())
    });
    assert_eq!(named, "@Ada @everyone");
}

#[test]
fn a_tree_is_written_as_screens_read_it() {
    let blocks = parse("*a* <@everyone>\n```rs\nx\n```\n1. b");
    let json = serde_json::to_string(&blocks).unwrap();
    assert_eq!(
        json,
        r#"[{"paragraph":[{"italic":[{"text":"a"}]},{"text":" "},{"mention_role":"everyone"}]},{"code":{"language":"rs","text":"x"}},{"list":{"ordered":true,"start":1,"items":[[{"paragraph":[{"text":"b"}]}]]}}]"#
    );
    assert_eq!(serde_json::from_str::<Vec<Block>>(&json).unwrap(), blocks);
}

/// How deep a tree is.
fn depth(blocks: &[Block]) -> usize {
    let each = |block: &Block| match block {
        Block::Paragraph(inlines) => inline_depth(inlines),
        Block::Code { .. } => 1,
        Block::Quote(blocks) => 1 + depth(blocks),
        Block::List { items, .. } => 1 + items.iter().map(|item| depth(item)).max().unwrap_or(0),
    };
    blocks.iter().map(each).max().unwrap_or(0)
}

fn inline_depth(inlines: &[Inline]) -> usize {
    let each = |inline: &Inline| match inline {
        Inline::Bold(inlines)
        | Inline::Italic(inlines)
        | Inline::Strike(inlines)
        | Inline::Spoiler(inlines)
        | Inline::Link { inlines, .. } => 1 + inline_depth(inlines),
        _ => 1,
    };
    inlines.iter().map(each).max().unwrap_or(0)
}

/// The cases with which CommonMark's own tests look for parsers that take more than linear time, and
/// some for what is only here.
fn pathological(times: usize) -> Vec<String> {
    let r = |text: &str| text.repeat(times);
    vec![
        format!("{}b{}", r("*a **a "), r(" a** a*")),
        r("a_ "),
        r("_a "),
        r("*a_ "),
        format!("{}{}", r("a**b"), r("c* ")),
        format!("{}b", r("x**y")),
        format!("x{}", r("*_* ")),
        r("[a](b"),
        r("[a](https://b"),
        r("[a](<b"),
        r("["),
        r("]"),
        format!("{}a{}", r("["), r("]")),
        format!("{}a{}", r("["), r("](https://b)")),
        r("![["),
        r("[]("),
        r("[ (]("),
        format!("{}b", r("**x [a*b**c*](d")),
        r("a**b** "),
        r("> "),
        r(">> a\n"),
        (0..100)
            .flat_map(|depth| ["  ".repeat(depth), "* a\n".to_owned()])
            .collect(),
        r("- a\n"),
        r("- "),
        r("1. "),
        r("`"),
        (1..300)
            .flat_map(|length| ["e".to_owned(), "`".repeat(length)])
            .collect(),
        r("`a``b"),
        r("```\n"),
        r("~~a"),
        r("||a "),
        r("||"),
        r("\\"),
        r("<"),
        r("<http://"),
        r("http://"),
        r("https://a.b/)"),
        r("<@"),
        r("<@everyone>"),
        r("a\n"),
        r("\n"),
        r("\n\n- a\n\n"),
        format!("- a{}", r("\n")),
        r("e\u{301}"),
        r("\u{202e}"),
        format!("https://a.b/{}", r(")")),
        r("*a*"),
    ]
}

#[test]
fn work_grows_no_faster_than_the_text() {
    let longest = undertone_wire::limits::TEXT_BYTES_MAX;
    for text in pathological(longest) {
        let text: String = text.chars().take(longest).collect();
        let tree = parse(&text);
        assert!(depth(&tree) <= 64, "depth of {:?}", text.get(..20));
        let _plain = plain(&text);
    }
}

#[test]
fn a_text_of_many_marks_ends_as_plain_text() {
    let text = "*a* ".repeat(10_000);
    let Some(Block::Paragraph(inlines)) = parse(&text).pop() else {
        panic!("one paragraph")
    };
    assert!(inlines.len() < 9_000, "{} parts", inlines.len());
    let Some(Inline::Text(text)) = inlines.last() else {
        panic!("text at the end")
    };
    assert!(text.ends_with("*a* *a*"));
}

/// Every address in a tree.
fn hrefs(blocks: &[Block], found: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => inline_hrefs(inlines, found),
            Block::Code { .. } => {}
            Block::Quote(blocks) => hrefs(blocks, found),
            Block::List { items, .. } => items.iter().for_each(|item| hrefs(item, found)),
        }
    }
}

fn inline_hrefs(inlines: &[Inline], found: &mut Vec<String>) {
    for inline in inlines {
        match inline {
            Inline::Link { href, inlines, .. } => {
                found.push(href.clone());
                inline_hrefs(inlines, found);
            }
            Inline::Bold(inlines)
            | Inline::Italic(inlines)
            | Inline::Strike(inlines)
            | Inline::Spoiler(inlines) => inline_hrefs(inlines, found),
            _ => {}
        }
    }
}

fn is_harmless(text: &str) -> bool {
    let tree = parse(text);
    let mut found = Vec::new();
    hrefs(&tree, &mut found);
    let fits = |href: &String| {
        ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| href.starts_with(scheme))
    };
    let shown = plain_with(text, Spoilers::Shown);
    let quiet =
        |c: char| c == '\n' || c == '\t' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    depth(&tree) <= 64 && found.iter().all(fits) && shown.chars().all(quiet)
}

#[test]
fn naughty_strings_are_only_strings() {
    let list = include_str!("../../testdata/naughty/blns.json");
    let strings: Vec<String> = serde_json::from_str(list).unwrap();
    assert!(strings.len() > 450);
    for text in strings {
        for wrapped in [
            text.clone(),
            format!("**{text}**"),
            format!("> {text}\n- ||{text}||"),
            format!("[{text}]({text})"),
            format!("[x](<{text}>) <{text}>"),
            format!("```{text}\n{text}\n```"),
        ] {
            assert!(is_harmless(&wrapped), "{wrapped:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        prop_assert!(is_harmless(&text));
    }

    #[test]
    fn any_mixture_of_marks_is_read(pieces in proptest::collection::vec(prop_oneof![
        Just("*"), Just("**"), Just("_"), Just("~~"), Just("||"), Just("`"), Just("```"), Just("["), Just("]"),
        Just("("), Just(")"), Just("!["), Just("](https://a.example)"), Just("](javascript:x)"), Just("https://b.example"),
        Just("<@everyone>"), Just("<@"), Just("<"), Just(">"), Just("> "), Just("- "), Just("1. "), Just("\n"), Just("\n\n"),
        Just(" "), Just("  "), Just("a"), Just("é"), Just("。"), Just("\\"), Just("\t"), Just("\u{202e}"),
    ], 0..80)) {
        prop_assert!(is_harmless(&pieces.concat()));
    }

    #[test]
    fn words_without_marks_come_back_as_they_are(text in "[a-zA-Zäöüéあ。 ]{0,200}") {
        prop_assert_eq!(plain(&text), text.trim());
    }
}
