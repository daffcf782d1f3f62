//! Interned strings: pages, features and referrers as small numbers.

use std::sync::{Arc, LazyLock};

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// An interned string's number, valid in the [`Symbols`] that gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Sym(u32);

impl Sym {
    /// The label that takes what a cap turns away.
    pub(crate) const OTHER: Sym = Sym(0);
}

/// The text of [`Sym::OTHER`].
pub(crate) const OTHER: &str = "(other)";

/// The interner. Strings nobody refers to any more are freed by [`Symbols::collect`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<Option<Arc<str>>>", into = "Vec<Option<Arc<str>>>")]
pub(crate) struct Symbols {
    texts: Vec<Option<Arc<str>>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    /// Collect when this many are live.
    collect_at: usize,
}

impl Default for Symbols {
    fn default() -> Self {
        Self::from(vec![Some(Arc::from(OTHER))])
    }
}

impl From<Vec<Option<Arc<str>>>> for Symbols {
    fn from(texts: Vec<Option<Arc<str>>>) -> Self {
        let mut symbols = Self { texts, free: Vec::new(), index: HashTable::new(), collect_at: 0 };
        symbols.reindex();
        symbols
    }
}

impl From<Symbols> for Vec<Option<Arc<str>>> {
    fn from(symbols: Symbols) -> Self {
        symbols.texts
    }
}

impl Symbols {
    /// The smallest number of live strings at which a collection is worth its walk.
    const MIN_COLLECT: usize = 100_000;

    /// The number of `text`, given out now if it has none.
    pub(crate) fn intern(&mut self, text: &str) -> Sym {
        let hash = xxh3_64(text.as_bytes());
        let texts = &self.texts;
        let found = self.index.find(hash, |&i| texts[i as usize].as_deref() == Some(text));
        if let Some(&i) = found {
            return Sym(i);
        }
        let number = match self.free.pop() {
            Some(number) => {
                self.texts[number as usize] = Some(Arc::from(text));
                number
            }
            None => {
                self.texts.push(Some(Arc::from(text)));
                u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let texts = &self.texts;
        self.index.insert_unique(hash, number, |&i| text_hash(&texts[i as usize]));
        Sym(number)
    }

    /// The text of a number given out before.
    pub(crate) fn text(&self, sym: Sym) -> &Arc<str> {
        static LOST: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(OTHER));
        // A freed number would be a defect of `collect`'s caller: the label for lost names is the safe answer.
        self.texts.get(sym.0 as usize).and_then(Option::as_ref).unwrap_or(&LOST)
    }

    /// How many strings are live.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether a collection is due.
    pub(crate) fn is_due(&self) -> bool {
        self.len() > self.collect_at
    }

    /// Frees every string that `mark` does not name.
    pub(crate) fn collect(&mut self, mark: impl FnOnce(&mut dyn FnMut(Sym))) {
        let mut live = vec![false; self.texts.len()];
        live[0] = true;
        mark(&mut |sym| live[sym.0 as usize] = true);
        for (text, live) in self.texts.iter_mut().zip(live) {
            if !live {
                *text = None;
            }
        }
        self.reindex();
    }

    fn reindex(&mut self) {
        self.free.clear();
        self.index.clear();
        for (number, text) in (0_u32..).zip(&self.texts) {
            if text.is_some() {
                let texts = &self.texts;
                self.index.insert_unique(text_hash(text), number, |&i| text_hash(&texts[i as usize]));
            } else {
                self.free.push(number);
            }
        }
        self.collect_at = Self::MIN_COLLECT.max(2 * self.index.len());
    }
}

fn text_hash(text: &Option<Arc<str>>) -> u64 {
    xxh3_64(text.as_deref().unwrap_or_default().as_bytes())
}
