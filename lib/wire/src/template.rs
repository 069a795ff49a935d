//! What all messages of the same codes have in common: their XML without its values, and where
//! its parts stand.
//!
//! A template is taken from a message that was decoded symbol by symbol and about which there
//! was no doubt. To decode another one only its values are read. Whatever could make a
//! difference then, gives it up: the message is decoded symbol by symbol, too, and what is
//! wrong with it is said there.

use std::sync::Arc;

use skein_xml::{Attribute, Child, Limits, Namespace, Shape, Span};
use smallvec::SmallVec;

use crate::address::Address;
use crate::coded::{Coded, Id, Pattern};
use crate::table::{AGAIN, op};
use crate::values::Values;

/// A value as it was written.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) symbol: u16,
    pub(crate) in_attribute: bool,
    /// Bytes of values behind it.
    pub(crate) left: usize,
}

/// What is noted while a message is decoded.
#[derive(Default)]
pub(crate) struct Trace {
    /// Its values, but for words, which are the same each time.
    pub(crate) written: Vec<Written>,
    /// The symbols of the content of a message stanza, and how many values stand before it.
    pub(crate) symbols: Vec<u16>,
    pub(crate) content: Option<usize>,
}

impl Trace {
    pub(crate) fn clear(&mut self) {
        self.written.clear();
        self.symbols.clear();
        self.content = None;
    }

    pub(crate) fn capacity(&self) -> usize {
        self.written.capacity() * size_of::<Written>() + self.symbols.capacity() * 2
    }
}

/// Bytes that the values before a place make, and bytes of values that are left there.
#[derive(Clone, Copy)]
pub(crate) struct Passed {
    shift: u32,
    left: u32,
}

/// See the module.
pub(crate) struct Template {
    /// The XML without its values.
    literals: Box<[u8]>,
    slots: Box<[Slot]>,
    /// Where the parts stand in the literals, and how many values stand before each.
    shape: Shape,
    attributes: Box<[[Edges; 2]]>,
    children: Box<[[Edges; 3]]>,
    /// The bounds within which it is known to be.
    limits: Limits,
    content: Option<Content>,
}

struct Slot {
    /// Where it stands in the literals.
    at: u32,
    symbol: u16,
    in_attribute: bool,
}

/// How many values stand before the start and before the end of a part.
type Edges = (u16, u16);

/// The content of a message stanza.
struct Content {
    pattern: Arc<Pattern>,
    /// Values before it.
    slots: usize,
    /// The value of the root's `id`: as attribute, as value and of what type.
    id: Option<(usize, usize, u16)>,
}

/// Bytes and values of a template that is kept at most.
const MOST_BYTES: usize = 2_048;
const MOST_SLOTS: usize = 64;

impl Template {
    /// Of a message that was written as `out`, and `passed` as filling it would give it. An empty
    /// value may make another element than any other does, so such a message is none for others.
    pub(crate) fn of(
        trace: &Trace,
        shape: &Shape,
        limits: &Limits,
        out: &[u8],
        passed: &mut Vec<Passed>,
    ) -> Option<Self> {
        let written = &trace.written;
        if written.len() > usize::from(u16::MAX) || written.iter().any(|one| one.start == one.end) {
            return None;
        }
        let (mut literals, mut slots) = (Vec::new(), Vec::with_capacity(written.len()));
        let mut at = 0;
        for one in written {
            literals.extend_from_slice(&out[at..one.start]);
            at = one.end;
            let Written { symbol, in_attribute, left, .. } = *one;
            slots.push(Slot { at: literals.len() as u32, symbol, in_attribute });
            passed.push(Passed { shift: (at - literals.len()) as u32, left: left as u32 });
        }
        literals.extend_from_slice(&out[at..]);
        let before = |at: u32| written.partition_point(|one| one.start < at as usize) as u16;
        let edges = |span: Span| (before(span.start), before(span.end));
        let declared = |namespace: Namespace| match namespace {
            Namespace::Declared(span) => edges(span),
            Namespace::Inherited => (0, 0),
        };
        let attributes = shape.attributes.iter().map(|a| [edges(a.name), edges(a.value)]).collect();
        let child =
            |child: &Child| [edges(child.name), declared(child.namespace), edges(child.span)];
        let mut template = Self {
            content: Content::of(trace, shape, out),
            shape: shape.clone(),
            attributes,
            children: shape.children.iter().map(child).collect(),
            literals: literals.into(),
            slots: slots.into(),
            limits: *limits,
        };
        let back = |span: &mut Span, (start, end): Edges| {
            span.start -= passed[usize::from(start)].shift;
            span.end -= passed[usize::from(end)].shift;
        };
        template.shape = template.moved(back);
        Some(template)
    }

