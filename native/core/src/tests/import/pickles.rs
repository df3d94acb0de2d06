//! Pickles that nobody's program writes: they must neither be understood nor take memory.

use super::problems;

/// A PyTorch file of the old format with that pickle of weights, and no storages.
fn legacy(pickle: &[u8]) -> Vec<u8> {
    let start = super::checkpoint("legacy");
    // Up to the pickle of the weights: three pickles come before it.
    let mut end = 0;
    for _ in 0..3 {
        end += start[end..].iter().position(|&b| b == b'.').unwrap() + 1;
    }
    [&start[..end], pickle, b"\x80\x02]."].concat()
}

fn problem(pickle: &[u8]) -> String {
    let mut problems = problems(&legacy(pickle));
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn opcodes_and_calls_that_weights_do_not_need_are_refused() {
    for (pickle, part) in [
        (&b"\x80\x02cbuiltins\neval\n."[..], "its pickle asks for builtins.eval: only"),
        (b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", "its pickle asks for os.system: only"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "its pickle asks for os.system: only"),
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "its pickle has the opcode 0x81"),
        (b"\x80\x02iposix\nsystem\n.", "its pickle has the opcode 0x69"),
        (b"\x80\x02\x82\x01.", "its pickle has the opcode 0x82"),
        (b"\x80\x02K\x01)R.", "its pickle calls something else than a function"),
        (
            b"\x80\x02ccollections\nOrderedDict\nK\x01K\x02\x86R.",
            "its pickle calls a function with unexpected",
        ),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))tR.", "its pickle has a tensor whose storage"),
        (b"\x80\x02]K\x01b.", "its pickle sets attributes of something else than a dictionary"),
        (b"\x80\x02K\x01Q.", "its pickle refers to something else than a storage"),
        (b"\x80\x02.", "its pickle takes more objects than it has"),
        (b"\x80\x02(0.", "its pickle takes more objects than it has"),
        (b"\x80\x021.", "its pickle takes more objects than it has"),
        (b"\x80\x02h\x05.", "its pickle takes an object from the empty place 5"),
        (b"\x80\x02Nr\xff\xff\xff\x7f.", "its pickle keeps an object at place 2147483647"),
        (b"\x80\x02X\xff\xff\xff\xffab.", "its pickle has a text of 4294967295 bytes"),
        (b"\x80\x02\x8a\xff", "its pickle is cut off"),
        (b"\x80\x02K\x01K\x02s.", "its pickle takes more objects than it has"),
        (b"\x80\x02}K\x01a.", "its pickle appends to something else than a list"),
    ] {
        let problem = problem(pickle);
        assert!(problem.starts_with(part), "{}: {problem}", pickle.escape_ascii());
    }
}

#[test]
fn a_dictionary_that_holds_itself_is_no_danger() {
    assert_eq!(
        problem(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."),
        "the entry 'a' of its dictionary is no tensor: save the state_dict() of the module"
    );
    let list = b"\x80\x02]q\x00h\x00a.";
    assert!(problem(list).starts_with("its pickle is no dictionary of tensors"));
}

#[test]
fn a_list_that_is_copied_again_and_again_is_refused() {
    // A list of 1,000 pairs at place 0, of which dictionaries are made 10,000 times.
    let mut pickle = b"\x80\x02]q\x00(".to_vec();
    pickle.extend(b"K\x01K\x02\x86".repeat(1000));
    pickle.extend(b"eccollections\nOrderedDict\nq\x010");
    pickle.extend(b"h\x01h\x00\x85R0".repeat(10_000));
    pickle.extend(b"N.");
    assert_eq!(problem(&pickle), "its pickle has too many references");
}

#[test]
fn too_many_objects_and_tensors_are_refused() {
    let pickle = [&b"\x80\x02"[..], &b"N0".repeat(4_000_001), b"N."].concat();
    assert_eq!(problem(&pickle), "its pickle has more than 4000000 objects");
    let pickle = [&b"\x80\x02"[..], &b"(".repeat(4_000_001), b"N."].concat();
    assert_eq!(problem(&pickle), "its pickle has too many marks");
    let mut pickle =
        b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000NK\x01tq\x00".to_vec();
    pickle.extend(b"h\x00Q0".repeat(200_001));
    pickle.push(b'.');
    assert_eq!(problem(&pickle), "its pickle has more than 100000 tensors");
}
