//! Tables of what Java holds by an id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::Lazy;

use crate::faults::{self, Point};
use crate::{Code, Failure};

/// Ids carry the type's tag above this many bits of a counter.
const COUNTER_BITS: u32 = 56;

/// All live objects of one type. Meant for a `static`.
pub struct Table<T> {
    tag: u8,
    what: &'static str,
    entries: Lazy<Mutex<Entries<T>>>,
}

struct Entries<T> {
    last: i64,
    live: HashMap<i64, Arc<T>>,
}

impl<T> Table<T> {
    /// A table whose ids carry `tag` (1 to 127, one for each type); `what` names the type in messages.
    pub const fn new(tag: u8, what: &'static str) -> Table<T> {
        Table { tag, what, entries: Lazy::new(|| Mutex::new(Entries { last: 0, live: HashMap::new() })) }
    }

    /// Takes an object in and gives the id by which Java knows it.
    pub fn insert(&self, object: T) -> Result<i64, Failure> {
        faults::point(Point::Body)?;
        let mut entries = self.entries();
        entries.last += 1;
        let id = (i64::from(self.tag) << COUNTER_BITS) | entries.last;
        entries.live.insert(id, Arc::new(object));
        Ok(id)
    }

    /// The object of an id; it lives on while it is in use even if the id is closed.
    pub fn get(&self, id: i64) -> Result<Arc<T>, Failure> {
        faults::point(Point::Body)?;
        let entries = self.entries();
        entries.live.get(&id).cloned().ok_or_else(|| self.unknown(id, &entries))
    }

    /// Forgets an id. Of an id that is closed already this does nothing; one that never was is refused.
    pub fn close(&self, id: i64) -> Result<(), Failure> {
        faults::point(Point::Body)?;
        let mut entries = self.entries();
        if !self.was_given(id, &entries) {
            return Err(self.unknown(id, &entries));
        }
        let object = entries.live.remove(&id);
        // Dropping may take long: not while others wait for the table.
        drop(entries);
        drop(object);
        Ok(())
    }

    /// The number of open ids.
    pub fn live(&self) -> usize {
        self.entries().live.len()
    }

    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        // Nothing that can panic runs under the lock, so what it guards is whole.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn was_given(&self, id: i64, entries: &Entries<T>) -> bool {
        let counter = id & ((1 << COUNTER_BITS) - 1);
        id >> COUNTER_BITS == i64::from(self.tag) && (1..=entries.last).contains(&counter)
    }

    fn unknown(&self, id: i64, entries: &Entries<T>) -> Failure {
        let what = self.what;
        let reason = if self.was_given(id, entries) {
            format!("this {what} is closed (id {id}): it cannot be used any more")
        } else {
            format!("{id} is not the id of a {what}")
        };
        Failure::new(Code::Handle, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG_1: i64 = 1 << COUNTER_BITS;

    fn table() -> Table<String> {
        Table::new(1, "thing")
    }

    #[test]
    fn ids_are_tagged_never_zero_and_never_reused() {
        let table = table();
        let first = table.insert("a".to_owned()).unwrap();
        table.close(first).unwrap();
        let second = table.insert("b".to_owned()).unwrap();
        assert_eq!((first, second), (TAG_1 | 1, TAG_1 | 2));
        assert_eq!(*table.get(second).unwrap(), "b");
    }

    #[test]
    fn closing_twice_does_nothing_and_using_a_closed_id_is_refused() {
        let table = table();
        let id = table.insert("a".to_owned()).unwrap();
        assert_eq!((table.close(id), table.close(id)), (Ok(()), Ok(())));
        let failure = table.get(id).unwrap_err();
        assert_eq!(failure.code, Code::Handle);
        assert_eq!(failure.message, format!("this thing is closed (id {id}): it cannot be used any more"));
    }

    #[test]
    fn ids_that_never_were_are_refused() {
        let table = table();
        table.insert("a".to_owned()).unwrap();
        for id in [0, -1, 1, TAG_1, TAG_1 | 2, (2 << COUNTER_BITS) | 1, i64::MAX, i64::MIN] {
            for failure in [table.get(id).unwrap_err(), table.close(id).unwrap_err()] {
                assert_eq!(failure.message, format!("{id} is not the id of a thing"));
            }
        }
    }

    #[test]
    fn an_object_in_use_outlives_its_id() {
        let table = table();
        let id = table.insert("a".to_owned()).unwrap();
        let object = table.get(id).unwrap();
        table.close(id).unwrap();
        assert_eq!(table.live(), 0);
        assert_eq!(*object, "a");
    }

    #[test]
    fn tables_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&table());
    }
}
