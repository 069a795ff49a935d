//! Longest match of a sequence against a fixed set of sequences.

/// See the module. Units are symbols or bytes.
///
/// The nodes lie in one array (a double array): the child of a node for a unit stands at the
/// node's base plus the unit, if it names the node as its parent. A step is one look, however
/// many children there are, and texts are walked unit by unit.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    base: u32,
    parent: u32,
    /// What ends here, or [`NOTHING`].
    code: u16,
}

const ROOT: u32 = 0;
const NOTHING: u16 = u16::MAX;
const FREE: Node = Node { base: 0, parent: u32::MAX, code: NOTHING };

#[derive(Default)]
struct Growing {
    code: Option<u16>,
    edges: Vec<(u16, usize)>,
}

impl Trie {
    /// Of sequences; the code of each is its place.
    pub(crate) fn new<S: AsRef<[u16]>>(sequences: impl Iterator<Item = S>) -> Self {
        let growing = grow(sequences);
        let mut trie = Self { nodes: vec![Node { parent: ROOT, ..FREE }] };
        let mut free = Free::default();
        free.take(ROOT as usize);
        let mut places = vec![(ROOT, 0)];
        while let Some((place, number)) = places.pop() {
            let node = &growing[number];
            trie.nodes[place as usize].code = node.code.unwrap_or(NOTHING);
            let Some(base) = free.base(&node.edges) else { continue };
            trie.nodes[place as usize].base = base;
            for &(unit, child) in &node.edges {
                let at = base as usize + usize::from(unit);
                if trie.nodes.len() <= at {
                    trie.nodes.resize(at + 1, FREE);
                }
                trie.nodes[at].parent = place;
                free.take(at);
                places.push((at as u32, child));
            }
        }
        trie
    }

    /// The code of the longest sequence that `units` begins with, and its length.
    pub(crate) fn longest<U>(&self, units: &[U]) -> Option<(u16, usize)>
    where
        U: Copy + Into<u32>,
    {
        let mut at = ROOT;
        let mut base = self.nodes.first()?.base;
        let (mut code, mut length) = (NOTHING, 0);
        for (passed, &unit) in units.iter().enumerate() {
            let next = base + unit.into();
            match self.nodes.get(next as usize) {
                Some(node) if node.parent == at => {
                    if node.code != NOTHING {
                        (code, length) = (node.code, passed + 1);
                    }
                    (at, base) = (next, node.base);
                }
                _ => break,
            }
        }
        (code != NOTHING).then_some((code, length))
    }
}

/// Which places of the array are free: those behind the end are.
#[derive(Default)]
struct Free {
    /// For each place itself if it is free, else one behind it before which none is.
    next: Vec<u32>,
}

impl Free {
    fn take(&mut self, place: usize) {
        let known = self.next.len() as u32;
        self.next.extend(known..=place as u32);
        self.next[place] = place as u32 + 1;
    }

    fn is_free(&self, place: usize) -> bool {
        self.next.get(place).is_none_or(|&next| next as usize == place)
    }

    /// The first free place from `place` on. The way there is halved for those who come later.
    fn from(&mut self, mut place: usize) -> usize {
        while !self.is_free(place) {
            let next = self.next[place] as usize;
            if let Some(&over) = self.next.get(next) {
                self.next[place] = over;
            }
            place = next;
        }
        place
    }

    /// The first base with which all edges have free places.
    fn base(&mut self, edges: &[(u16, usize)]) -> Option<u32> {
        let least = edges.iter().map(|&(unit, _)| usize::from(unit)).min()?;
        let mut place = self.from(least);
        loop {
            let base = place - least;
            if edges.iter().all(|&(unit, _)| self.is_free(base + usize::from(unit))) {
                return u32::try_from(base).ok();
            }
            place = self.from(place + 1);
        }
    }
}

fn grow<S: AsRef<[u16]>>(sequences: impl Iterator<Item = S>) -> Vec<Growing> {
    let mut growing = vec![Growing::default()];
    for (code, sequence) in sequences.enumerate() {
        let mut at = 0;
        for &unit in sequence.as_ref() {
            let known = growing[at].edges.iter().find(|(edge, _)| *edge == unit);
            at = match known {
                Some(&(_, next)) => next,
                None => {
                    growing.push(Growing::default());
                    let next = growing.len() - 1;
                    growing[at].edges.push((unit, next));
                    next
                }
            };
        }
        growing[at].code.get_or_insert(code as u16);
    }
    growing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_all_sequences_is_found() {
        let words = ["a", "ab", "abcd", "b", "zebra", "\u{1}", "zz"];
        let trie =
            Trie::new(words.iter().map(|word| word.bytes().map(u16::from).collect::<Vec<_>>()));
        let longest = |text: &str| trie.longest(text.as_bytes());
        for text in ["", "a", "abc", "abcde", "zebr", "zebras", "zzz", "\u{1}", "\u{0}", "c", "ba"]
        {
            let expected = (0..words.len())
                .filter(|&at| text.starts_with(words[at]))
                .max_by_key(|&at| words[at].len())
                .map(|at| (at as u16, words[at].len()));
            assert_eq!(longest(text), expected, "{text:?}");
        }
    }
}
