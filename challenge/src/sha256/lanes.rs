//! Lane types: how many attempts run side by side, and what the algorithm needs of them.

/// 32-bit words side by side.
pub(super) trait Lane: Copy {
    /// How many words lie side by side: 32 at most.
    const WIDTH: usize;

    /// The same word in every lane.
    fn splat(word: u32) -> Self;
    /// `first`, `first + 1`, … one a lane, wrapping.
    fn counting_from(first: u32) -> Self;
    /// Sum modulo 2³², lane by lane.
    fn add(self, other: Self) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// And.
    fn and(self, other: Self) -> Self;
    /// Each bit from `one` where `self` has a 1, from `zero` where it has a 0.
    fn choose(self, one: Self, zero: Self) -> Self;
    /// Rotation to the right by a constant.
    fn rotate_right<const BITS: u32>(self) -> Self;
    /// Shift to the right by a constant, filling with zeros.
    fn shift_right<const BITS: u32>(self) -> Self;
    /// Bit *i* is set when lane *i* is not above `limit`, unsigned.
    fn not_above(self, limit: u32) -> u32;
}

impl Lane for u32 {
    const WIDTH: usize = 1;

    #[inline(always)]
    fn splat(word: u32) -> Self {
        word
    }
    #[inline(always)]
    fn counting_from(first: u32) -> Self {
        first
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn choose(self, one: Self, zero: Self) -> Self {
        zero ^ (self & (one ^ zero))
    }
    #[inline(always)]
    fn rotate_right<const BITS: u32>(self) -> Self {
        self.rotate_right(BITS)
    }
    #[inline(always)]
    fn shift_right<const BITS: u32>(self) -> Self {
        self >> BITS
    }
    #[inline(always)]
    fn not_above(self, limit: u32) -> u32 {
        u32::from(self <= limit)
    }
}

/// Native vectors, by the crate `wide`: the widest registers the build allows, and pairs of narrower ones where it does
/// not. (Plain arrays of words were tried. The compiler finds no vectors in so much code.)
#[cfg(not(target_arch = "wasm32"))]
mod native {
    use wide::{u32x4, u32x8, u32x16};

    macro_rules! lanes {
        ($vector:ident, $width:literal) => {
            impl crate::sha256::lanes::Lane for $vector {
                const WIDTH: usize = $width;

                #[inline(always)]
                fn splat(word: u32) -> Self {
                    $vector::splat(word)
                }
                #[inline(always)]
                fn counting_from(first: u32) -> Self {
                    $vector::new(core::array::from_fn(|lane| first.wrapping_add(lane as u32)))
                }
                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    self + other
                }
                #[inline(always)]
                fn xor(self, other: Self) -> Self {
                    self ^ other
                }
                #[inline(always)]
                fn and(self, other: Self) -> Self {
                    self & other
                }
                #[inline(always)]
                fn choose(self, one: Self, zero: Self) -> Self {
                    zero ^ (self & (one ^ zero))
                }
                #[inline(always)]
                fn rotate_right<const BITS: u32>(self) -> Self {
                    (self >> BITS) | (self << (32 - BITS))
                }
                #[inline(always)]
                fn shift_right<const BITS: u32>(self) -> Self {
                    self >> BITS
                }
                #[inline(always)]
                fn not_above(self, limit: u32) -> u32 {
                    let words = self.to_array().into_iter().enumerate();
                    words.fold(0, |bits, (lane, word)| bits | u32::from(word <= limit) << lane)
                }
            }
        };
    }

    lanes!(u32x4, 4);
    lanes!(u32x8, 8);
    lanes!(u32x16, 16);
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::{
        i32x4_bitmask, u32x4, u32x4_add, u32x4_le, u32x4_shl, u32x4_shr, u32x4_splat, v128, v128_and, v128_bitselect,
        v128_or, v128_xor,
    };

    impl crate::sha256::lanes::Lane for v128 {
        const WIDTH: usize = 4;

        #[inline(always)]
        fn splat(word: u32) -> Self {
            u32x4_splat(word)
        }
        #[inline(always)]
        fn counting_from(first: u32) -> Self {
            u32x4_add(u32x4_splat(first), u32x4(0, 1, 2, 3))
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            u32x4_add(self, other)
        }
        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            v128_xor(self, other)
        }
        #[inline(always)]
        fn and(self, other: Self) -> Self {
            v128_and(self, other)
        }
        #[inline(always)]
        fn choose(self, one: Self, zero: Self) -> Self {
            // One instruction on ARM.
            v128_bitselect(one, zero, self)
        }
        #[inline(always)]
        fn rotate_right<const BITS: u32>(self) -> Self {
            v128_or(u32x4_shr(self, BITS), u32x4_shl(self, 32 - BITS))
        }
        #[inline(always)]
        fn shift_right<const BITS: u32>(self) -> Self {
            u32x4_shr(self, BITS)
        }
        #[inline(always)]
        fn not_above(self, limit: u32) -> u32 {
            u32::from(i32x4_bitmask(u32x4_le(self, u32x4_splat(limit))))
        }
    }
}
