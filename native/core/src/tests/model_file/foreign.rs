//! Files that are no safetensors files, whatever they are called.

use super::problems;

#[test]
fn a_file_of_another_format_is_refused_by_its_content_and_named() {
    let pad = |start: &[u8]| [start, &[0; 64]].concat();
    let cases: [(Vec<u8>, &str); 12] = [
        (pad(b"PK\x03\x04"), "a zip archive, such as a PyTorch .pth or a TorchScript file"),
        // The first bytes of torch.jit.save: a zip whose first entry is <name>/data.pkl.
        (
            pad(b"PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00model/data.pkl"),
            "a zip archive, such as a PyTorch .pth or a TorchScript file",
        ),
        // torch.save before 1.6: the magic number as a pickle.
        (
            pad(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."),
            "a Python pickle, such as an old PyTorch .pth file",
        ),
        (pad(b"\x80\x03}q\x00"), "a Python pickle, such as an old PyTorch .pth file"),
        (pad(b"\x80\x04\x95"), "a Python pickle, such as an old PyTorch .pth file"),
        (pad(b"\x80\x05\x95"), "a Python pickle, such as an old PyTorch .pth file"),
        (pad(b"\x89HDF\r\n\x1a\n"), "an HDF5 file, such as Keras writes"),
        (pad(b"\x1f\x8b\x08"), "a gzip archive"),
        (pad(b"\x89PNG\r\n\x1a\n"), "a PNG image"),
        (pad(b"\xff\xd8\xff\xe0"), "a JPEG image"),
        (b"PK\x03\x04".to_vec(), "a zip archive, such as a PyTorch .pth or a TorchScript file"),
        // A header length that is also the start of a pickle.
        (pad(b"\x80\x02\0\0\0\0\0\0["), "a Python pickle, such as an old PyTorch .pth file"),
    ];
    for (file, what) in cases {
        let message = format!("it is {what}, not a safetensors file: only those are read");
        assert_eq!(problems(&file), [message], "{file:02x?}");
    }
}

#[test]
fn a_file_of_no_known_format_is_refused() {
    assert_eq!(problems(b""), ["it is empty"]);
    for file in
        [&b"x"[..], b"1234567", b"12345678", b"a text of some length, but no model", &[0; 100], &[0xff; 100]]
    {
        assert_eq!(problems(file), ["it is not a safetensors file"], "{file:02x?}");
    }
}
