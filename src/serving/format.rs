//! Number formats of weights and of the key-value cache: their bits, scales included.

use crate::units::Ratio;

/// How weights are stored, and so how products with them run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeightFormat {
    /// IEEE single precision.
    Fp32,
    /// bfloat16 or IEEE half precision.
    Bf16,
    /// 8-bit floats, one scale a tensor, channel or block of 128 x 128.
    Fp8,
    /// 8-bit floats, one 8-bit scale for 32 (OCP Microscaling 1.0, section 5.2).
    Mxfp8,
    /// 8-bit integers, one scale a channel.
    Int8,
    /// 4-bit integers in groups of 128 with scale and zero (AWQ, arXiv 2306.00978, section 5.1).
    Int4Awq,
    /// 4-bit integers in groups of 128 with scale and zero (GPTQ, arXiv 2210.17323).
    Int4Gptq,
    /// 4-bit floats, one 8-bit scale for 16 (NVIDIA NVFP4, 2025-06).
    Nvfp4,
    /// 4-bit floats, one 8-bit scale for 32 (OCP Microscaling 1.0, section 5.4).
    Mxfp4,
    /// GGUF `Q8_0`.
    Q8_0,
    /// GGUF `Q6_K`.
    Q6K,
    /// GGUF `Q5_K_M`.
    Q5Km,
    /// GGUF `Q4_K_M`.
    Q4Km,
    /// GGUF `Q4_0`.
    Q4_0,
    /// GGUF `Q3_K_M`.
    Q3Km,
    /// GGUF `Q2_K`.
    Q2K,
    /// 8-bit floats, two of four kept.
    Fp8Sparse,
    /// 8-bit integers, two of four kept.
    Int8Sparse,
    /// 4-bit integers in groups of 128 with a scale, two of four kept.
    Int4Sparse,
}

/// Number format in which products are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductFormat {
    /// 16 bits.
    Wide,
    /// 8 bits.
    Eight,
    /// 4 bits.
    Four,
}

/// How the key-value cache is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KvFormat {
    /// 16 bits.
    #[default]
    Wide,
    /// 8-bit floats.
    Fp8,
    /// 8-bit integers.
    Int8,
    /// 4 bits with a scale for 16.
    Fp4,
}

impl WeightFormat {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Fp32,
        Self::Bf16,
        Self::Fp8,
        Self::Mxfp8,
        Self::Int8,
        Self::Int4Awq,
        Self::Int4Gptq,
        Self::Nvfp4,
        Self::Mxfp4,
        Self::Q8_0,
        Self::Q6K,
        Self::Q5Km,
        Self::Q4Km,
        Self::Q4_0,
        Self::Q3Km,
        Self::Q2K,
        Self::Fp8Sparse,
        Self::Int8Sparse,
        Self::Int4Sparse,
    ];

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Mxfp8 => "mxfp8",
            Self::Int8 => "int8",
            Self::Int4Awq => "int4-awq",
            Self::Int4Gptq => "int4-gptq",
            Self::Nvfp4 => "nvfp4",
            Self::Mxfp4 => "mxfp4",
            Self::Q8_0 => "q8_0",
            Self::Q6K => "q6_k",
            Self::Q5Km => "q5_k_m",
            Self::Q4Km => "q4_k_m",
            Self::Q4_0 => "q4_0",
            Self::Q3Km => "q3_k_m",
            Self::Q2K => "q2_k",
            Self::Fp8Sparse => "fp8-2of4",
            Self::Int8Sparse => "int8-2of4",
            Self::Int4Sparse => "int4-2of4",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.key() == key)
    }

    /// Bits of one quantised weight, its share of scales included. GGUF kinds mix formats: the mean over
    /// Llama-3.1-8B (llama.cpp tools/quantize/README.md, 2025), of which `Q8_0` and `Q4_0` are blocks of 32 with one
    /// 16-bit scale. Where two of four weights are kept, half of the values are stored, each with two bits for its place
    /// (arXiv 2104.08378, section 3.1): one bit for each weight of the matrix.
    #[must_use]
    pub const fn bits(self) -> Ratio {
        Ratio::new(match self {
            Self::Fp32 => 32.0,
            Self::Bf16 => 16.0,
            Self::Fp8 | Self::Int8 => 8.0,
            Self::Mxfp8 => 8.25,
            Self::Int4Awq | Self::Int4Gptq => 4.0 + (16.0 + 4.0) / 128.0,
            Self::Nvfp4 => 4.5,
            Self::Mxfp4 => 4.25,
            Self::Q8_0 => 8.5,
            Self::Q6K => 6.5625,
            Self::Q5Km => 5.70,
            Self::Q4Km => 4.89,
            Self::Q4_0 => 4.5,
            Self::Q3Km => 4.00,
            Self::Q2K => 3.16,
            Self::Fp8Sparse | Self::Int8Sparse => 8.0 / 2.0 + 1.0,
            Self::Int4Sparse => 4.0 / 2.0 + 1.0 + 16.0 / 128.0,
        })
    }

    /// Whether embedding and head are quantised as well: GGUF files quantise every matrix.
    #[must_use]
    pub const fn is_gguf(self) -> bool {
        matches!(
            self,
            Self::Q8_0 | Self::Q6K | Self::Q5Km | Self::Q4Km | Self::Q4_0 | Self::Q3Km | Self::Q2K
        )
    }

    /// Whether blocks of blocks have scales of few bits each, which take more work to unpack.
    #[must_use]
    pub const fn is_k_quant(self) -> bool {
        matches!(self, Self::Q6K | Self::Q5Km | Self::Q4Km | Self::Q3Km | Self::Q2K)
    }

    /// Whether two of four weights are left out. Such weights are fewer bytes; their products are taken at the rate of
    /// full ones, as no open run says what sparse kernels gain.
    #[must_use]
    pub const fn is_sparse(self) -> bool {
        matches!(self, Self::Fp8Sparse | Self::Int8Sparse | Self::Int4Sparse)
    }

    /// Number format of the products: weight-only formats are widened first; GGUF kinds multiply 8-bit integers
    /// (llama.cpp ggml-cuda/mmq.cuh).
    #[must_use]
    pub const fn product(self) -> ProductFormat {
        match self {
            Self::Fp8 | Self::Mxfp8 | Self::Int8 => ProductFormat::Eight,
            Self::Fp8Sparse | Self::Int8Sparse => ProductFormat::Eight,
            format if format.is_gguf() => ProductFormat::Eight,
            Self::Nvfp4 | Self::Mxfp4 => ProductFormat::Four,
            _ => ProductFormat::Wide,
        }
    }

    /// Class of formats that kernels treat alike, as tables name it.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Fp32 | Self::Bf16 => "wide",
            Self::Fp8 | Self::Mxfp8 | Self::Fp8Sparse => "fp8",
            Self::Int8 | Self::Int8Sparse => "int8",
            Self::Int4Awq | Self::Int4Gptq | Self::Int4Sparse => "int4",
            Self::Nvfp4 | Self::Mxfp4 => "fp4",
            _ => "gguf",
        }
    }
}

impl KvFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wide, Self::Fp8, Self::Int8, Self::Fp4];

    /// Name in links and tables.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Wide => "fp16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
            Self::Fp4 => "nvfp4",
        }
    }

    /// Bits of one cached number, its share of scales included.
    #[must_use]
    pub const fn bits(self) -> Ratio {
        Ratio::new(match self {
            Self::Wide => 16.0,
            Self::Fp8 | Self::Int8 => 8.0,
            Self::Fp4 => 4.5,
        })
    }
}
