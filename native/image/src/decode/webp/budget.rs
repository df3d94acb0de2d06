//! What the decoder will hold, added up before it begins.

use crate::{Error, Limits};

/// Bytes held, no more than are accepted.
pub(super) struct Budget {
    held: u64,
    limits: Limits,
}

impl Budget {
    /// Of nothing yet.
    pub(super) fn new(limits: &Limits) -> Budget {
        Budget { held: 0, limits: *limits }
    }

    /// So many more, or an error as soon as they are too many.
    pub(super) fn take(&mut self, bytes: u64) -> Result<(), Error> {
        self.held = self.held.saturating_add(bytes);
        self.limits.check_allocation(self.held)
    }

    /// So many are held no longer.
    pub(super) fn give(&mut self, bytes: u64) {
        self.held = self.held.saturating_sub(bytes);
    }
}
