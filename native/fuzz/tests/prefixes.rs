//! Each beginning of ten small files of each target, and each of their first 1,000 bytes changed: a target panics where
//! a promise is broken, such as that of finite scores.

use firesteel_fuzz::TARGETS;

#[test]
fn every_beginning_and_every_changed_byte_is_read() {
    for target in &TARGETS {
        let mut seeds = (target.whole)();
        seeds.sort_by_key(Vec::len);
        seeds.dedup();
        seeds.retain(|seed| (target.read)(seed));
        assert!(seeds.len() >= 10, "{}: {}", target.name, seeds.len());
        for seed in &seeds[..10] {
            for end in 0..seed.len() {
                (target.read)(&seed[..end]);
            }
            for at in 0..seed.len().min(1000) {
                let mut changed = seed.clone();
                changed[at] ^= 0xff;
                (target.read)(&changed);
            }
        }
    }
}
