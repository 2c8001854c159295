//! Randomness comes in from outside, as an argument.
//!
//! The protocol core draws none of its own: whoever calls it passes something that fills bytes,
//! the operating system's generator in a node, a seeded one in the simulator.

/// A source of cryptographically strong random bytes, supplied by the caller.
pub trait Entropy {
    /// Fills all of `out` with fresh random bytes.
    fn fill(&mut self, out: &mut [u8]);
}

impl<E: Entropy + ?Sized> Entropy for &mut E {
    fn fill(&mut self, out: &mut [u8]) {
        (**self).fill(out);
    }
}

/// Draws a fixed number of bytes.
pub(crate) fn draw<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}

/// Lets an [`Entropy`] serve crates that ask for a `rand_core` generator.
pub(crate) struct AsRng<'a>(pub &'a mut dyn Entropy);

impl rand_core_06::RngCore for AsRng<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(draw(self.0))
    }
    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(draw(self.0))
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl rand_core_06::CryptoRng for AsRng<'_> {}

impl rand_core::TryRng for AsRng<'_> {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_le_bytes(draw(self.0)))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from_le_bytes(draw(self.0)))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for AsRng<'_> {}
