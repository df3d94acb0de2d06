//! The native log: to standard error, which Spark keeps in each executor's log.

use log::LevelFilter;
use once_cell::sync::OnceCell;

use crate::{Code, Failure};

static LOGGER: OnceCell<()> = OnceCell::new();

/// Sets the level: off, error, warn, info, debug or trace. The first call installs the logger.
pub fn set_level(level: &str) -> Result<(), Failure> {
    let level: LevelFilter = level.parse().map_err(|_| {
        let message =
            format!("spark.firesteel.log: '{level}' is none of off, error, warn, info, debug, trace");
        Failure::new(Code::Argument, message)
    })?;
    LOGGER.get_or_init(|| {
        // All levels pass the logger; the process-wide maximum, which can change, decides.
        let installed = env_logger::Builder::new().filter_level(LevelFilter::Trace).try_init();
        // A logger that is there already belongs to this library too: each library has its own `log`.
        debug_assert!(installed.is_ok());
    });
    log::set_max_level(level);
    Ok(())
}
