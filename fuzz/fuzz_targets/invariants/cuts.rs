//! Ways to cut bytes into the pieces in which a network might deliver them. The same bytes are always cut in the same
//! ways, so that a find can be replayed and a corpus file is nothing but what the peer sent.

/// Whole, byte by byte, in two at a few places, and in pieces of changing size. Empty pieces occur.
pub fn cuts(data: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut dice = Dice::of(data);
    let mut ways = vec![vec![data], data.chunks(1).collect()];
    for _ in 0..3 {
        let (front, back) = data.split_at(dice.below(data.len() + 1));
        ways.push(vec![front, back]);
    }
    for longest in [3, 17, 200] {
        ways.push(pieces(data, longest, &mut dice));
    }
    ways
}

/// Pieces of 0 to `longest` bytes.
pub fn pieces<'d>(data: &'d [u8], longest: usize, dice: &mut Dice) -> Vec<&'d [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), data);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(dice.below(longest + 1).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Numbers that look random and depend on the bytes alone.
pub struct Dice(u64);

impl Dice {
    /// Seeded by FNV-1a over the bytes.
    pub fn of(data: &[u8]) -> Dice {
        let hash = data.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Dice(hash | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
