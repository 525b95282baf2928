//! Number formats of the matrix products.

/// Number format in which the large matrix products run; weights stay in 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// IEEE single precision (TF32 where the hardware has it).
    Fp32,
    /// IEEE half precision with loss scaling.
    Fp16,
    /// bfloat16.
    Bf16,
    /// 8-bit floats with one scale a tensor, or a block (DeepSeek-V3).
    Fp8,
    /// 8-bit floats with one scale for 32 values (OCP MX).
    Mxfp8,
    /// 4-bit floats with one scale for 16 values.
    Nvfp4,
}

impl Precision {
    /// All of them, in order of falling width.
    pub const ALL: [Self; 6] =
        [Self::Fp32, Self::Fp16, Self::Bf16, Self::Fp8, Self::Mxfp8, Self::Nvfp4];

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Fp16 => "fp16",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Mxfp8 => "mxfp8",
            Self::Nvfp4 => "nvfp4",
        }
    }

    /// Whether matrix products run in 8 or 4 bits.
    #[must_use]
    pub const fn is_narrow(self) -> bool {
        matches!(self, Self::Fp8 | Self::Mxfp8 | Self::Nvfp4)
    }

    /// Bytes of one activation that is kept as the input of a product, without scales.
    #[must_use]
    pub const fn activation_bytes(self) -> u64 {
        match self {
            Self::Fp32 => 4,
            _ => 2,
        }
    }
}
