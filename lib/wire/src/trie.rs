//! Longest match of a sequence against a fixed set of sequences.

/// See the module. Units are symbols or bytes.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    edges: Vec<(u16, u32)>,
    /// The node below the root for each unit, 0 for none.
    first: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    edges: u32,
    count: u16,
    code: Option<u16>,
}

#[derive(Default)]
struct Growing {
    code: Option<u16>,
    edges: Vec<(u16, usize)>,
}

impl Trie {
    /// Of sequences; the code of each is its place.
    pub(crate) fn new<S: AsRef<[u16]>>(sequences: impl Iterator<Item = S>) -> Self {
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
        let mut trie = Self::default();
        for (at, node) in growing.into_iter().enumerate() {
            let mut edges = node.edges;
            edges.sort_unstable();
            let start = trie.edges.len() as u32;
            if at == 0 {
                let last = edges.last().map_or(0, |(unit, _)| usize::from(*unit) + 1);
                trie.first = vec![0; last];
                edges.iter().for_each(|&(unit, next)| trie.first[usize::from(unit)] = next as u32);
            }
            let count = edges.len() as u16;
            trie.edges.extend(edges.into_iter().map(|(unit, next)| (unit, next as u32)));
            trie.nodes.push(Node { edges: start, count, code: node.code });
        }
        trie
    }

    /// The code of the longest sequence that `units` begins with, and its length.
    pub(crate) fn longest(&self, mut units: impl Iterator<Item = u16>) -> Option<(u16, usize)> {
        let first = units.next()?;
        let mut at = match self.first.get(usize::from(first)) {
            None | Some(0) => return None,
            Some(&next) => self.nodes[next as usize],
        };
        let mut best = at.code.map(|code| (code, 1));
        for (passed, unit) in units.enumerate() {
            let start = at.edges as usize;
            let edges = &self.edges[start..start + usize::from(at.count)];
            let next = match edges {
                [only] if only.0 == unit => only.1,
                [] | [_] => break,
                _ => match edges.binary_search_by_key(&unit, |edge| edge.0) {
                    Ok(found) => edges[found].1,
                    Err(_) => break,
                },
            };
            at = self.nodes[next as usize];
            if let Some(code) = at.code {
                best = Some((code, passed + 2));
            }
        }
        best
    }
}
