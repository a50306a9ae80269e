//! Lists of a known length in files from strangers.

use std::fmt::{Formatter, Result as Formatted};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

/// Reads a list of exactly `N` values; a longer one is refused before it takes memory. `expected` says what it is a list of.
pub(super) fn exactly<'de, D, T, const N: usize>(deserializer: D, expected: &'static str) -> Result<[T; N], D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Copy + Default,
{
    struct Exactly<T, const N: usize>(&'static str, PhantomData<T>);

    impl<'de, T: Deserialize<'de> + Copy + Default, const N: usize> Visitor<'de> for Exactly<T, N> {
        type Value = [T; N];

        fn expecting(&self, f: &mut Formatter<'_>) -> Formatted {
            f.write_str(self.0)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut values = [T::default(); N];
            for (count, value) in values.iter_mut().enumerate() {
                *value = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(count, &self))?;
            }
            if seq.next_element::<T>()?.is_some() { Err(A::Error::invalid_length(N + 1, &self)) } else { Ok(values) }
        }
    }

    deserializer.deserialize_seq(Exactly::<T, N>(expected, PhantomData))
}
