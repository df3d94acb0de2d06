//! Floating-point numbers of other widths as `f32`.

/// A number format of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Float {
    /// 16 bits, 5 of them exponent.
    F16,
    /// The upper half of an `f32`.
    Bf16,
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

impl Float {
    /// Bytes of a number.
    pub(super) fn bytes(self) -> usize {
        match self {
            Float::F16 | Float::Bf16 => 2,
            Float::F32 => 4,
            Float::F64 => 8,
        }
    }

    /// Reads the number in the first [`bytes`](Self::bytes) of `data`, little-endian; f64 is rounded. 0 where there
    /// are not so many bytes.
    pub(super) fn read(self, data: &[u8]) -> f32 {
        let two = || data.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes));
        match self {
            Float::F16 => half(two()),
            Float::Bf16 => f32::from_bits(u32::from(two()) << 16),
            Float::F32 => data.first_chunk().map_or(0.0, |bytes| f32::from_le_bytes(*bytes)),
            Float::F64 => data.first_chunk().map_or(0.0, |bytes| f64::from_le_bytes(*bytes) as f32),
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    };
    sign * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_their_numbers() {
        let cases: [(u16, f32); 9] = [
            (0x0000, 0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3c00, 1.0),
            (0x3555, 0.333_251_95),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, number) in cases {
            assert_eq!(Float::F16.read(&bits.to_le_bytes()), number, "{bits:#x}");
        }
        assert!(Float::F16.read(&0x7e00_u16.to_le_bytes()).is_nan());
        assert!(Float::F16.read(&[0, 0x80]).is_sign_negative());
    }

    #[test]
    fn other_widths_are_converted() {
        assert_eq!(Float::Bf16.read(&[0xc0, 0x3f]), 1.5);
        assert_eq!(Float::F32.read(&0.1_f32.to_le_bytes()), 0.1);
        assert_eq!(Float::F64.read(&0.1_f64.to_le_bytes()), 0.1);
        for (float, bytes) in [(Float::F16, 2), (Float::Bf16, 2), (Float::F32, 4), (Float::F64, 8)] {
            assert_eq!(float.bytes(), bytes);
        }
    }
}
