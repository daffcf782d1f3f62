//! Open hours and days: figures per site and per page, until they close.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::{
    contribution::{Contribution, Signed},
    rows::{Grain, PageFigures, SiteFigures},
    symbols::Sym,
};

/// Which bucket: ordered by start, so that what closes first stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct BucketKey {
    pub(crate) start: i64,
    pub(crate) grain: Grain,
    pub(crate) site: u32,
}

impl BucketKey {
    /// The bucket of `grain` that `ts` lies in.
    pub(crate) fn of(site: u32, grain: Grain, ts: i64) -> Self {
        Self { start: grain.start_of(ts), grain, site }
    }

    /// The first instant after it.
    pub(crate) fn end(&self) -> i64 {
        self.start + self.grain.length()
    }
}

/// A site's hour or day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Bucket {
    figures: SiteFigures,
    dirty: bool,
    /// Sessions that are counted here and not final yet.
    open_sessions: u32,
    pages: HashMap<Sym, PageCell>,
}

/// A page in a bucket.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct PageCell {
    figures: PageFigures,
    dirty: bool,
    written_at: Option<i64>,
}

/// Every open bucket of a partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Windows {
    buckets: BTreeMap<BucketKey, Bucket>,
    dirty: Vec<BucketKey>,
    dirty_pages: Vec<(BucketKey, Sym)>,
}

impl Windows {
    /// Makes room for `page` in a bucket, as long as there are fewer than `max` besides `(other)`.
    ///
    /// Called at the record that first needs it, so that the log alone decides who is admitted.
    pub(crate) fn admit(&mut self, key: BucketKey, page: Sym, max: usize) -> Sym {
        let bucket = self.buckets.entry(key).or_default();
        let admitted = bucket.pages.contains_key(&page) || bucket.pages.len() < max;
        let slot = if admitted { page } else { Sym::OTHER };
        bucket.pages.entry(slot).or_default();
        slot
    }

    /// Changes a site's own figures in a bucket.
    pub(crate) fn count(&mut self, key: BucketKey, change: impl FnOnce(&mut SiteFigures)) {
        let bucket = self.buckets.entry(key).or_default();
        change(&mut bucket.figures);
        mark(&mut bucket.dirty, &mut self.dirty, key);
    }

    /// Changes a page's figures in a bucket; `slot` as admitted before.
    pub(crate) fn count_page(&mut self, key: BucketKey, slot: Sym, change: impl FnOnce(&mut PageFigures)) {
        let bucket = self.buckets.entry(key).or_default();
        let cell = bucket.pages.entry(slot).or_default();
        change(&mut cell.figures);
        mark(&mut cell.dirty, &mut self.dirty_pages, (key, slot));
    }

    /// Says that rows of these pages may have been written with figures that no longer hold.
    pub(crate) fn touch(&mut self, key: BucketKey, pages: &[Sym]) {
        let Some(bucket) = self.buckets.get_mut(&key) else { return };
        mark(&mut bucket.dirty, &mut self.dirty, key);
        for page in pages {
            let slot = if bucket.pages.contains_key(page) { *page } else { Sym::OTHER };
            // A page that was never admitted here has no row either.
            if let Some(cell) = bucket.pages.get_mut(&slot) {
                mark(&mut cell.dirty, &mut self.dirty_pages, (key, slot));
            }
        }
    }

    /// Adds (1) or takes back (-1) a visit; `open`: the session is not final, and keeps the bucket from closing.
    pub(crate) fn apply(&mut self, site: u32, visit: &Contribution, sign: i64) {
        for grain in Grain::BOTH {
            let key = BucketKey::of(site, grain, visit.end);
            self.count(key, |figures| figures.add(&visit.site, sign));
            for (page, more) in &visit.pages {
                let slot = self.slot(key, *page);
                self.count_page(key, slot, |figures| figures.add(more, sign));
            }
            self.hold(key, sign);
        }
    }

    /// A session that is counted here is final now.
    pub(crate) fn release(&mut self, site: u32, end: i64) {
        for grain in Grain::BOTH {
            self.hold(BucketKey::of(site, grain, end), -1);
        }
    }

    fn hold(&mut self, key: BucketKey, sign: i64) {
        if let Some(bucket) = self.buckets.get_mut(&key) {
            bucket.open_sessions =
                if sign < 0 { bucket.open_sessions.saturating_sub(1) } else { bucket.open_sessions + 1 };
        }
    }

    fn slot(&self, key: BucketKey, page: Sym) -> Sym {
        let admitted = self.buckets.get(&key).is_some_and(|bucket| bucket.pages.contains_key(&page));
        if admitted { page } else { Sym::OTHER }
    }

    /// Takes the site figures that changed.
    pub(crate) fn take_dirty(&mut self) -> Vec<(BucketKey, SiteFigures)> {
        let keys = std::mem::take(&mut self.dirty);
        let rows = keys.into_iter().filter_map(|key| {
            let bucket = self.buckets.get_mut(&key)?;
            bucket.dirty = false;
            Some((key, bucket.figures))
        });
        rows.collect()
    }

    /// Takes the page figures that changed and were not written since `before` (or of closed buckets).
    pub(crate) fn take_dirty_pages(
        &mut self,
        now: i64,
        written_before: i64,
        cutoff: Option<i64>,
    ) -> Vec<(BucketKey, Sym, PageFigures)> {
        let mut rows = Vec::new();
        let buckets = &mut self.buckets;
        self.dirty_pages.retain(|(key, page)| {
            let Some(cell) = buckets.get_mut(key).and_then(|bucket| bucket.pages.get_mut(page)) else {
                return false;
            };
            let closed = cutoff.is_some_and(|cutoff| key.end() <= cutoff);
            if !closed && cell.written_at.is_some_and(|at| at > written_before) {
                return true;
            }
            cell.dirty = false;
            cell.written_at = Some(now);
            rows.push((*key, *page, cell.figures));
            false
        });
        rows
    }

    /// Frees buckets that are closed, that no open session belongs to, and that have nothing left to write.
    pub(crate) fn evict(&mut self, cutoff: Option<i64>) {
        let Some(cutoff) = cutoff else { return };
        self.buckets.retain(|key, bucket| {
            key.end() > cutoff
                || bucket.open_sessions > 0
                || bucket.dirty
                || bucket.pages.values().any(|c| c.dirty)
        });
    }

    /// Rows that wait to be written.
    pub(crate) fn pending(&self) -> usize {
        self.dirty.len() + self.dirty_pages.len()
    }

    /// How many buckets and how many pages in them.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.buckets.len(), self.buckets.values().map(|bucket| bucket.pages.len()).sum())
    }

    /// Marks every symbol referred to.
    pub(crate) fn mark(&self, mark: &mut dyn FnMut(Sym)) {
        self.buckets.values().flat_map(|bucket| bucket.pages.keys()).for_each(|page| mark(*page));
        self.dirty_pages.iter().for_each(|(_, page)| mark(*page));
    }
}

fn mark<K>(dirty: &mut bool, list: &mut Vec<K>, key: K) {
    if !*dirty {
        *dirty = true;
        list.push(key);
    }
}
