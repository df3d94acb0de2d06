//! Keeps what a panic said and where, so that the guard can put it into the exception.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};

use once_cell::sync::OnceCell;

static INSTALLED: OnceCell<()> = OnceCell::new();

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Replaces the standard hook, which prints to the console, once per library.
pub(crate) fn install() {
    INSTALLED.get_or_init(|| panic::set_hook(Box::new(record)));
}

fn record(info: &PanicHookInfo) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let description = format!("{} at {place}", text(info.payload()));
    log::error!("panic: {description}");
    // A panic while a thread's locals are dropped has nowhere to be kept.
    let _ = LAST.try_with(|last| last.replace(Some(description)));
}

/// What the panic just caught on this thread said, and where.
pub(crate) fn describe(payload: &(dyn Any + Send)) -> String {
    LAST.take().unwrap_or_else(|| text(payload).to_owned())
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    formatted.or_else(|| payload.downcast_ref().copied()).unwrap_or("a panic without a message")
}
