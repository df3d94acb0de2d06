//! SHA-256 of a model file: by it a file is named, cached and verified.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::Error;

/// A SHA-256 digest, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a file's bytes.
    pub fn of(file: &[u8]) -> Digest {
        Digest(Sha256::digest(file).into())
    }

    /// Refuses bytes whose digest is not the expected one, naming both.
    pub fn verify(file: &[u8], expected: &str) -> Result<(), Error> {
        let found = Digest::of(file).to_string();
        if found == expected { Ok(()) } else { Err(Error::Digest { found, expected: expected.to_owned() }) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn is_sha_256() {
        assert_eq!(Digest::of(b"abc").to_string(), OF_ABC);
        assert_eq!(Digest::verify(b"abc", OF_ABC), Ok(()));
    }

    #[test]
    fn a_changed_byte_is_refused_with_both_digests() {
        let error = Digest::verify(b"abd", OF_ABC).unwrap_err().to_string();
        assert!(error.contains(OF_ABC) && error.contains(&Digest::of(b"abd").to_string()), "{error}");
    }
}
