//! Inputs that are nearly right.

/// Stanzas as clients send them, and the constructs that parsers get wrong.
const SEEDS: &[&str] = &[
    "<message to='bob@h' type='chat' id='m1'><body>hi &amp; bye</body>\
     <active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/></message>",
    "<iq type=\"set\" id='a\"b' xml:lang='de'><query xmlns='jabber:iq:roster'>\
     <item jid='x@y' name='&#x1F600;&quot;'><group>A</group></item></query></iq>",
    "<c:message xmlns:c='jabber:client' xmlns:p='urn:p' p:a='1'><c:body>x</c:body>\
     <p:x p:b='2' c:b='3'><y xmlns=''/></p:x></c:message>",
    "<presence><x xmlns='vcard-temp:x:update'><photo><![CDATA[<&]]]]><![CDATA[>]]></photo></x>\r\n</presence>",
    "<a xmlns='urn:a' xmlns:b='urn:b'><b:c b:d='\u{e9}\u{4e2d}\u{1f600}'>\u{e9}\u{fffd}\u{10ffff}</b:c>\t<d/></a>",
    "<m stream:e='1'><stream:f xmlns:stream='urn:s'>&lt;</stream:f></m>",
];

/// What hurts where it stands.
const TOKENS: &[&[u8]] = &[
    b"<",
    b">",
    b"/",
    b"/>",
    b"</",
    b"&",
    b";",
    b"'",
    b"\"",
    b"=",
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b":",
    b"]",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<!DOCTYPE x>",
    b"<?x y?>",
    b"<?xml version='1.0'?>",
    b"&lt;",
    b"&#0;",
    b"&#1;",
    b"&#13;",
    b"&#xD800;",
    b"&#x110000;",
    b"&#xFFFF;",
    b"&#x1F600;",
    b"&x;",
    b"&#X41;",
    b"&#;",
    b" xmlns='urn:z'",
    b" xmlns=''",
    b" xmlns:p='urn:p'",
    b" xmlns:c='jabber:client'",
    b" xmlns:p=''",
    b" xmlns:xml='http://www.w3.org/XML/1998/namespace'",
    b" xmlns='urn:a&amp;b'",
    b" p:a='1'",
    b" a='1'",
    b" to='x'",
    b" xml:lang='x'",
    b"<p:x/>",
    b"<c:x>",
    b"</c:x>",
    b"<a/>",
    b"<a>",
    b"</a>",
    b"xmlns:",
    b"xml:",
    b"p:",
    b"c:",
    b"stream:",
    b"</stream:stream>",
    b"\x00",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xc0\xbc",
    b"\xe0\x80\xbc",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xef\xbf\xbe",
    b"\xef\xbb\xbf",
    b"\xf4\x90\x80\x80",
    b"\xff",
    b"\xc2\x85",
    b"\xc3\xa9",
    b"\xe4\xb8\xad",
    b"\xf0\x9f\x98\x80",
    b"1",
    b"-",
    b".",
    b"_",
];

pub(crate) struct Mutator {
    state: u64,
}

impl Mutator {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next_input(&mut self) -> Vec<u8> {
        let mut input = SEEDS[self.below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            self.mutate(&mut input);
        }
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(12)).min(input.len());
        match self.below(6) {
            0 => {
                input.splice(at..at, TOKENS[self.below(TOKENS.len())].iter().copied());
            }
            1 => {
                input.splice(at..end, TOKENS[self.below(TOKENS.len())].iter().copied());
            }
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            4 if at < input.len() => input[at] = self.below(256) as u8,
            _ if at < input.len() => input[at] ^= 1 << self.below(8),
            _ => {}
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(1);
        (mixed(self.state) % bound as u64) as usize
    }
}

/// SplitMix64's mixing: any number, scattered.
pub(crate) const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
