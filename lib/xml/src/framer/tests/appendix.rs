//! The table of hostile and harmless bytes that every door of the server must judge alike.

use super::frame;
use crate::Step;
use crate::XmlError::{self, BadNamespacePrefix, Encoding, NotWellFormed, SecondHeader};

/// Name, bytes, the error due or none.
type Row = (&'static str, &'static [u8], Option<XmlError>);

const ROWS: &[Row] = &[
    ("ok", b"<message><body>hi</body></message>", None),
    (
        "p0 3-byte swallow tagname",
        b"<message><body><\xeb<></body></body></message>",
        Some(Encoding),
    ),
    ("invalid utf8 lone ff", b"<message><body>\xff</body></message>", Some(Encoding)),
    ("overlong slash c0 af", b"<message><body>\xc0\xaf</body></message>", Some(Encoding)),
    ("overlong < (c0 bc)", b"<message><body>\xc0\xbc/body></body></message>", Some(Encoding)),
    ("overlong 3b < (e0 80 bc)", b"<message><body>\xe0\x80\xbcx</body></message>", Some(Encoding)),
    ("surrogate ed a0 80", b"<message><body>\xed\xa0\x80</body></message>", Some(Encoding)),
    ("U+FFFE", b"<message><body>\xef\xbf\xbe</body></message>", Some(Encoding)),
    ("U+FFFF charref", b"<message><body>&#xFFFF;</body></message>", Some(Encoding)),
    ("charref NUL", b"<message><body>&#0;</body></message>", Some(Encoding)),
    ("charref 0x1", b"<message><body>&#1;</body></message>", Some(Encoding)),
    ("charref 0x1e", b"<message><body>&#x1e;</body></message>", Some(Encoding)),
    ("raw NUL", b"<message><body>\x00</body></message>", Some(Encoding)),
    ("raw 0x01", b"<message><body>\x01</body></message>", Some(Encoding)),
    ("charref surrogate", b"<message><body>&#xD800;</body></message>", Some(Encoding)),
    ("charref > 10FFFF", b"<message><body>&#x110000;</body></message>", Some(Encoding)),
    (
        "4-byte > 10FFFF f4 90 80 80",
        b"<message><body>\xf4\x90\x80\x80</body></message>",
        Some(Encoding),
    ),
    ("truncated multibyte then tag", b"<message><body>\xe2\x82</body></message>", Some(Encoding)),
    ("dup attr", b"<message to='a@x' to='b@x'/>", Some(NotWellFormed)),
    ("dup ns attr", b"<message xmlns:a='u' xmlns:b='u' a:q='1' b:q='2'/>", Some(NotWellFormed)),
    ("undeclared prefix", b"<foo:message/>", Some(BadNamespacePrefix)),
    ("undeclared attr prefix", b"<message foo:to='x'/>", Some(BadNamespacePrefix)),
    ("rebind xml prefix", b"<message xmlns:xml='urn:x'/>", Some(NotWellFormed)),
    (
        "bind other to xml ns",
        b"<message xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        Some(NotWellFormed),
    ),
    ("declare xmlns prefix", b"<message xmlns:xmlns='urn:x'/>", Some(NotWellFormed)),
    ("empty prefixed ns", b"<message xmlns:p=''/>", Some(NotWellFormed)),
    ("]]> in text", b"<message><body>a]]>b</body></message>", Some(NotWellFormed)),
    ("< in attr", b"<message to='a<b'/>", Some(NotWellFormed)),
    ("attr no quotes", b"<message to=a/>", Some(NotWellFormed)),
    ("attr no space", b"<message to='a'from='b'/>", Some(NotWellFormed)),
    ("close mismatch", b"<message><body></message></body>", Some(NotWellFormed)),
    ("two colons", b"<a:b:c xmlns:a='u'/>", Some(NotWellFormed)),
    ("colon only", b"<:a/>", Some(NotWellFormed)),
    ("name starts digit", b"<1a/>", Some(NotWellFormed)),
    ("end tag w/ attr", b"<message><body></body x='1'></message>", Some(NotWellFormed)),
    ("stream close inside stanza", b"<message></stream:stream>", Some(NotWellFormed)),
    (
        "nested stream header",
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        Some(SecondHeader),
    ),
    ("CR attr norm", b"<message to='a&#13;b'/>", None),
    ("NEL U+0085", b"<message\xc2\x85to='a'/>", Some(NotWellFormed)),
    ("empty local name", b"<a: xmlns:a='u'/>", Some(NotWellFormed)),
    ("default ns undeclared ok (control)", b"<message xmlns=''/>", None),
    ("attr value gt ok (control)", b"<message to='a>b'/>", None),
    ("text gt ok (control)", b"<message><body>a>b</body></message>", None),
    ("astral char ok (control)", b"<message><body>\xf0\x9f\x98\x80</body></message>", None),
    ("charref astral ok (control)", b"<message><body>&#x1F600;</body></message>", None),
    (
        "predefined entities ok (control)",
        b"<message><body>&lt;&amp;&gt;&quot;&apos;</body></message>",
        None,
    ),
    ("single-quoted dq inside ok (control)", b"<message id='a\"b'/>", None),
    ("space before = ok (control)", b"<message id = 'a' />", None),
    ("entity without semicolon", b"<message><body>&lt</body></message>", Some(NotWellFormed)),
    ("charref without digits", b"<message><body>&#;</body></message>", Some(NotWellFormed)),
    ("charref uppercase X", b"<message><body>&#X41;</body></message>", Some(NotWellFormed)),
    ("attr entity expansion of lt ok (control)", b"<message id='&lt;'/>", None),
    (
        "prefix redeclared to other ns on same element",
        b"<m:message xmlns:m='jabber:client' xmlns:m='u'/>",
        Some(NotWellFormed),
    ),
];

#[test]
fn each_row_of_the_table_gets_its_verdict() {
    for (name, bytes, expected) in ROWS {
        match (frame(bytes), expected) {
            (Ok(Step::Element(shape)), None) => assert_eq!(shape.len, bytes.len(), "{name}"),
            (Err(error), Some(expected)) => assert_eq!(error, *expected, "{name}"),
            (verdict, _) => panic!("{name}: {verdict:?}"),
        }
    }
}
