//! Numbers that look random and are the same every time.

/// Numbers between 0 and 1 (Marsaglia's xorshift, 2003).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Time to the next of events that come at random.
    pub fn wait(&mut self, rate: f64) -> f64 {
        -(1.0 - self.roll()).ln() / rate
    }
}
