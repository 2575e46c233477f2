//! Names for guests who do not think of one: two friendly words, with no list of who has which.

use rand::seq::SliceRandom;
use rand::{CryptoRng, RngCore};
use undertone_wire::UserName;
use undertone_wire::text::InvalidUserName;

const MANNERS: [&str; 64] = [
    "Amber", "Ample", "Autumn", "Bold", "Brave", "Breezy", "Bright", "Brisk", "Calm", "Candid", "Cheery",
    "Clever", "Copper", "Coral", "Cosy", "Crimson", "Curious", "Daring", "Deft", "Dapper", "Eager", "Early",
    "Easy", "Fair", "Fleet", "Gentle", "Glad", "Golden", "Grand", "Hardy", "Hazel", "Honest", "Humble",
    "Indigo", "Jolly", "Keen", "Kind", "Lively", "Loyal", "Lucky", "Mellow", "Merry", "Misty", "Modest",
    "Noble", "Patient", "Plucky", "Polite", "Proud", "Quick", "Quiet", "Ready", "Rosy", "Russet", "Silver",
    "Sincere", "Snowy", "Steady", "Sunny", "Swift", "Tidy", "Velvet", "Warm", "Witty",
];
const CREATURES: [&str; 64] = [
    "Badger",
    "Beaver",
    "Bison",
    "Bittern",
    "Bunting",
    "Cicada",
    "Condor",
    "Coot",
    "Crane",
    "Cricket",
    "Curlew",
    "Dipper",
    "Dolphin",
    "Dormouse",
    "Dunlin",
    "Egret",
    "Eider",
    "Falcon",
    "Ferret",
    "Finch",
    "Gannet",
    "Gecko",
    "Goldfinch",
    "Grebe",
    "Hare",
    "Heron",
    "Hoopoe",
    "Ibex",
    "Ibis",
    "Jackdaw",
    "Jay",
    "Kestrel",
    "Kite",
    "Lapwing",
    "Lark",
    "Linnet",
    "Lynx",
    "Magpie",
    "Marmot",
    "Marten",
    "Martin",
    "Merlin",
    "Newt",
    "Nuthatch",
    "Ocelot",
    "Oriole",
    "Osprey",
    "Otter",
    "Owl",
    "Pika",
    "Pipit",
    "Plover",
    "Puffin",
    "Quail",
    "Raven",
    "Redwing",
    "Robin",
    "Seal",
    "Shrew",
    "Siskin",
    "Stork",
    "Swallow",
    "Tern",
    "Wren",
];

/// A name such as “Brisk Magpie”. Others may get the same.
pub fn suggest_nickname<R: RngCore + CryptoRng>(rng: &mut R) -> String {
    let mut draw = |words: &[&'static str]| words.choose(rng).copied().unwrap_or_default();
    format!("{} {}", draw(&MANNERS), draw(&CREATURES))
}

/// The name that a guest gave, or one for whom gives none.
pub(super) fn nickname<R: RngCore + CryptoRng>(
    given: Option<&str>,
    rng: &mut R,
) -> Result<UserName, InvalidUserName> {
    match given.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => name.parse(),
        None => suggest_nickname(rng).parse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_one_that_a_server_takes() {
        let words = |list: &[&str]| list.iter().collect::<BTreeSet<_>>().len();
        assert_eq!((words(&MANNERS), words(&CREATURES)), (64, 64), "no word twice");
        for manner in MANNERS {
            for creature in CREATURES {
                let name: UserName = format!("{manner} {creature}").parse().unwrap();
                assert!(!name.is_account_name());
            }
        }
    }

    #[test]
    fn names_differ_and_come_from_the_given_randomness() {
        let draw = |seed| suggest_nickname(&mut StdRng::seed_from_u64(seed));
        assert_eq!(draw(1), draw(1));
        let some: BTreeSet<String> = (0..100).map(draw).collect();
        assert!(some.len() > 80, "{}", some.len());
    }

    #[test]
    fn who_gives_no_name_gets_one() {
        let mut rng = StdRng::seed_from_u64(1);
        assert_eq!(nickname(Some(" Ada B "), &mut rng).unwrap().as_str(), "Ada B");
        assert!(nickname(Some("a@b"), &mut rng).is_err());
        for given in [None, Some("  ")] {
            assert!(nickname(given, &mut rng).unwrap().as_str().contains(' '));
        }
    }
}
