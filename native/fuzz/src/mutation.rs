//! Damaging files.

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Numbers at the edges of what fields hold.
const EDGES: [u32; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The longest file that is made: a longer one would only be slow.
const LONGEST: usize = 1 << 20;

/// The damaged file of that number: a function of the arguments alone.
pub(crate) fn mutated(seeds: &[Vec<u8>], name: &str, seed: u64, number: u64) -> Vec<u8> {
    let key = Sha256::new()
        .chain_update(name)
        .chain_update(seed.to_le_bytes())
        .chain_update(number.to_le_bytes())
        .finalize();
    let mut random = ChaCha8Rng::from_seed(key.into());
    let mut file = seeds.choose(&mut random).cloned().unwrap_or_default();
    // Mostly little damage: much of it ends at the first check.
    let times = 1 << random.random_range(0..5);
    for _ in 0..random.random_range(1..=times) {
        damage(&mut file, seeds, &mut random);
    }
    file.truncate(LONGEST);
    if file.starts_with(PNG) && random.random_bool(0.8) {
        put_checksums_right(&mut file);
    }
    file
}

fn damage(file: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut impl Rng) {
    // Headers are where most decisions are made; those that are text are longer.
    let end = file.len().min([256, 4096, usize::MAX][random.random_range(0..3)]);
    if end == 0 {
        file.push(random.random());
        return;
    }
    let at = random.random_range(0..end);
    let length = random.random_range(1..=(file.len() - at).min(64));
    match random.random_range(0..8) {
        // Another number, where it is one in text.
        0 | 1 if file[at].is_ascii_digit() => file[at] = random.random_range(b'0'..=b'9'),
        0 => file[at] ^= 1 << random.random_range(0..8),
        1 => file[at] = random.random(),
        2 => overwrite(file, at, random),
        3 => file.truncate(at),
        4 => drop(file.drain(at..at + length)),
        5 => {
            let copy = file[at..at + length].to_vec();
            let to = random.random_range(0..=file.len());
            file.splice(to..to, copy);
        }
        6 => {
            let noise: Vec<u8> = (0..length).map(|_| random.random()).collect();
            file.splice(at..at, noise);
        }
        _ => {
            if let Some(other) = seeds.choose(random)
                && let Some(from) = other.get(at..)
            {
                file.truncate(at);
                file.extend_from_slice(from);
            }
        }
    }
}

/// Writes a number at an edge over 1, 2 or 4 bytes, in either order.
fn overwrite(file: &mut [u8], at: usize, random: &mut impl Rng) {
    let value = EDGES[random.random_range(0..EDGES.len())];
    let bytes = if random.random() { value.to_be_bytes() } else { value.to_le_bytes() };
    let length = [1, 2, 4][random.random_range(0..3)];
    let big = bytes == value.to_be_bytes();
    let bytes = if big { &bytes[4 - length..] } else { &bytes[..length] };
    for (out, byte) in file[at..].iter_mut().zip(bytes) {
        *out = *byte;
    }
}

/// Recomputes the checksum of each whole chunk of a PNG: decoders stop at the first wrong one.
fn put_checksums_right(file: &mut [u8]) {
    let mut at = PNG.len();
    while let Some(length) = file.get(at..).and_then(|rest| rest.first_chunk()) {
        let length = u32::from_be_bytes(*length) as usize;
        let end = at + 8 + length;
        let Some(place) = file.get(end..end + 4).map(|_| end..end + 4) else { break };
        let sum = crc32(&file[at + 4..end]).to_be_bytes();
        file[place].copy_from_slice(&sum);
        at = end + 4;
    }
}

/// The CRC of ISO 3309, as PNG uses it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_function_of_its_number() {
        let seeds = vec![b"some file".to_vec(), b"another file".to_vec()];
        let all: Vec<Vec<u8>> = (0..100).map(|i| mutated(&seeds, "a", 1, i)).collect();
        assert_eq!(all[7], mutated(&seeds, "a", 1, 7));
        assert_ne!(all, (0..100).map(|i| mutated(&seeds, "a", 2, i)).collect::<Vec<_>>());
        assert_ne!(all, (0..100).map(|i| mutated(&seeds, "b", 1, i)).collect::<Vec<_>>());
        let mut different = all.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 80, "{} different files", different.len());
    }

    #[test]
    fn the_checksum_is_pngs() {
        // That of an empty IEND chunk, which ends every PNG.
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        let mut file = [PNG, &[0, 0, 0, 0], b"IEND", &[1, 2, 3, 4]].concat();
        put_checksums_right(&mut file);
        assert_eq!(file[16..], [0xae, 0x42, 0x60, 0x82]);
    }
}
