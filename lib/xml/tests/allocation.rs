//! What the framer takes from the heap, counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use skein_xml::{Framer, Header, Limits, Step};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches no heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `alloc` above with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_message_is_framed_and_read_without_allocation() {
    let message = "<message xmlns='jabber:client' type='chat' to='juliet@capulet.example' id='1'>\
        <body>Wherefore art thou</body><active xmlns='http://jabber.org/protocol/chatstates'/>\
        <request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='1'/></message>";
    let header =
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    let (scope, limits) = (Header::new(header).scope(), Limits::after_login());
    let mut framer = Framer::new();
    let before = ALLOCATIONS.with(Cell::get);
    let step = framer.frame(message.as_bytes(), &scope, &limits);
    let Ok(Step::Element(shape)) = step else { panic!("{step:?}") };
    let root = shape.root(message, scope.namespace());
    let body = root.child("body", "jabber:client").map(|body| body.text().len());
    let attributes = (root.attr("to").is_some(), root.attr("type").is_some());
    let used = ALLOCATIONS.with(Cell::get) - before;
    assert_eq!((used, body, attributes), (0, Some(18), (true, true)));
    // A part of one costs the walk that is put aside, and nothing each time more comes.
    for cut in [10, 50, 100, 200] {
        assert_eq!(framer.frame(&message.as_bytes()[..cut], &scope, &limits), Ok(Step::More));
    }
    assert_eq!(ALLOCATIONS.with(Cell::get) - before, 1);
}
