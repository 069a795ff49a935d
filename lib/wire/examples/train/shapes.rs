//! Shapes by joining the pair that stands together most often, again and again.

use std::collections::{BTreeMap, HashMap};

/// Pairs that stand together less often are not joined.
const LEAST: usize = 40;
/// Joins at most.
const MOST: usize = 1_200;
/// Symbols of a shape at most.
const LONGEST: usize = 96;
/// Numbers from here on are shapes, see the table.
const SHAPE: u32 = 8192;

/// A shape's halves and its symbols.
struct Shape {
    halves: (u32, u32),
    symbols: Vec<u16>,
}

/// The halves of each shape, the most used first.
pub(crate) fn learn(sequences: &[Vec<u16>]) -> Vec<(u32, u32)> {
    let mut counts: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    for sequence in sequences {
        *counts.entry(sequence.iter().map(|&symbol| symbol.into()).collect()).or_default() += 1;
    }
    let mut work: Vec<(Vec<u32>, usize)> = counts.into_iter().collect();
    let mut shapes: Vec<Shape> = Vec::new();
    while shapes.len() < MOST {
        let Some(pair) = best_pair(&work, &shapes) else { break };
        let number = SHAPE + shapes.len() as u32;
        let mut symbols = symbols_of(pair.0, &shapes);
        symbols.extend(symbols_of(pair.1, &shapes));
        shapes.push(Shape { halves: pair, symbols });
        work.iter_mut().for_each(|(units, _)| join(units, pair, number));
    }
    by_use(&shapes, sequences)
}

fn symbols_of(unit: u32, shapes: &[Shape]) -> Vec<u16> {
    match unit.checked_sub(SHAPE) {
        Some(shape) => shapes[shape as usize].symbols.clone(),
        None => vec![unit as u16],
    }
}

fn length(unit: u32, shapes: &[Shape]) -> usize {
    unit.checked_sub(SHAPE).map_or(1, |shape| shapes[shape as usize].symbols.len())
}

fn best_pair(work: &[(Vec<u32>, usize)], shapes: &[Shape]) -> Option<(u32, u32)> {
    let mut pairs: HashMap<(u32, u32), usize> = HashMap::new();
    for (units, count) in work {
        for pair in units.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_default() += count;
        }
    }
    let fits = |pair: &(u32, u32)| length(pair.0, shapes) + length(pair.1, shapes) <= LONGEST;
    pairs
        .into_iter()
        .filter(|(pair, count)| *count >= LEAST && fits(pair))
        // Equal counts: the smaller pair, so that chance has no say.
        .max_by_key(|(pair, count)| (*count, std::cmp::Reverse(*pair)))
        .map(|(pair, _)| pair)
}

fn join(units: &mut Vec<u32>, pair: (u32, u32), number: u32) {
    let mut kept = Vec::with_capacity(units.len());
    let mut at = 0;
    while at < units.len() {
        if units.get(at..at + 2) == Some(&[pair.0, pair.1]) {
            kept.push(number);
            at += 2;
        } else {
            kept.push(units[at]);
            at += 1;
        }
    }
    *units = kept;
}

/// Orders shapes by how often the encoder takes each; those it never takes and that are
/// no part of another go.
fn by_use(shapes: &[Shape], sequences: &[Vec<u16>]) -> Vec<(u32, u32)> {
    let longest: HashMap<&[u16], usize> =
        shapes.iter().enumerate().map(|(at, shape)| (&*shape.symbols, at)).collect();
    let mut uses = vec![0_usize; shapes.len()];
    for sequence in sequences {
        let mut rest = &**sequence;
        while !rest.is_empty() {
            let found = (2..=rest.len().min(LONGEST))
                .rev()
                .find_map(|length| Some((*longest.get(&rest[..length])?, length)));
            let length = found.map_or(1, |(shape, length)| {
                uses[shape] += 1;
                length
            });
            rest = &rest[length..];
        }
    }
    let mut needed: Vec<bool> = uses.iter().map(|uses| *uses > 0).collect();
    for at in (0..shapes.len()).rev().filter(|&at| uses[at] > 0).collect::<Vec<_>>() {
        mark(at, shapes, &mut needed);
    }
    let mut order: Vec<usize> = (0..shapes.len()).filter(|&at| needed[at]).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(uses[at]), at));
    let mut place = vec![0; shapes.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new as u32);
    let moved = |unit: u32| unit.checked_sub(SHAPE).map_or(unit, |old| SHAPE + place[old as usize]);
    order.iter().map(|&at| (moved(shapes[at].halves.0), moved(shapes[at].halves.1))).collect()
}

fn mark(at: usize, shapes: &[Shape], needed: &mut [bool]) {
    needed[at] = true;
    for half in [shapes[at].halves.0, shapes[at].halves.1] {
        if let Some(shape) = half.checked_sub(SHAPE) {
            mark(shape as usize, shapes, needed);
        }
    }
}
