//! What was found out about a sequence before: most messages look like one of a few.

use std::hash::{Hash, Hasher};

use crate::table::Fx;

/// A bounded table of what came of sequences; each has one place, and the last one keeps it.
pub(crate) struct Memo<K, V> {
    places: Vec<Option<(Box<[K]>, V)>>,
}

/// A power of two.
const PLACES: usize = 256;

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self { places: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V> Memo<K, V> {
    pub(crate) fn get(&self, key: &[K]) -> Option<&V> {
        let (known, value) = self.places.get(place(key))?.as_ref()?;
        (**known == *key).then_some(value)
    }

    pub(crate) fn put(&mut self, key: &[K], value: V) {
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        self.places[place(key)] = Some((key.into(), value));
    }
}

fn place<K: Hash>(key: &[K]) -> usize {
    let mut hasher = Fx::default();
    K::hash_slice(key, &mut hasher);
    // The lower bits of a product depend on the lower bits of what was multiplied only.
    (hasher.finish() >> (u64::BITS - PLACES.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_last_is_found_and_nothing_else() {
        let mut memo = Memo::default();
        for number in 0..10_000_u16 {
            let key = [number, 1, number];
            memo.put(&key, number);
            assert_eq!(memo.get(&key), Some(&number));
            assert_eq!(memo.get(&[number, 1]), None);
        }
        let kept = (0..10_000_u16).filter(|&number| memo.get(&[number, 1, number]).is_some());
        assert_eq!(kept.count(), PLACES);
    }
}
