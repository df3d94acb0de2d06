//! WebP files with lossless streams that no encoder writes, and everything that such a stream may stand in.

/// A chunk, padded to an even length.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_le_bytes();
    [name, &length, content, &[0][..content.len() % 2]].concat()
}

/// A file of these chunks.
pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP", &chunks.concat()[..]].concat())
}

/// Both sides of 24 bits, less 1.
fn sides([width, height]: [u16; 2]) -> Vec<u8> {
    [width, height].iter().flat_map(|side| [(side - 1).to_le_bytes().to_vec(), vec![0]].concat()).collect()
}

/// A still image with a header of its own before these chunks, which say whether there is alpha.
pub fn extended(size: [u16; 2], alpha: bool, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&[if alpha { 0x10 } else { 0 }, 0, 0, 0], &sides(size)[..]].concat();
    riff(&[vec![chunk(b"VP8X", &header)], chunks.to_vec()].concat())
}

/// An animation of one frame of these chunks, as large as all.
pub fn animation(size: [u16; 2], chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&[0x12, 0, 0, 0], &sides(size)[..]].concat();
    let frame = [&[0; 6], &sides(size)[..], &[100, 0, 0, 0], &chunks.concat()].concat();
    riff(&[chunk(b"VP8X", &header), chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &frame)])
}

/// A black lossy image, with enough of data: a shown key frame whose first partition has 2,000 bytes.
pub fn lossy([width, height]: [u16; 2], bytes: usize) -> Vec<u8> {
    let tag = ((2000_u32 << 5) | (1 << 4)).to_le_bytes();
    [&tag[..3], &[0x9d, 0x01, 0x2a], &width.to_le_bytes(), &height.to_le_bytes(), &vec![0; bytes]].concat()
}

/// Bits, of each byte the lowest first.
#[derive(Default)]
pub struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// Appends the lowest bits of a number.
    pub fn put(&mut self, value: usize, bits: usize) {
        for bit in 0..bits {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            self.bytes[self.count / 8] |= ((value >> bit & 1) as u8) << (self.count % 8);
            self.count += 1;
        }
    }

    /// Appends a code of one symbol.
    fn put_symbol(&mut self, symbol: usize) {
        self.put(0b101, 3);
        self.put(symbol, 8);
    }

    /// Appends a code of symbols whose codes have these lengths: of up to 15 bits.
    fn put_lengths(&mut self, lengths: &[usize]) {
        // Lengths are told in 4 bits each: their codes are those of all numbers below 16.
        self.put(0, 1);
        self.put(15, 4);
        for place in [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] {
            self.put(if place < 16 { 4 } else { 0 }, 3);
        }
        self.put(0b0011, 4);
        self.put(lengths.len() - 2, 4);
        for length in lengths {
            self.put(usize::from((*length as u8).reverse_bits() >> 4), 4);
        }
    }
}

/// Lengths of codes that fill a tree: 1, 2, and so on to the longest, which two symbols have.
pub fn costly(longest: usize) -> Vec<usize> {
    (1..=longest).chain([longest]).collect()
}

/// A lossless stream without its header: a black image, of whose prefix codes each has these lengths. There are so many
/// groups of them; all blocks take the last.
pub fn black([width, height]: [u16; 2], groups: usize, lengths: &[usize]) -> Vec<u8> {
    let mut bits = Bits::default();
    // No transform, no colours at hand; groups, for blocks of 4 x 4.
    bits.put(0b00, 2);
    bits.put(0b0001, 4);
    // An image of the groups' numbers: no colours at hand, and all pixels the same.
    bits.put(0, 1);
    for symbol in [(groups - 1) & 255, (groups - 1) >> 8, 0, 0, 0] {
        bits.put_symbol(symbol);
    }
    for _ in 0..5 * groups {
        bits.put_lengths(lengths);
    }
    // The first symbol is a zero, told by a bit.
    bits.bytes.resize(bits.bytes.len() + usize::from(width) * usize::from(height) / 2 + 1, 0);
    bits.bytes
}

/// A lossless stream with its header.
pub fn with_header([width, height]: [u16; 2], stream: &[u8]) -> Vec<u8> {
    let sides = u32::from(width - 1) | u32::from(height - 1) << 14;
    [&[0x2f], &sides.to_le_bytes()[..], stream].concat()
}

/// Every place where a lossless stream may stand: the image, its alpha, and both within a frame of an animation.
pub fn everywhere(size: [u16; 2], stream: &[u8]) -> [(&'static str, Vec<u8>); 5] {
    let image = chunk(b"VP8L", &with_header(size, stream));
    let [width, height] = size.map(usize::from);
    let opaque = lossy(size, 4000 + width * height / 4);
    let alpha = || [chunk(b"ALPH", &[&[1], stream].concat()), chunk(b"VP8 ", &opaque)];
    let [first, second] = alpha();
    [
        ("image", riff(std::slice::from_ref(&image))),
        ("image behind a header", extended(size, false, std::slice::from_ref(&image))),
        ("alpha", extended(size, true, &[second, first])),
        ("frame", animation(size, &[image])),
        ("alpha of a frame", animation(size, &alpha())),
    ]
}
