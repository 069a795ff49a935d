use super::*;

fn title(html: &str) -> Option<String> {
    read(html).0.title
}

#[test]
fn a_page_says_what_it_is() {
    let (page, links) = read(
        "<!DOCTYPE html><html lang=en><head><title>Plain</title>
         <meta name=\"description\" content=\"Plain words\">
         <META content='Open &amp; Graph' PROPERTY='OG:Title' />
         <meta property=og:description content='Words&nbsp;of it &#8212; &#x2713;'>
         <meta property='og:site_name' content='The Site'><meta property='og:url' content='/own'>
         <meta property='og:image' content=' /a.png '><meta property='og:image' content='b.png'>
         <meta property='og:image:alt' content='A cat'></head><body>",
    );
    assert_eq!(page.title.as_deref(), Some("Open & Graph"));
    assert_eq!(page.description.as_deref(), Some("Words of it — ✓"));
    assert_eq!(page.site.as_deref(), Some("The Site"));
    assert_eq!(page.picture_text.as_deref(), Some("A cat"));
    assert_eq!((links.own.as_deref(), links.picture.as_deref()), (Some("/own"), Some("/a.png")));
}

#[test]
fn what_only_looks_like_a_tag_is_none() {
    assert_eq!(title("<!-- <title>a</title> --><title>b</title>").as_deref(), Some("b"));
    assert_eq!(
        title("<script>if (1 </title/.exec('<title>a</title>'))</script><title>b</title>")
            .as_deref(),
        Some("b")
    );
    assert_eq!(title("<title>1 < 2 <b>x</b></title>").as_deref(), Some("1 < 2 <b>x</b>"));
    assert_eq!(title("<body><title>a</title>"), None);
    assert_eq!(title("</head><meta property=og:title content=a>"), None);
    assert_eq!(title("<meta name='x>' property=og:title content=\"a>b\">").as_deref(), Some("a>b"));
}

#[test]
fn broken_pages_end() {
    for html in [
        "",
        "<",
        "<!--",
        "<title",
        "<title>",
        "<meta",
        "<meta content",
        "<meta content=",
        "<meta content='",
        "<meta property=\"og:title\" content=\"",
        "<script>",
        "</",
        "</>",
        "<meta =x>",
        "<meta //>",
        "<a\u{0}>",
        "<title>&#x110000;&#;&;&",
        "<m é=ü>",
    ] {
        read(html);
    }
    let many = "<meta a=b c=d ".repeat(20_000);
    read(&many);
    read(&"<".repeat(100_000));
    read(&"<!--".repeat(100_000));
    read(&"&".repeat(100_000));
}

#[test]
fn words_are_one_line_that_shows_what_it_is() {
    assert_eq!(title("<title> a\n\tb </title>").as_deref(), Some("a b"));
    assert_eq!(title("<title>&#0;\u{202e}gpj.exe\u{200b}</title>").as_deref(), Some("gpj.exe"));
    assert_eq!(title("<title> &nbsp; </title>"), None);
    let long = title(&format!("<title>{}</title>", "ä".repeat(1_000))).expect("it has one");
    assert_eq!((long.chars().count(), long.ends_with('…')), (TITLE, true));
}

#[test]
fn letters_are_read_as_the_page_or_its_sender_says() {
    let gbk = b"<meta charset=gbk><title>\xc4\xe3\xba\xc3</title>";
    assert_eq!(title(&decoded(gbk, None)).as_deref(), Some("你好"));
    assert_eq!(title(&decoded(b"<title>\xc4\xe3</title>", Some("GB2312"))).as_deref(), Some("你"));
    let meta =
        b"<meta http-equiv=content-type content='text/html; charset=big5'><title>\xa7A</title>";
    assert_eq!(title(&decoded(meta, None)).as_deref(), Some("你"));
    assert_eq!(
        title(&decoded("<title>ü</title>".as_bytes(), Some("nonsense"))).as_deref(),
        Some("ü")
    );
    assert_eq!(title(&decoded(b"<title>a\xff</title>", None)).as_deref(), Some("a\u{fffd}"));
}
