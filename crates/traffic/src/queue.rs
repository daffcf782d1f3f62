//! What is to happen, in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::followup::Matter;
use crate::record::Generated;
use crate::render::Userless;

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// A session begins.
    Start,
    /// The session in this slot takes its step.
    Session(u32),
    /// A record that is ready arrives.
    Record(Box<Generated>),
    /// A matter proceeds.
    Matter(Box<(u32, u16, Matter)>),
    /// Something happens that needs no user.
    Userless(Userless),
}

impl Task {
    /// Whether the number of such tasks must be held down: nothing else bounds it.
    fn is_held(&self) -> bool {
        matches!(self, Self::Record(_) | Self::Matter(_))
    }
}

/// A task, ordered by time, then by the order of scheduling.
#[derive(Clone, Debug)]
struct Entry {
    at: i64,
    order: u64,
    task: Task,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Tasks by time; at one time first scheduled, first done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    scheduled: u64,
    /// Records and matters among the tasks.
    held: usize,
}

impl Queue {
    /// Adds a task.
    pub(crate) fn push(&mut self, at: i64, task: Task) {
        self.scheduled += 1;
        self.held += usize::from(task.is_held());
        let order = self.scheduled;
        self.heap.push(Reverse(Entry { at, order, task }));
    }

    /// Takes the next task with its time.
    pub(crate) fn pop(&mut self) -> Option<(i64, Task)> {
        let Reverse(entry) = self.heap.pop()?;
        self.held -= usize::from(entry.task.is_held());
        Some((entry.at, entry.task))
    }

    /// Whether a task is due at `now`.
    pub(crate) fn is_due(&self, now: i64) -> bool {
        self.heap.peek().is_some_and(|Reverse(entry)| entry.at <= now)
    }

    /// Records and matters among the tasks.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// All tasks.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_by_time_then_by_scheduling() {
        let mut queue = Queue::default();
        for (at, slot) in [(5, 0), (3, 1), (5, 2), (4, 3)] {
            queue.push(at, Task::Session(slot));
        }
        queue.push(3, Task::Record(Box::default()));
        assert_eq!((queue.held(), queue.is_due(2), queue.is_due(3)), (1, false, true));
        let mut order = Vec::new();
        while let Some((at, task)) = queue.pop() {
            order.push((at, if let Task::Session(slot) = task { slot } else { 9 }));
        }
        assert_eq!(order, [(3, 1), (3, 9), (4, 3), (5, 0), (5, 2)]);
        assert_eq!(queue.held(), 0);
    }
}