    /// The shape, each part of which was moved.
    fn moved(&self, by: impl Fn(&mut Span, Edges)) -> Shape {
        let Shape { plain, name, namespace, ref attributes, ref children, .. } = self.shape;
        // Copied as a whole: that is less work than part by part.
        let mut attributes = SmallVec::from_slice(attributes);
        let mut children = SmallVec::from_slice(children);
        for (Attribute { name, value }, edges) in attributes.iter_mut().zip(&self.attributes) {
            by(name, edges[0]);
            by(value, edges[1]);
        }
        for (Child { name, namespace, span }, edges) in children.iter_mut().zip(&self.children) {
            by(name, edges[0]);
            if let Namespace::Declared(name) = namespace {
                by(name, edges[1]);
            }
            by(span, edges[2]);
        }
        // Before the name and the namespace of the root stands no value.
        Shape { len: 0, plain, name, namespace, attributes, children }
    }

    /// Whether it is worth its memory.
    pub(crate) fn is_small(&self) -> bool {
        self.literals.len() <= MOST_BYTES && self.slots.len() <= MOST_SLOTS
    }

    /// Writes the XML of a message with these values; `None` if more has to be looked at.
    pub(crate) fn fill(
        &self,
        values: &mut Values<'_, '_>,
        limits: &Limits,
        out: &mut Vec<u8>,
        passed: &mut Vec<Passed>,
    ) -> Option<Box<Shape>> {
        let Limits { elements, depth, attributes, .. } = self.limits;
        let is_within =
            elements <= limits.elements && depth <= limits.depth && attributes <= limits.attributes;
        if !is_within {
            return None;
        }
        let mut at = 0;
        for slot in &self.slots {
            let end = slot.at as usize;
            out.extend_from_slice(&self.literals[at..end]);
            at = end;
            let start = out.len();
            let is_sound = values.write(slot.symbol, slot.in_attribute, out).ok()?;
            let length = out.len() - start;
            let fits = match slot.in_attribute {
                true => length <= limits.attribute_bytes,
                false => length > 0,
            };
            if !is_sound || !fits || out.len() > values.cap {
                return None;
            }
            passed.push(Passed { shift: (out.len() - end) as u32, left: values.left() as u32 });
        }
        out.extend_from_slice(&self.literals[at..]);
        let is_whole = values.left() == 0 && out.len() <= values.cap;
        let on = |span: &mut Span, (start, end): Edges| {
            span.start += passed[usize::from(start)].shift;
            span.end += passed[usize::from(end)].shift;
        };
        is_whole.then(|| Box::new(Shape { len: out.len(), ..self.moved(on) }))
    }

    /// The content as it came, of a message that was written as `out` with `values`.
    pub(crate) fn coded(
        &self,
        values: &[u8],
        passed: &[Passed],
        shape: &Shape,
        out: &[u8],
        own: Option<&Address>,
        room: &mut Vec<u8>,
    ) -> Option<Coded> {
        let content = self.content.as_ref()?;
        let at = |slots: usize| values.len() - passed[slots].left as usize;
        let id = content.id.and_then(|(attribute, slot, kind)| {
            let text = shape.attributes.get(attribute)?.value.bytes(out);
            // Else it is written otherwise than it is.
            let is_itself = skein_xml::is_ordinary(text);
            is_itself.then(|| Id { text, kind, start: at(slot), end: at(slot + 1) })
        });
        Coded::new(&content.pattern, values, at(content.slots), id, own, room)
    }
}

impl Content {
    fn of(trace: &Trace, shape: &Shape, out: &[u8]) -> Option<Self> {
        let slots = trace.content?;
        // The last symbol ends the root.
        let (_, symbols) = trace.symbols.split_last()?;
        let is_id = |attribute: &Attribute| attribute.name.bytes(out) == b"id";
        let attribute = shape.attributes.iter().position(is_id);
        let id = attribute.and_then(|attribute| {
            let start = shape.attributes[attribute].value.start as usize;
            let slot = trace.written.iter().position(|one| one.start == start)?;
            Some((attribute, slot, trace.written[slot].symbol))
        });
        let is_numbered = |one: &&Written| (op::TEXT..=op::SUB).contains(&one.symbol);
        let numbers = |slots: usize| {
            let counted = trace.written[..slots].iter().filter(is_numbered).count();
            counted.min(usize::from(AGAIN)) as u16
        };
        let id_number = id.and_then(|(_, slot, symbol)| match symbol {
            op::TEXT..=op::SUB => Some(numbers(slot)),
            op::SAME..op::BARE_OF => Some(symbol - op::SAME),
            _ => None,
        });
        let pattern = Pattern::of(symbols, numbers(slots), id_number)?;
        Some(Self { pattern: Arc::new(pattern), slots, id })
    }
}

/// Makes `passed` what it is before the first of so many bytes of values.
pub(crate) fn begin(bytes: usize, passed: &mut Vec<Passed>) {
    passed.clear();
    passed.push(Passed { shift: 0, left: bytes as u32 });
}
